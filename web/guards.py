"""Who may see a page: a signed-in member, or one who must choose a new password first."""

from collections.abc import Awaitable, Callable
from functools import wraps

from starlette.requests import Request
from starlette.responses import Response

from db.sessions import Session
from members.sessions import CHOOSE, current
from web.answers import Handler, go
from web.cookies import SESSION, read_cookie
from web.portal import portal_of


async def session_of(request: Request) -> Session | None:
    """The visitor's session, looked up once a request and only where there is a cookie."""
    state = request.scope["state"]
    if SESSION not in state:
        portal = portal_of(request)
        cookie = read_cookie(request, portal.settings, SESSION)
        state[SESSION] = await current(portal.db, cookie, portal.clock()) if cookie else None
    session: Session | None = state[SESSION]
    return session


MemberHandler = Callable[[Request, Session], Awaitable[Response]]


def signed_in(handler: MemberHandler) -> Handler:
    """Let members in whose session is full; others go where theirs begins."""

    @wraps(handler)
    async def guarded(request: Request) -> Response:
        session = await session_of(request)
        if session is None:
            return await go(request, "home", flash="sign_in_first")
        if session.scope == CHOOSE:
            return await go(request, "choose_password")
        return await handler(request, session)

    return guarded


def choosing(handler: MemberHandler) -> Handler:
    """Let in only those whom a temporary password sent to choose a new one."""

    @wraps(handler)
    async def guarded(request: Request) -> Response:
        session = await session_of(request)
        if session is None:
            return await go(request, "home", flash="sign_in_first")
        if session.scope != CHOOSE:
            return await go(request, "member")
        return await handler(request, session)

    return guarded
