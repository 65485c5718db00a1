"""« Se connecter » and « Se déconnecter »."""

from starlette.requests import Request
from starlette.responses import Response

from forms import Bound
from forms.journey import SIGN_IN
from members import Wait, sessions
from members import sign_in as access
from rules import N_, Refused
from web import resume, step
from web.answers import MADE_FOR, Begun, form_body, go, page
from web.captcha import Captcha, judge_when_busy
from web.cookies import SESSION, forget_cookie, read_cookie
from web.guards import made_for_of, not_yours, session_of
from web.portal import portal_of, visit_of
from web.quotas import take
from web.shared import shared_page

PAGE = "session/sign_in.html"
WRONG = Refused(
    N_(
        "Le matricule ou le mot de passe n’est pas le bon. Vérifiez-les, "
        "ou choisissez « Mot de passe oublié ? »."
    )
)


async def sign_in_page(request: Request) -> Response:
    """The portal's first page; a signed-in visitor goes on to the members' section."""
    if await session_of(request):
        return await go(request, "member")
    return await shared_page(request, PAGE)


async def sign_in(request: Request) -> Response:
    """Sign in; a temporary password leads to the choice of a new one."""
    portal = portal_of(request)
    body = await form_body(request, SIGN_IN.names)
    bound = SIGN_IN.bind(body, portal.ground)
    confirmation = body.get("confirmation", "")
    if bound.errors:
        return await _again(request, bound, confirmation)
    wait = await take(request, "sign_in_throttled")
    if wait:
        return await _again(request, bound, confirmation, wait=wait)
    asked = await judge_when_busy(request, SIGN_IN.name, body)
    if asked:
        return await _again(request, bound, confirmation, captcha=asked)
    answer = await access.sign_in(
        portal.means, bound.values["matricule"], bound.values["password"], visit_of(request)
    )
    match answer:
        case access.Failed(call_code):
            return await _again(request, bound, confirmation, problem=WRONG, call_code=call_code)
        case Wait():
            return await _again(request, bound, confirmation, wait=answer)
    begun = Begun(answer.cookie, answer.device, answer.language)
    if answer.scope == sessions.CHOOSE:
        response = await go(request, "choose_password", begun=begun)
    elif confirmation and portal.tokens.confirmation.read(confirmation):
        response = await go(request, "confirmation", begun=begun, token=confirmation)
    else:
        response = await _go_on(request, answer.member_id, begun)
    step.forget(request, response)
    return response


async def _go_on(request: Request, member_id: int, begun: Begun) -> Response:
    """Lead to what this member was about to do when their session ended, else to the section."""
    under_way = resume.resumed(request)
    if under_way is None:
        return await go(request, "member", begun=begun)
    if under_way.member_id == member_id and under_way.typed:
        # The page itself takes what was typed, and has it dropped.
        return await go(request, under_way.page, flash="typed_kept", begun=begun)
    whose = under_way.member_id or member_id
    response = await go(request, under_way.page if whose == member_id else "member", begun=begun)
    resume.forget(request, response)
    return response


async def sign_out(request: Request) -> Response:
    """End the session; the browser drops what it kept of the members' pages.

    The form of a member's page does not end another's session (SECURITY X1). From a link that
    was another's, signing out leads back to that link.
    """
    portal = portal_of(request)
    body = await form_body(request, {MADE_FOR, "confirmation"})
    made, session = made_for_of(request, body), await session_of(request)
    if made and session and made.member_id != session.member_id:
        return await not_yours(request, session, made)
    cookie = read_cookie(request, portal.settings, SESSION)
    if cookie:
        await sessions.sign_out(portal.db, cookie, visit_of(request))
    request.scope["state"][SESSION] = None
    link = body.get("confirmation", "")
    if link and portal.tokens.confirmation.read(link):
        response = await go(request, "confirmation", flash="signed_out", token=link)
    else:
        response = await go(request, "home", flash="signed_out")
    forget_cookie(response, portal.settings, SESSION)
    response.headers["clear-site-data"] = '"cache"'
    return response


async def _again(
    request: Request,
    bound: Bound,
    confirmation: str,
    *,
    problem: Refused | None = None,
    captcha: Captcha | None = None,
    call_code: str = "",
    wait: Wait | None = None,
) -> Response:
    return await page(
        request,
        PAGE,
        status=422,
        form=bound,
        confirmation=confirmation,
        problem=problem,
        captcha=captcha,
        stay=captcha is not None and captcha.stay,
        call_code=call_code,
        wait=wait,
    )
