"""Pages that are the same for everyone: rendered and compressed once at start, served as bytes."""

from collections.abc import Mapping

from starlette.applications import Starlette
from starlette.requests import Request, cookie_parser
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from texts import LANGUAGES
from web import language
from web.answers import VARY, flash_of, page, path_of, render_as, wants_fragment
from web.cookies import FLASH, LANGUAGE, SESSION, cookie_name
from web.encoded import Encoded

KEPT = "no-cache, private"
"""Asked for again each time, and answered with 304 as long as it is the same."""


class SharedPages:
    """The pages of these routes and templates, in each language and layout."""

    def __init__(self, app: Starlette, templates: Mapping[str, str]) -> None:
        self._pages = {
            (template, language, fragment): Encoded(
                render_as(app, template, language, fragment), "text/html; charset=utf-8"
            )
            for template in templates.values()
            for language in LANGUAGES
            for fragment in (False, True)
        }
        self._at = {path_of(app, name): template for name, template in templates.items()}
        self._home = templates["home"]
        names = (cookie_name(app.state.settings, name) for name in (SESSION, FLASH, LANGUAGE))
        self._session, self._flash, self._language = names

    def answer(self, request: Request, template: str) -> Response:
        """That page for this visitor."""
        headers = request.headers
        return self._pages[
            template, language.language_of(request), wants_fragment(request)
        ].respond(
            headers.get("accept-encoding", ""),
            headers.get("if-none-match", ""),
            cache_control=KEPT,
            vary=VARY,
        )

    def at_once(self, scope: Scope) -> Response | None:
        """The answer where path and headers alone tell it, None where it takes more than bytes.

        From the raw headers, as `answer` from a request: to make one takes a third as long again.
        """
        template = self._at.get(scope["path"])
        if template is None or scope["method"] != "GET":
            return None
        headers: dict[bytes, bytes] = dict(scope["headers"])

        def header(name: bytes) -> str:
            return headers.get(name, b"").decode("latin-1")

        cookies = cookie_parser(header(b"cookie")) if b"cookie" in headers else {}
        # A message waits for this visitor, or the first page leads on who is signed in.
        if cookies.get(self._flash) or (template == self._home and cookies.get(self._session)):
            return None
        fragment = b"hx-request" in headers and b"hx-history-restore-request" not in headers
        asked = (header(b"portal-language"), cookies.get(self._language))
        speaks = next((each for each in asked if each in LANGUAGES), None)
        speaks = speaks or language.preferred(header(b"accept-language")[:200])
        return self._pages[template, speaks, fragment].respond(
            header(b"accept-encoding"),
            header(b"if-none-match"),
            cache_control=KEPT,
            vary=VARY,
        )


class AtOnce:
    """Answers from the shared pages where that can be told from path and headers alone.

    Without it such a page passes the middleware and routes of all others, which takes as long
    again as sending it.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        answer: ASGIApp | None = None
        if scope["type"] == "http":
            pages: SharedPages = scope["app"].state.shared_pages
            answer = pages.at_once(scope)
        await (answer or self.app)(scope, receive, send)


async def shared_page(request: Request, template: str) -> Response:
    """A page that is the same for everyone, unless a flash message waits for this visitor."""
    if flash_of(request):
        return await page(request, template)
    pages: SharedPages = request.app.state.shared_pages
    return pages.answer(request, template)
