"""The captcha where it is asked: always for a recovery, elsewhere when too many people try."""

import base64
from collections.abc import Mapping
from dataclasses import dataclass, replace

from starlette.requests import Request

from members import devices
from rules import N_, Refused
from security.challenge import Passed
from security.throttle import ADDRESS_ASKS, ALL_ASK, network_of
from web.portal import portal_of, visit_of

WRONG = Refused(N_("Le code ne correspond pas à l’image. En voici une autre : essayez de nouveau."))
EXPIRED = Refused(N_("L’image ne sert que dix minutes. En voici une autre : recopiez son code."))
MOVED = Refused(
    N_(
        "Votre connexion a changé depuis cette image (du Wi-Fi aux données mobiles, par exemple). "
        "En voici une autre : recopiez son code."
    )
)
EMPTY = Refused(N_("Écrivez les cinq caractères de l’image."))
ASK = Refused(
    N_(
        "Beaucoup d’essais arrivent en ce moment : "
        "montrez que vous êtes une personne, recopiez le code."
    )
)
NO_IMAGE = Refused(
    N_(
        "Beaucoup d’images ont été demandées de votre réseau. "
        "Passez sans image, avec le bouton ci-dessous."
    )
)


@dataclass(frozen=True, slots=True)
class Captcha:
    """A captcha to show: its token, its PNG in base64, what is wrong with the last try.

    Without an image where that network has asked for too many: there is the way without it.
    """

    token: str
    image: str
    typed: str = ""
    problem: Refused | None = None
    stay: bool = False
    """Whether it answers one of its own buttons: the focus then goes to its field."""


async def show(
    request: Request, form: str, body: Mapping[str, str], problem: Refused | None = None
) -> Captcha:
    """The captcha of `body` again, as it was typed, where it was not tried yet; else a new one."""
    portal = portal_of(request)
    challenges, network = portal.challenges, network_of(visit_of(request).address)
    token, typed = body.get("challenge", ""), body.get("captcha", "")
    good = challenges.is_for(token, form) and challenges.is_from(token, network)
    if problem is WRONG or not good:
        token, typed = challenges.issue(form, network, before=token), ""
    image = b""
    if portal.images.take(network):
        image = base64.b64encode(await challenges.image(token))
    elif problem and not problem.values:  # it asks to copy what is not there
        problem = NO_IMAGE
    return Captcha(token, image.decode(), typed, problem)


async def another(request: Request, form: str) -> Captcha:
    """A new captcha for who asked for another."""
    return replace(await show(request, form, {}), stay=True)


async def judge_beside_errors(request: Request, form: str, body: Mapping[str, str]) -> Captcha:
    """The captcha to show where other fields are wrong, with what is wrong with its own code.

    A right code stays good for the next try, as it was typed; a wrong one is spent as ever.
    """
    if not portal_of(request).challenges.fits(body.get("challenge", ""), body.get("captcha", "")):
        asked = await judge(request, form, body)
        if isinstance(asked, Captcha):
            return asked
    return await show(request, form, body)


async def judge(request: Request, form: str, body: Mapping[str, str]) -> Captcha | Passed:
    """What is remembered of the captcha in `body` where it is solved; else the one to show.

    By the very same form it is solved as often as it comes: pressed twice, or sent again because
    the answer was lost. It is then the same `Passed`, for whoever acts to note that it did.
    """
    portal = portal_of(request)
    challenges, token = portal.challenges, body.get("challenge", "")
    typed = body.get("captcha", "").strip()
    sent = challenges.form_sent(form, body)
    if before := challenges.passed(token, sent):
        return before
    if not typed:
        return await show(request, form, body, EMPTY)
    if not challenges.is_for(token, form):
        return await show(request, form, body, EXPIRED)
    if not challenges.is_from(token, network_of(visit_of(request).address)):
        return await show(request, form, body, MOVED)
    await challenges.solve(portal.db, token, typed, sent, portal.clock())
    return challenges.passed(token, sent) or await show(request, form, body, WRONG)


async def judge_when_busy(request: Request, form: str, body: Mapping[str, str]) -> Captcha | None:
    """As `judge`, but only where the address, or everybody together, tries too much.

    Never asked of a browser that somebody signed in with before. Who cannot read the image waits
    30 seconds instead, which its token holds.
    """
    portal, visit = portal_of(request), visit_of(request)
    if await devices.owner(portal.db, visit.device, visit.now):
        return None
    # What a busy network tries does not count for all: it would have everybody asked.
    busy = await portal.throttle.take(ADDRESS_ASKS, network_of(visit.address))
    if not busy and not await portal.throttle.take(ALL_ASK):
        return None
    if not body.get("challenge"):
        return await show(request, form, body, ASK)
    if "without_image" in body:
        return await _be_patient(request, form, body)
    judged = await judge(request, form, body)
    return judged if isinstance(judged, Captcha) else None


async def _be_patient(request: Request, form: str, body: Mapping[str, str]) -> Captcha | None:
    """None where whoever cannot read the image has waited for as long as its token says."""
    portal, token = portal_of(request), body["challenge"]
    challenges, sent = portal.challenges, portal.challenges.form_sent(form, body)
    if challenges.passed(token, sent):
        return None
    network = network_of(visit_of(request).address)
    if not challenges.is_for(token, form) or not challenges.is_from(token, network):
        return await show(request, form, {}, ASK)
    if await challenges.pass_without_image(portal.db, token, sent, portal.clock()):
        return None
    if challenges.passed(token, sent):
        return None
    seconds = challenges.patience(token)
    if not seconds:
        return await show(request, form, {}, ASK)
    asked = await show(
        request,
        form,
        body,
        Refused(
            N_(
                "Sans l’image, il faut patienter : appuyez de nouveau sur "
                "« Je ne peux pas lire l’image » dans %(seconds)s secondes."
            ),
            {"seconds": seconds},
        ),
    )
    return replace(asked, stay=True)
