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
from security.throttle import RECOVER_WITHOUT_IMAGE
from web import captcha
from web.answers import form_body, go, page
from web.captcha import Captcha
from web.portal import portal_of, visit_of
from web.quotas import take

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
    if bound.errors:
        beside = None
        if with_image:
            beside = await captcha.judge_beside_errors(request, RECOVERY.name, body)
        return await _form(request, bound, beside if beside and beside.image else None)
    # Only the visitor's own network is told to wait. What concerns the member is left out in
    # silence, or a stranger could tell, and close the way out by asking too often (DESIGN §9).
    stricter = () if with_image else (RECOVER_WITHOUT_IMAGE,)
    wait = await take(request, THROTTLED, *stricter)
    if wait:
        shown = await _captcha(request, body) if with_image else None
        return await _form(request, bound, shown, wait=wait)
    portal, facts, visit = portal_of(request), Facts(**bound.values), visit_of(request)
    if with_image:
        judged = await captcha.judge(request, RECOVERY.name, body)
        if isinstance(judged, Captcha):
            return await _form(request, bound, judged if judged.image else None)
        async with judged.turn:  # sent twice, even at once: one mail, and the first one's answer
            if not judged.call_code:
                judged.call_code = await recover(portal.means, facts, visit)
            call_code = judged.call_code
    else:
        call_code = await recover(portal.means, facts, visit)
    return await go(request, "sent", code=call_code)


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
