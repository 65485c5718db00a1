"""Pages and files that are the same for everyone, and the error pages."""

import logging
import sqlite3

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from texts import LANGUAGES
from web.answers import page, render_as
from web.assets import Assets
from web.encoded import Encoded
from web.shared import shared_page

GUIDE = "pages/guide.html"
PRIVACY = "pages/privacy.html"
ERROR = "pages/error.html"
FOR_EVER = "public, max-age=31536000, immutable"
A_DAY = "public, max-age=86400"

log = logging.getLogger("portal")


def prepare_errors(app: Starlette) -> None:
    """Read the error pages' templates now: the error may be that no file can be opened."""
    for language in LANGUAGES:
        for fragment in (False, True):
            render_as(app, ERROR, language, fragment, code=503)


async def guide(request: Request) -> Response:
    """The office's guide."""
    return await shared_page(request, GUIDE)


async def privacy(request: Request) -> Response:
    """Who is in charge of personal information, what is held and why."""
    return await shared_page(request, PRIVACY)


async def static(request: Request) -> Response:
    """A static file; the one whose name has its fingerprint may be kept for ever."""
    assets: Assets = request.app.state.assets
    name = request.path_params["name"]
    encoded = assets.file(name)
    if encoded is None:
        raise HTTPException(404)
    kept = FOR_EVER if name == assets.script_name else A_DAY
    return _file(request, encoded, kept)


async def manifest(request: Request) -> Response:
    """What a phone needs to put the portal on its home screen."""
    assets: Assets = request.app.state.assets
    return _file(request, assets.manifest, A_DAY)


async def http_error(request: Request, error: Exception) -> Response:
    """400, 403, 404, 405, 413…: what happened, in French, and the way back."""
    assert isinstance(error, HTTPException)
    response = await page(request, ERROR, status=error.status_code, code=error.status_code)
    response.headers.update(error.headers or {})
    return response


async def nobody_there(request: Request, error: Exception) -> Response:
    """Whoever sent a part of a form has left: no fault, and nobody reads the answer."""
    return Response(status_code=400)


async def unavailable(request: Request, error: Exception) -> Response:
    """503: the database is busy, full, read-only or damaged; the same request may pass later.

    A statement that breaks a rule of the schema is a fault of ours, and stays a 500.
    """
    if isinstance(error, (sqlite3.IntegrityError, sqlite3.ProgrammingError)):
        raise error
    log.error("%s database unavailable: %s", _id_of(request), error)
    return await page(request, ERROR, status=503, code=503, request_id=_id_of(request))


async def server_error(request: Request, error: Exception) -> Response:
    """500: an apology with the id that the log has too, no trace."""
    return await page(
        request,
        ERROR,
        status=500,
        code=500,
        request_id=_id_of(request),
    )


def _file(request: Request, encoded: Encoded, kept: str) -> Response:
    return encoded.respond(
        request.headers.get("accept-encoding", ""),
        request.headers.get("if-none-match", ""),
        cache_control=kept,
        vary="Accept-Encoding",
    )


def _id_of(request: Request) -> str:
    """What the page and the log call this request."""
    return str(request.scope["state"].get("request_id", ""))
