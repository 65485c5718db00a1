"""What was under way when a session ended: a cookie brings the member back to it.

Signed, and good for half an hour; bound to the member who typed, so that nobody else is shown it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from forms.journey import FORMS
from members.my_data import FACTS
from security.form_tokens import MadeFor
from web.answers import path_of
from web.cookies import RESUME, forget_cookie, read_cookie, set_cookie
from web.portal import portal_of

SECTION = "member"
"""The name of the first page of the members' section: signing in leads there anyway."""
TYPED = frozenset(
    {field.name for form in FORMS.values() for field in form.fields if not field.secret}
    | set(FACTS)
)
"""What is kept of a form: never a password."""
MOST = 800
"""Bytes that are kept of what was typed: browsers drop a cookie over 4096, once encoded."""


@dataclass(frozen=True, slots=True)
class Resume:
    """A page of the section by its route's name, and what was typed there.

    Without a member anybody may be led there: then nothing was typed.
    """

    page: str
    member_id: int | None = None
    typed: Mapping[str, str] = field(default_factory=dict)


def interrupted(request: Request, body: Mapping[str, str], made: MadeFor | None) -> Resume:
    """What this request to the members' section was about to do, with the form that it sent."""
    page = page_at(request.app, request.scope["path"])
    typed = {name: body[name] for name in TYPED & body.keys()}
    if made is None or sum(len(text.encode()) for text in typed.values()) > MOST:
        return Resume(page)
    return Resume(page, made.member_id, typed)


def resumed(request: Request) -> Resume | None:
    """What was under way on this browser."""
    portal = portal_of(request)
    cookie = read_cookie(request, portal.settings, RESUME)
    kept = portal.tokens.resume.read(cookie) if cookie else None
    return Resume(*kept) if kept and kept[0] in _pages(request.app).values() else None


def typed_before(request: Request, member_id: int) -> Mapping[str, str]:
    """What that member typed on this very page, before their session ended."""
    resume = resumed(request)
    page = page_at(request.app, request.scope["path"])
    if resume is None or (resume.page, resume.member_id) != (page, member_id):
        return {}
    return resume.typed


def keep(request: Request, response: Response, resume: Resume) -> None:
    """Have the browser keep it; a page alone is no reason to drop what was typed."""
    if not resume.typed and (resume.page == SECTION or resumed(request)):
        return
    portal = portal_of(request)
    purpose = portal.tokens.resume
    cookie = purpose.make([resume.page, resume.member_id, dict(resume.typed)])
    set_cookie(response, portal.settings, RESUME, cookie, max_age=purpose.max_age)


def forget(request: Request, response: Response) -> None:
    """Have the browser drop it."""
    settings = portal_of(request).settings
    if read_cookie(request, settings, RESUME):
        forget_cookie(response, settings, RESUME)


@lru_cache(maxsize=256)
def page_at(app: Starlette, path: str) -> str:
    """The route of the section's page at that path or above it (`/membre/courriel/renvoyer`).

    Elsewhere it is the section's first page.
    """
    pages = _pages(app)
    return pages.get(max(filter(path.startswith, pages), key=len, default=""), SECTION)


@lru_cache(maxsize=16)
def _pages(app: Starlette) -> Mapping[str, str]:
    """The names of the section's pages by their paths, but for the choice of a password.

    That one is where a temporary password leads, and nobody is led there otherwise.
    """
    names = [
        route.name
        for route in app.routes
        if isinstance(route, Route)
        and "GET" in (route.methods or ())
        and route.path.startswith("/membre")
        and not {"{", "."} & set(route.path)
        and route.name != "choose_password"
    ]
    return {path_of(app, name): name for name in names}
