"""The visitor's language: chosen in the header (a cookie), else what their browser asks for."""

from functools import lru_cache

from starlette.requests import Request
from starlette.responses import Response

from settings import Settings
from texts import LANGUAGES
from web.cookies import LANGUAGE, read_cookie, set_cookie

CHOICE = "langue"
"""The query of the switch in the header: it posts to the very address that the visitor reads."""
OF_PAGE = "portal-language"
"""The header by which HTMX tells the language of the page that a fragment goes into."""
TERM = 365 * 24 * 3600


def language_of(request: Request) -> str:
    """The language to answer in, one of `LANGUAGES`.

    A fragment keeps to its page, whatever was chosen in another tab meanwhile.
    """
    headers = request.headers
    if headers.get(OF_PAGE) in LANGUAGES:
        return headers[OF_PAGE]
    return chosen(request) or preferred(headers.get("accept-language", "")[:200])


def chosen(request: Request) -> str | None:
    """The language that was chosen on this browser, if any was."""
    cookie = read_cookie(request, request.app.state.settings, LANGUAGE)
    return cookie if cookie in LANGUAGES else None


@lru_cache(maxsize=256)
def preferred(accepted: str) -> str:
    """An Accept-Language header in; the language of ours it likes best out, French where none.

    RFC 9110 §12.5.4: of two that it likes alike, the one that it names first.
    """
    best, liking = LANGUAGES[0], 0.0
    for part in accepted.split(","):
        tag, _, weight = part.partition(";")
        language = tag.strip().lower().partition("-")[0]
        if language in LANGUAGES and _quality(weight) > liking:
            best, liking = language, _quality(weight)
    return best


def _quality(weight: str) -> float:
    name, _, number = weight.strip().partition("=")
    try:
        return float(number) if name.strip().lower() == "q" else 1.0
    except ValueError:
        return 0.0


def remember(response: Response, settings: Settings, language: str) -> None:
    """Have this browser keep to that language for a year."""
    set_cookie(response, settings, LANGUAGE, language, max_age=TERM)
