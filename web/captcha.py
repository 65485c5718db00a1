"""The captcha where it is asked: always for a recovery, elsewhere when too many people try."""

import base64
from collections.abc import Mapping
from dataclasses import dataclass, replace

from starlette.requests import Request

from members import devices
from rules import N_, Refused
from security.throttle import ADDRESS_ASKS, ALL_ASK, network_of
from web.portal import portal_of, visit_of

WRONG = Refused(N_("Le code ne correspond pas à l’image. En voici une autre : essayez de nouveau."))
EXPIRED = Refused(N_("L’image ne sert que dix minutes. En voici une autre : recopiez son code."))
EMPTY = Refused(N_("Écrivez les cinq caractères de l’image."))
ASK = Refused(
    N_(
        "Beaucoup d’essais arrivent en ce moment : "
        "montrez que vous êtes une personne, recopiez le code."
    )
)


@dataclass(frozen=True, slots=True)
class Captcha:
    """A captcha to show: its token, its PNG in base64, what is wrong with the last try."""

    token: str
    image: str
    typed: str = ""
    problem: Refused | None = None
    stay: bool = False
    """Whether it answers one of its own buttons: the focus then goes to its field."""


async def show(
    request: Request, body: Mapping[str, str], problem: Refused | None = None
) -> Captcha:
    """The captcha of `body` again, as it was typed, where it was not tried yet; else a new one."""
    challenges = portal_of(request).challenges
    token, typed = body.get("challenge", ""), body.get("captcha", "")
    if problem is WRONG or challenges.answer(token) is None:
        token, typed = challenges.issue(), ""
    image = base64.b64encode(await challenges.image(token)).decode()
    return Captcha(token, image, typed, problem)


async def another(request: Request) -> Captcha:
    """A new captcha for who asked for another."""
    return replace(await show(request, {}), stay=True)


async def judge_beside_errors(request: Request, body: Mapping[str, str]) -> Captcha:
    """The captcha to show where other fields are wrong, with what is wrong with its own code.

    A right code stays good for the next try, as it was typed; a wrong one is spent as ever.
    """
    if portal_of(request).challenges.fits(body.get("challenge", ""), body.get("captcha", "")):
        return await show(request, body)
    asked = await judge(request, body)
    assert asked
    return asked


async def judge(request: Request, body: Mapping[str, str]) -> Captcha | None:
    """None when the captcha in `body` is solved; else the captcha to show, with the problem."""
    portal = portal_of(request)
    typed = body.get("captcha", "").strip()
    if not typed:
        return await show(request, body, EMPTY)
    if portal.challenges.answer(body.get("challenge", "")) is None:
        return await show(request, body, EXPIRED)
    if await portal.challenges.solve(portal.db, body.get("challenge", ""), typed, portal.clock()):
        return None
    return await show(request, body, WRONG)


async def judge_when_busy(request: Request, body: Mapping[str, str]) -> Captcha | None:
    """As `judge`, but only where the address, or everybody together, tries too much.

    Never asked of a browser that somebody signed in with before. Who cannot read the image waits
    30 seconds instead, which its token holds.
    """
    portal, visit = portal_of(request), visit_of(request)
    if await devices.owner(portal.db, visit.device, visit.now):
        return None
    address_is_busy = await portal.throttle.take(ADDRESS_ASKS, network_of(visit.address))
    all_are_busy = await portal.throttle.take(ALL_ASK)
    if not address_is_busy and not all_are_busy:
        return None
    token = body.get("challenge", "")
    if not token:
        return await show(request, body, ASK)
    if "without_image" not in body:
        return await judge(request, body)
    if await portal.challenges.pass_without_image(portal.db, token, visit.now):
        return None
    seconds = portal.challenges.patience(token)
    if not seconds:
        return await show(request, {}, ASK)
    asked = await show(
        request,
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
