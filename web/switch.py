"""The language switch in the header: a POST to any page, which leads back to that page.

It is no route of its own: where it came from is then told by nothing that a visitor can forge,
nor by the Referer, which pages with a token in their address do not send.
"""

from urllib.parse import quote

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Match
from starlette.types import ASGIApp, Receive, Scope, Send

from members.change import change_language
from members.sessions import FULL
from texts import LANGUAGES
from web import language
from web.answers import path_of
from web.guards import session_of
from web.portal import portal_of


class LanguageSwitch:
    """Answers every POST whose query chooses a language; `?langue=en` is all that it may say."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        answer: ASGIApp = self.app
        if scope["type"] == "http" and scope["method"] == "POST" and scope["query_string"]:
            request = Request(scope, receive)
            if language.CHOICE in request.query_params:
                answer = await _switch(request)
        await answer(scope, receive, send)


async def _switch(request: Request) -> Response:
    """Keep the choice on this browser, and in the access of whoever is signed in."""
    chosen = request.query_params[language.CHOICE]
    if chosen not in LANGUAGES:
        raise HTTPException(400)
    session = await session_of(request)
    if session and session.scope == FULL:
        await change_language(portal_of(request).db, session.member_id, chosen)
    response = RedirectResponse(_page_of(request), 303)
    language.remember(response, portal_of(request).settings, chosen)
    return response


def _page_of(request: Request) -> str:
    """The address that was posted to, where a page is shown at it; else the first page."""
    asked = {**request.scope, "method": "GET"}
    if any(route.matches(asked)[0] is Match.FULL for route in request.app.routes):
        return quote(asked["path"])
    return path_of(request.app, "home")
