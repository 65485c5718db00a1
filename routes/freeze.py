"""« Not you? »: the link of a mail to a former address, which freezes the access."""

from starlette.requests import Request
from starlette.responses import Response

from forms import Bound
from forms.journey import FREEZE
from members import Wait
from members.dead_ends import note_once, shown_before
from members.freeze import Frozen, VoidLink, WrongFacts, freeze, serves
from rules import N_, Refused
from web.answers import form_body, page, secluded
from web.portal import portal_of, visit_of
from web.quotas import take

FROZEN = "freeze/frozen.html"
WRONG = N_(
    "Ces renseignements ne sont pas ceux de cet accès. Vérifiez-les. Essais restants : %(left)s."
)


@secluded
async def show(request: Request) -> Response:
    """The two facts to give; changes nothing."""
    portal = portal_of(request)
    if not await serves(portal.db, request.path_params["token"], portal.clock()):
        return await page(request, "freeze/void.html")
    return await _form(request, FREEZE.blank(portal.ground), 200)


@secluded
async def block(request: Request) -> Response:
    """Freeze the access, if these are its member's facts."""
    portal = portal_of(request)
    token = request.path_params["token"]
    bound = FREEZE.bind(await form_body(request, FREEZE.names), portal.ground)
    if bound.errors:
        return await _form(request, bound, 422)
    wait = await take(request, "freeze_throttled")
    if wait:
        return await _form(request, bound, 422, wait=wait)
    answer = await freeze(
        portal.means,
        token,
        bound.values["matricule"],
        bound.values["birth_date"],
        visit_of(request),
    )
    match answer:
        case WrongFacts(left, call_code) if left:
            return await _form(request, bound, 422, Refused(WRONG, {"left": left}), call_code)
        case WrongFacts(call_code=call_code):
            return await page(request, "freeze/void.html", status=422, call_code=call_code)
        case VoidLink():
            call_code = await note_once(portal.means, "link_void", visit_of(request))
            return await page(request, "freeze/void.html", status=422, call_code=call_code)
        case Frozen(call_code):
            return await page(request, FROZEN, call_code=call_code)


@secluded
async def frozen_again(request: Request) -> Response:
    """The same answer once more, for its language switch: nothing is frozen."""
    body = await form_body(request, {"frozen"})
    return await page(request, FROZEN, call_code=shown_before(body["frozen"]))


async def _form(
    request: Request,
    bound: Bound,
    status: int,
    problem: Refused | None = None,
    call_code: str = "",
    wait: Wait | None = None,
) -> Response:
    return await page(
        request,
        "freeze/form.html",
        status=status,
        form=bound,
        problem=problem,
        call_code=call_code,
        wait=wait,
        token=request.path_params["token"],
    )
