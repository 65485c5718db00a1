"""« Inscription » in two steps."""

from starlette.requests import Request
from starlette.responses import Response

from db import members
from forms import Bound, Form
from forms.journey import ACCESS, ACCESS_WITH_CODE, IDENTIFY
from members import Wait
from members.annul import WrongCode
from members.dead_ends import note_once
from members.identify import AlreadyRegistered, Facts, Identified, NotFound
from members.identify import identify as find
from members.register import Void, register
from rules import N_, Refused
from web import step
from web.answers import Begun, form_body, go, page
from web.captcha import Captcha, judge_when_busy
from web.guards import cookies_are_refused, session_of
from web.portal import portal_of, visit_of
from web.quotas import take
from web.scoring import score_too
from web.shared import shared_page

STEP_ONE = "registration/identify.html"
STEP_TWO = "registration/access.html"
WRONG_CODE = Refused(
    N_("Ce n’est pas le code du bureau, ou il ne sert plus : vérifiez-le, ou appelez le bureau.")
)


async def start(request: Request) -> Response:
    """Step one, empty."""
    return await shared_page(request, STEP_ONE)


async def identify(request: Request) -> Response:
    """Judge the four facts; step two is the answer to this very request."""
    portal = portal_of(request)
    body = await form_body(request, IDENTIFY.names)
    bound = IDENTIFY.bind(body, portal.ground)
    kept_email = body.get("kept_email", "")
    if bound.errors:
        return await _step_one(request, bound, kept_email)
    wait = await take(request, "identify_throttled")
    if wait:
        return await _step_one(request, bound, kept_email, wait=wait)
    asked = await judge_when_busy(request, IDENTIFY.name, body)
    if asked:
        return await _step_one(request, bound, kept_email, captcha=asked)
    answer = await find(portal.means, Facts(**bound.values), visit_of(request))
    if isinstance(answer, Wait):
        return await _step_one(request, bound, kept_email, wait=answer)
    if not isinstance(answer, Identified):
        return await _step_one(
            request, bound, kept_email, dead_end=_dead_end(answer), call_code=answer.call_code
        )
    token = portal.tokens.registration.make([answer.member_id, answer.mark])
    # What does not fit a cookie is no address.
    under_way = step.Step(token, kept_email if len(kept_email) < 300 else "")
    step.begin(request, under_way)
    response = await go(request, "step_two", mark=under_way.mark)
    step.keep(request, response, under_way)
    return response


async def step_two(request: Request) -> Response:
    """Step two, again after a reload or Back; who has an access by now goes on to the section."""
    portal = portal_of(request)
    under_way = step.under_way(request, request.path_params["mark"])
    identified = _read(request, under_way.token) if under_way else None
    member = await members.by_id(portal.db, identified.member_id) if identified else None
    if under_way is None and cookies_are_refused(request):
        return await page(request, "pages/cookies.html")
    if under_way is None or identified is None or member is None:
        return await restart(request)
    return await page(
        request,
        STEP_TWO,
        form=_form(identified).blank(portal.ground, email=under_way.email),
        token=under_way.token,
        matricule=member.matricule,
    )


async def restart(request: Request) -> Response:
    """No step two is under way here: to the section, or back to step one with a sentence."""
    if await session_of(request):
        return await go(request, "member")
    blank = IDENTIFY.blank(portal_of(request).ground)
    return await _step_one(request, blank, "", dead_end="expired", status=200)


async def access_again(request: Request) -> Response:
    """Step two as it was at first, for its language switch."""
    portal = portal_of(request)
    body = await form_body(request, {"token", "matricule"})
    identified = _read(request, body["token"])
    if identified is None:
        return await _expired(request, "", status=200)
    return await page(
        request,
        STEP_TWO,
        form=_form(identified).blank(portal.ground),
        token=body["token"],
        matricule=body.get("matricule", ""),
    )


async def complete(request: Request) -> Response:
    """Create the access and sign in."""
    portal = portal_of(request)
    body = await form_body(request, ACCESS_WITH_CODE.names)
    identified = _read(request, body.get("token", ""))
    if identified is None:  # before the form is bound: strangers cost nothing
        return await _expired(request, body.get("email", ""))
    bound = _form(identified).bind(body, portal.ground)
    if bound.errors:
        await score_too(request, bound)
        return await _step_two(request, bound, body)
    wait = await take(request, "identify_throttled")
    if wait:
        return await _step_two(request, bound, body, wait=wait)
    answer = await register(
        portal.means,
        identified,
        bound.values["email"],
        bound.values["password"],
        bound.values.get("office_code", ""),
        visit_of(request),
    )
    match answer:
        case Refused():
            bound.errors["password"] = answer
            return await _step_two(request, bound, body)
        case WrongCode(call_code):
            bound.errors["office_code"] = WRONG_CODE
            return await _step_two(request, bound, body, call_code=call_code)
        case Wait():
            return await _step_two(request, bound, body, wait=answer)
        case Void():
            return await _expired(request, bound.typed["email"])
        case AlreadyRegistered() | NotFound():
            blank = IDENTIFY.blank(portal.ground)
            return await _step_one(
                request, blank, "", dead_end=_dead_end(answer), call_code=answer.call_code
            )
    begun = Begun(answer.cookie, answer.device)
    response = await go(request, "member", flash="registered", begun=begun)
    step.forget(request, response)
    return response


def _read(request: Request, token: str) -> Identified | None:
    """Who the token of step two is for; None when it is no longer good."""
    match portal_of(request).tokens.registration.read(token):
        case [int(member_id), int(mark)]:
            return Identified(member_id, mark)
    return None


def _form(identified: Identified) -> Form:
    return ACCESS_WITH_CODE if identified.mark else ACCESS


def _dead_end(answer: AlreadyRegistered | NotFound) -> str:
    return "registered" if isinstance(answer, AlreadyRegistered) else "not_found"


async def _step_one(
    request: Request,
    bound: Bound,
    kept_email: str,
    *,
    dead_end: str = "",
    captcha: Captcha | None = None,
    call_code: str = "",
    wait: Wait | None = None,
    status: int = 422,
) -> Response:
    return await page(
        request,
        STEP_ONE,
        status=status,
        form=bound,
        kept_email=kept_email,
        dead_end=dead_end,
        captcha=captcha,
        stay=captcha is not None and captcha.stay,
        erred=bool(dead_end),
        call_code=call_code,
        wait=wait,
    )


async def _expired(request: Request, kept_email: str, *, status: int = 422) -> Response:
    """Step one again, because the token of step two is no longer good."""
    portal = portal_of(request)
    call_code = await note_once(portal.means, "step_expired", visit_of(request))
    return await _step_one(
        request,
        IDENTIFY.blank(portal.ground),
        kept_email,
        dead_end="expired",
        call_code=call_code,
        status=status,
    )


async def _step_two(
    request: Request,
    bound: Bound,
    body: dict[str, str],
    *,
    call_code: str = "",
    wait: Wait | None = None,
) -> Response:
    return await page(
        request,
        STEP_TWO,
        status=422,
        form=bound,
        token=body["token"],
        matricule=body.get("matricule", ""),
        call_code=call_code,
        wait=wait,
    )
