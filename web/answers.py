"""One answer for both kinds of visitor: a whole page, or the fragment that HTMX swaps in."""

from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache, partial, wraps
from typing import Any

from markupsafe import Markup
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from db.sessions import Session
from forms.journey import FORMS
from members import Wait, devices
from members.sessions import current
from rules.password import checklist
from texts import environment
from web import language
from web.cookies import (
    DEVICE,
    FLASH,
    SESSION,
    forget_cookie,
    read_cookie,
    set_cookie,
)
from web.encoded import Head
from web.flash import SENTENCES
from web.language import language_of
from web.portal import portal_of

Handler = Callable[[Request], Awaitable[Response]]
CUT = "\0"
"""Where the shell of the pages is cut: for the title, and for what stands in `main`."""
MADE_FOR = "made_for"
"""The hidden field that binds a form of the members' section to its member and session."""
VARY = "Accept-Language, Accept-Encoding, Cookie, HX-Request, Portal-Language"


@dataclass(frozen=True, slots=True)
class Begun:
    """A session that just began: its cookie, the known browser's, the language of the access."""

    session: str
    device: str | None
    language: str = ""


async def page(
    request: Request,
    template: str,
    *,
    status: int = 200,
    push: str = "",
    wait: Wait | None = None,
    stay: bool = False,
    erred: bool = False,
    **values: Any,
) -> Response:
    """Render `template` as a page, or as the fragment of it that HTMX asked for.

    `push` names the route whose address the browser shows from now on; an answer to a POST
    without it leaves the address as it was. `wait` makes it a refusal, 429, with its own call
    code. `stay` keeps the view where it is, for an answer to what was pressed in its middle. The
    title of a refusal says so, and of a page that `erred`.
    """
    values[MADE_FOR] = _made_for(request)
    seconds, of_mail = 0, False
    if wait:
        status, seconds, of_mail = 429, wait.seconds, wait.mails
        values["call_code"] = wait.call_code
    values |= {"stay": stay, "erred": erred or status in (422, 429)}
    flash = flash_of(request)
    speaks, fragment = language_of(request), wants_fragment(request)
    told = {"flash": flash, "wait": seconds, "of_mail": of_mail}
    html = render_as(request.app, template, speaks, fragment, **told, **values)
    head = _shell(request.app, speaks).head
    body, encoding = head.compressed(request.headers.get("accept-encoding", ""), html)
    headers = {"cache-control": "no-store", "vary": VARY, **encoding}
    if wait:
        headers["retry-after"] = str(seconds)
    if stay:
        headers["hx-reswap"] = "innerHTML show:none"
    if request.method == "POST":
        headers["hx-push-url"] = path_of(request.app, push) if push else "false"
    response = Response(body, status, headers, media_type="text/html")
    if flash and FLASH not in request.scope["state"]:
        forget_cookie(response, portal_of(request).settings, FLASH)
    return response


async def go(
    request: Request, name: str, *, flash: str = "", begun: Begun | None = None, **parameters: str
) -> Response:
    """Lead on to the page of the route `name`, with the session that just began.

    Under HTMX that page is this very answer: one round trip. Without, a 303. Nobody having chosen
    a language on this browser, the access's own is taken over: header and footer change too then,
    so that HTMX is told to load the whole page.
    """
    portal = portal_of(request)
    path = path_of(request.app, name, **parameters)
    speaks = begun.language if begun and not language.chosen(request) else ""
    turns = speaks not in ("", language_of(request))
    if wants_fragment(request) and not turns:
        state = {**request.scope["state"], FLASH: flash}
        state.pop(SESSION, None)  # what was read before the act does not tell what it changed
        if begun:
            state[SESSION] = await current(portal.db, begun.session, portal.clock())
        scope = {
            **request.scope,
            "method": "GET",
            "path": path,
            "path_params": parameters,
            "query_string": b"",
            "state": state,
        }
        response = await _endpoint(request.app, name)(Request(scope))
        response.headers.setdefault("hx-push-url", path)
    else:
        response = _lead(request, path)
        if flash:
            set_cookie(response, portal.settings, FLASH, flash, max_age=60)
    if begun:
        set_cookie(response, portal.settings, SESSION, begun.session)
    if begun and begun.device:
        set_cookie(response, portal.settings, DEVICE, begun.device, max_age=devices.TERM)
    if turns:
        language.remember(response, portal.settings, speaks)
    return response


def secluded(handler: Handler) -> Handler:
    """For a page whose address holds a mail's token: what leaves it does not tell that address.

    With `no-referrer` instead, plain forms would send `Origin: null` and be refused.
    """

    @wraps(handler)
    async def answered(request: Request) -> Response:
        response = await handler(request)
        response.headers["referrer-policy"] = "strict-origin"
        return response

    return answered


async def form_body(request: Request, names: Iterable[str]) -> dict[str, str]:
    """The fields of a form's body; one that is unknown or doubled is refused with 400.

    So is a multipart body: no form of ours sends one, and its charset could name a codec that
    makes text which has no UTF-8 form.
    """
    if request.headers.get("content-type", "").strip().lower().startswith("multipart/"):
        raise HTTPException(400)
    allowed = frozenset(names)
    body: dict[str, str] = {}
    async with request.form(max_fields=32) as form:
        for name, value in form.multi_items():
            if name not in allowed or name in body or not isinstance(value, str):
                raise HTTPException(400)
            body[name] = value
    return body


def flash_of(request: Request) -> str:
    """The sentence that waits for this visitor, or an empty string."""
    state = request.scope["state"]
    key = state[FLASH] if FLASH in state else _flash_cookie(request)
    return SENTENCES.get(key, "")


def wants_fragment(request: Request) -> bool:
    """Whether HTMX asks for a part of the page; for Back it wants the whole."""
    headers = request.headers
    return "hx-request" in headers and "hx-history-restore-request" not in headers


@lru_cache(maxsize=512)
def path_of(app: Starlette, name: str, /, **parameters: str) -> str:
    """The path of a route below the portal's base path."""
    base: str = app.state.settings.base_path
    return base + app.url_path_for(name, **parameters)


def message(
    request: Request, template: str, *, status: int, target: str = "", **values: Any
) -> Response:
    """The answer to a live check: the field's message alone; `target` puts it elsewhere."""
    html = _render(request.app, template, language_of(request), True, **values).strip()
    headers = {"cache-control": "no-store"} | ({"hx-retarget": target} if target else {})
    return Response(html, status, headers, media_type="text/html")


def render_as(app: Starlette, template: str, language: str, fragment: bool, **values: Any) -> bytes:
    """A template in that language, as a fragment or with the whole page around it."""
    html = _render(app, template, language, fragment, **values)
    if fragment:
        return html.encode()
    # Most of a page is its shell, the same for all: it is encoded once.
    title, _, main = html.partition(CUT)
    shell = _shell(app, language)
    return b"".join((shell.first, title.encode(), shell.middle, main.encode(), shell.last))


def _render(
    app: Starlette,
    template: str,
    language: str,
    fragment: bool,
    *,
    flash: str = "",
    wait: int = 0,
    of_mail: bool = False,
    **values: Any,
) -> str:
    frame = _frame(app, language, fragment, flash, wait, of_mail)
    found = environment(language).get_template(template)
    # As `render` does, without its copy of all globals, which takes a fifth of its time.
    return "".join(found.root_render_func(found.new_context({**frame, **values}, shared=True)))


@lru_cache(maxsize=64)
def _frame(
    app: Starlette, language: str, fragment: bool, flash: str, wait: int, of_mail: bool
) -> Mapping[str, Any]:
    """What every template finds: the page around it and the macros of the fields included.

    Made once: for each page anew they take half of its time.
    """
    known = {**environment(language).globals, **_constants(app)}
    frame = known | {"fragment": fragment, "flash": flash, "wait": wait, "of_mail": of_mail}
    macros = environment(language).get_template("fields.html").make_module(frame)
    layout = "fragment.html" if fragment else "page.html"
    return frame | {"fields": macros, "layout": layout, "cut": CUT}


@dataclass(frozen=True, slots=True)
class _Shell:
    """What stands around every page: before its title, before its `main`, and behind it."""

    first: bytes
    middle: bytes
    last: bytes
    head: Head


@lru_cache(maxsize=16)
def _shell(app: Starlette, language: str) -> _Shell:
    html = environment(language).get_template("shell.html").render(_constants(app), cut=CUT)
    first, middle, last = (part.encode() for part in html.split(CUT))
    return _Shell(first, middle, last, Head(first))


def _constants(app: Starlette) -> dict[str, Any]:
    return {
        "settings": app.state.settings,
        "forms": FORMS,
        "policy": app.state.policy,
        "checklist": checklist,
        "path": partial(path_of, app),
        "assets": app.state.assets,
        "sheet": Markup(app.state.assets.sheet),  # noqa: S704 (our own file)
    }


def _made_for(request: Request) -> str:
    """The token for the forms of who is signed in; an empty string where nobody is."""
    session: Session | None = request.scope["state"].get(SESSION)
    if session is None:
        return ""
    return portal_of(request).form_tokens.make(session.member_id, session.id_hash)


def _lead(request: Request, path: str) -> Response:
    if wants_fragment(request):
        return Response(headers={"hx-redirect": path})
    return RedirectResponse(path, 303)


def _flash_cookie(request: Request) -> str:
    return read_cookie(request, request.app.state.settings, FLASH) or ""


def _endpoint(app: Starlette, name: str) -> Handler:
    for route in app.routes:
        if isinstance(route, Route) and route.name == name:
            endpoint: Handler = route.endpoint
            return endpoint
    raise LookupError(name)
