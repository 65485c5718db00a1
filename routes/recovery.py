"""« Mot de passe oublié ? »."""

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
    return await _form(request, blank, await captcha.show(request, {}), status=200)


async def another_image(request: Request) -> Response:
    """The form as it was typed, with another captcha."""
    body = await form_body(request, RECOVERY.names)
    blank = RECOVERY.blank(portal_of(request).ground, **body)
    return await _form(request, blank, await captcha.another(request), status=200, stay=True)


async def without_image(request: Request) -> Response:
    """The form as it was typed, without the captcha (WCAG 2.2, 3.3.8)."""
    body = await form_body(request, RECOVERY.names)
    blank = RECOVERY.blank(portal_of(request).ground, **body)
    return await _form(request, blank, status=200, stay=True)


async def send(request: Request) -> Response:
    """Queue the mail, if these are somebody's facts; the answer is the same whoever asks."""
    portal, visit = portal_of(request), visit_of(request)
    body = await form_body(request, RECOVERY.names)
    bound = RECOVERY.bind(body, portal.ground)
    with_image = "without_image" not in body
    source = await source_of(request)
    if bound.errors:
        beside = await captcha.judge_beside_errors(request, body) if with_image else None
        return await _form(request, bound, beside)
    if with_image:
        asked = await captcha.judge(request, body)
        if asked:
            return await _form(request, bound, asked)
        wait = None
    else:
        wait = await take(request, THROTTLED, (RECOVER_WITHOUT_IMAGE, (source,)))
    facts = Facts(**bound.values)
    # A member's own browser counts apart: strangers who try a matricule do not keep it waiting.
    by = (facts.matricule, source) if source.startswith("member") else (facts.matricule,)
    wait = wait or await take(
        request,
        THROTTLED,
        (ADDRESS_REFUSES, (source,)),
        (RECOVER_MATRICULE, by),
        (RECOVER_FACTS, facts.without_matricule),
        matricule=facts.matricule,
    )
    if wait:
        shown = await captcha.show(request, {}) if with_image else None
        return await _form(request, bound, shown, wait=wait)
    call_code = await recover(portal.db, facts, visit)
    return await go(request, "sent", code=call_code)


async def sent(request: Request) -> Response:
    """The answer to everybody, at an address of its own: nothing is sent, nor known of anybody."""
    return await page(request, SENT, call_code=shown_before(request.path_params["code"]))


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
