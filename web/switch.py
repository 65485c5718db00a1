"""The language switch in the header: a POST to any page, which leads back to that page.

It is no route of its own: where it came from is then told by nothing that a visitor can forge,
nor by the Referer, which pages with a token in their address do not send. A page that answered a
POST has no address that shows it again: what it was made of then stands in hidden fields of the
switch itself.
"""

from collections.abc import Mapping
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
from web.answers import Handler, path_of
from web.guards import made_for_of, session_of
from web.portal import portal_of


class LanguageSwitch:
    """Answers every POST whose query chooses a language; `?langue=en` is all that it may say.

    `again` shows a page anew that answered a POST, by the name of the switch's hidden field.
    """

    def __init__(self, app: ASGIApp, again: Mapping[str, Handler]) -> None:
        self.app = app
        self._again = again

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        answer: ASGIApp = self.app
        if scope["type"] == "http" and scope["method"] == "POST" and scope["query_string"]:
            request = Request(scope, receive)
            if language.CHOICE in request.query_params:
                answer = await self._switch(request)
        await answer(scope, receive, send)

    async def _switch(self, request: Request) -> Response:
        chosen = request.query_params[language.CHOICE]
        if chosen not in LANGUAGES:
            raise HTTPException(400)
        headers = [(language.OF_PAGE.encode(), chosen.encode()), *request.scope["headers"]]
        request = Request({**request.scope, "headers": headers}, request.receive)
        hidden = await _hidden(request)
        await _remember(request, chosen, hidden)
        again = next((self._again[name] for name in hidden if name in self._again), None)
        if again:
            response = await again(request)
        else:
            response = RedirectResponse(_page_of(request), 303)
        language.remember(response, portal_of(request).settings, chosen)
        return response


async def _hidden(request: Request) -> dict[str, str]:
    """The hidden fields of the switch, whatever they are."""
    if request.headers.get("content-type") != "application/x-www-form-urlencoded":
        return {}
    async with request.form(max_fields=32) as form:
        return {name: value for name, value in form.items() if isinstance(value, str)}


async def _remember(request: Request, chosen: str, hidden: Mapping[str, str]) -> None:
    """Keep the choice in the access of who is signed in, unless the page was another's (X1)."""
    session = await session_of(request)
    if session is None or session.scope != FULL:
        return
    made = made_for_of(request, hidden)
    if made is None or made.member_id == session.member_id:
        await change_language(portal_of(request).db, session.member_id, chosen)


def _page_of(request: Request) -> str:
    """The address that was posted to, where a page is shown at it; else the first page."""
    asked = {**request.scope, "method": "GET"}
    if any(route.matches(asked)[0] is Match.FULL for route in request.app.routes):
        return quote(asked["path"])
    return path_of(request.app, "home")
