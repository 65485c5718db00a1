"""The link of a mail that confirms an address: GET shows a button, POST asks for the session."""

from starlette.requests import Request
from starlette.responses import Response

from db.sessions import Session
from members.change import confirm_email
from members.dead_ends import note_once
from members.sessions import FULL
from web.answers import form_body, go, page, secluded
from web.guards import cookies_are_refused, session_of
from web.portal import portal_of, visit_of


@secluded
async def show(request: Request) -> Response:
    """A button for the member; the sign-in form for anybody else. Changes nothing."""
    token = request.path_params["token"]
    session = await session_of(request)
    payload = portal_of(request).tokens.confirmation.read(token)
    if payload is None:
        return await page(request, "confirmation/expired.html")
    if session is None and cookies_are_refused(request):
        return await page(request, "pages/cookies.html")
    if session is None or session.scope != FULL:
        return await page(request, "session/sign_in.html", confirmation=token)
    if payload[0] != session.member_id:
        return await _anothers(request, session)
    return await page(request, "confirmation/confirm.html", token=token)


@secluded
async def confirm(request: Request) -> Response:
    """Put the address on file, for the member whose link it is."""
    portal = portal_of(request)
    await form_body(request, ())
    session = await session_of(request)
    payload = portal.tokens.confirmation.read(request.path_params["token"])
    if session is None or session.scope != FULL:
        if payload is None:
            call_code = await note_once(portal.means, "link_void", visit_of(request))
            return await page(request, "confirmation/expired.html", call_code=call_code)
        return await show(request)
    if payload is None:
        return await go(request, "email", flash="link_expired")
    if payload[0] != session.member_id:
        return await _anothers(request, session)
    confirmed = await confirm_email(
        portal.db,
        session.member_id,
        payload[1],
        portal.address_key,
        visit_of(request),
    )
    return await go(request, "email", flash="email_confirmed" if confirmed else "link_expired")


async def _anothers(request: Request, session: Session) -> Response:
    """Another member is signed in: the link stays good for the one whose it is.

    It does not say whose: who holds a link has not always the mail, which says so.
    """
    return await page(
        request,
        "confirmation/anothers.html",
        status=200 if request.method == "GET" else 422,
        token=request.path_params["token"],
        first_name=session.member.first_name,
    )
