"""« Mot de passe oublié ? »."""

from collections.abc import Mapping

from starlette.requests import Request
from starlette.responses import Response

from forms import Bound
from forms.journey import RECOVERY
from members import Wait
from members.dead_ends import shown_before
from members.identify import Facts
from members.recover import recover
from security.throttle import (
    ADDRESS_REFUSES,
    RECOVER_FACTS,
    RECOVER_MATRICULE,
    RECOVER_WITHOUT_IMAGE,
)
from web import captcha
from web.answers import form_body, go, page
from web.captcha import Captcha
from web.portal import portal_of, visit_of
from web.quotas import source_of, take

THROTTLED = "recovery_throttled"
SENT = "recovery/sent.html"


async def start(request: Request) -> Response:
    """The form, empty, with a new captcha."""
    blank = RECOVERY.blank(portal_of(request).ground)
    return await _form(request, blank, await _captcha(request, {}), status=200)


async def another_image(request: Request) -> Response:
    """The form as it was typed, with another captcha."""
    body = await form_body(request, RECOVERY.names)
    blank = RECOVERY.blank(portal_of(request).ground, **body)
    shown = await captcha.another(request, RECOVERY.name)
    return await _form(request, blank, shown if shown.image else None, status=200, stay=True)


async def without_image(request: Request) -> Response:
    """The form as it was typed, without the captcha (WCAG 2.2, 3.3.8)."""
    body = await form_body(request, RECOVERY.names)
    blank = RECOVERY.blank(portal_of(request).ground, **body)
    return await _form(request, blank, status=200, stay=True)


async def send(request: Request) -> Response:
    """Queue the mail, if these are somebody's facts; the answer is the same whoever asks."""
    body = await form_body(request, RECOVERY.names)
    bound = RECOVERY.bind(body, portal_of(request).ground)
    with_image = "without_image" not in body
    source = await source_of(request)
    if bound.errors:
        beside = None
        if with_image:
            beside = await captcha.judge_beside_errors(request, RECOVERY.name, body)
        return await _form(request, bound, beside if beside and beside.image else None)
    facts = Facts(**bound.values)
    if with_image:
        judged = await captcha.judge(request, RECOVERY.name, body)
        if isinstance(judged, Captcha):
            return await _form(request, bound, judged if judged.image else None)
        async with judged.turn:  # sent twice, even at once: one mail, and the first one's answer
            answer = judged.call_code or await _act(request, facts, source)
            judged.call_code = answer if isinstance(answer, str) else ""
    else:
        wait = await take(request, THROTTLED, (RECOVER_WITHOUT_IMAGE, (source,)))
        answer = wait or await _act(request, facts, source)
    if isinstance(answer, Wait):
        shown = await _captcha(request, {}) if with_image else None
        return await _form(request, bound, shown, wait=answer)
    return await go(request, "sent", code=answer)


async def _act(request: Request, facts: Facts, source: str) -> str | Wait:
    """Count the try and queue the mail; gives the answer's call code."""
    # A member's own browser counts apart: strangers who try a matricule do not keep it waiting.
    by = (facts.matricule, source) if source.startswith("member") else (facts.matricule,)
    wait = await take(
        request,
        THROTTLED,
        (ADDRESS_REFUSES, (source,)),
        (RECOVER_MATRICULE, by),
        (RECOVER_FACTS, facts.without_matricule),
        matricule=facts.matricule,
    )
    return wait or await recover(portal_of(request).db, facts, visit_of(request))


async def sent(request: Request) -> Response:
    """The answer to everybody, at an address of its own: nothing is sent, nor known of anybody."""
    return await page(request, SENT, call_code=shown_before(request.path_params["code"]))


async def _captcha(request: Request, body: Mapping[str, str]) -> Captcha | None:
    """The captcha to show; None where that network asks for too many: the form does without."""
    shown = await captcha.show(request, RECOVERY.name, body)
    return shown if shown.image else None


async def _form(
    request: Request,
    bound: Bound,
    asked: Captcha | None = None,
    *,
    status: int = 422,
    wait: Wait | None = None,
    stay: bool = False,
) -> Response:
    """The form with the captcha `asked`; without one, the captcha is waived."""
    return await page(
        request,
        "recovery/form.html",
        status=status,
        form=bound,
        captcha=asked,
        wait=wait,
        stay=stay,
        call_code="",
    )
