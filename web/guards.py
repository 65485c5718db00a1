"""Who may see a page: a signed-in member, or one who must choose a new password first."""

from collections.abc import Awaitable, Callable, Iterable, Mapping
from functools import wraps
from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.responses import Response

from db import members
from db.sessions import Session
from members.sessions import CHOOSE, FULL, current
from security.form_tokens import MadeFor
from web import resume
from web.answers import MADE_FOR, Handler, form_body, go, page, path_of
from web.cookies import SESSION, has_any, read_cookie
from web.portal import portal_of

MemberHandler = Callable[[Request, Session], Awaitable[Response]]
MemberAct = Callable[[Request, Session, dict[str, str]], Awaitable[Response]]


async def session_of(request: Request) -> Session | None:
    """The visitor's session, looked up once a request and only where there is a cookie."""
    state = request.scope["state"]
    if SESSION not in state:
        portal = portal_of(request)
        cookie = read_cookie(request, portal.settings, SESSION)
        state[SESSION] = await current(portal.db, cookie, portal.clock()) if cookie else None
    session: Session | None = state[SESSION]
    return session


def signed_in(handler: MemberHandler) -> Handler:
    """Let members in whose session is full; others go where theirs begins."""
    return _shown(handler, FULL)


def choosing(handler: MemberHandler) -> Handler:
    """Let in only those whom a temporary password sent to choose a new one."""
    return _shown(handler, CHOOSE)


def acting(names: Iterable[str] = (), scope: str = FULL) -> Callable[[MemberAct], Handler]:
    """For a form of the section with these fields: only who it was made for may send it.

    Two members share a browser: a form that one opened is refused under the other's session, and
    says whose it was (SECURITY X1). The same member may have signed in anew meanwhile.
    """
    allowed = frozenset(names) | {MADE_FOR}

    def guard(act: MemberAct) -> Handler:
        @wraps(act)
        async def guarded(request: Request) -> Response:
            body = await form_body(request, allowed)
            made = made_for_of(request, body)
            session = await session_of(request)
            if session is None:
                return await _sign_in_first(request, resume.interrupted(request, body, made))
            if made is None or made.member_id != session.member_id:
                response = await not_yours(request, session, made)
                resume.keep(request, response, resume.interrupted(request, body, made))
                return response
            if session.scope != scope:
                # Of two choices of a password the first one serves.
                flash = "chosen_before" if session.scope == FULL else ""
                return await _where_theirs_begins(request, session, flash)
            return await act(request, session, body)

        return guarded

    return guard


def made_for_of(request: Request, body: Mapping[str, str]) -> MadeFor | None:
    """Whom the form was made for that this body comes from."""
    return portal_of(request).form_tokens.read(body.get(MADE_FOR, ""))


async def not_yours(request: Request, session: Session, made: MadeFor | None) -> Response:
    """Say whose form it was, and that nothing was changed; the way on for either of them.

    A first name tells nothing new: who has the form had that member's page on the screen.
    """
    other = await members.by_id(portal_of(request).db, made.member_id) if made else None
    return await page(
        request,
        "account/not_yours.html",
        status=422,
        other=other.first_name if other else "",
        first_name=session.member.first_name,
        back=resume.page_at(request.app, request.scope["path"]),
    )


def _shown(handler: MemberHandler, scope: str) -> Handler:
    @wraps(handler)
    async def guarded(request: Request) -> Response:
        session = await session_of(request)
        if session is None:
            return await _sign_in_first(request, resume.interrupted(request, {}, None))
        if session.scope != scope:
            return await _where_theirs_begins(request, session)
        response = await handler(request, session)
        if resume.typed_before(request, session.member_id):
            resume.forget(request, response)
        return response

    return guarded


async def _sign_in_first(request: Request, under_way: resume.Resume) -> Response:
    if cookies_are_refused(request):
        return await page(request, "pages/cookies.html")
    flash = "session_ended" if under_way.typed else "sign_in_first"
    response = await go(request, "home", flash=flash)
    resume.keep(request, response, under_way)
    return response


def cookies_are_refused(request: Request) -> bool:
    """Whether somebody comes from where a session begins, or from the section, with no cookie.

    No page shown to a stranger leads there from a sign-in or a registration: only their own answer
    does, which set the cookies.
    """
    portal = portal_of(request)
    if has_any(request, portal.settings):
        return False
    came_from = urlsplit(request.headers.get("referer", ""))
    path = came_from.path or "/"
    begins = {path_of(request.app, name) for name in ("home", "registration", "access")}
    return came_from.netloc == urlsplit(portal.settings.base_url).netloc and (
        path in begins or path.startswith(path_of(request.app, "member"))
    )


async def _where_theirs_begins(request: Request, session: Session, flash: str = "") -> Response:
    name = "choose_password" if session.scope == CHOOSE else "member"
    return await go(request, name, flash=flash)


async def taken_back(request: Request) -> Response:
    """For who was signed in when this request came, and whose access is gone by now."""
    request.scope["state"][SESSION] = None
    return await go(request, "home", flash="sign_in_first")
