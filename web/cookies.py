"""The portal's cookies: their names and how they are set (SECURITY S2)."""

from starlette.requests import Request
from starlette.responses import Response

from settings import Settings

SESSION = "session"
FLASH = "flash"
DEVICE = "device"
LANGUAGE = "language"
RESUME = "resume"
STEP = "step"


def cookie_name(settings: Settings, name: str) -> str:
    """`__Host-` at the root of a host, `__Secure-` below a path, plain on http loopback only."""
    if not settings.https:
        return name
    return f"__Secure-{name}" if settings.base_path else f"__Host-{name}"


def read_cookie(request: Request, settings: Settings, name: str) -> str | None:
    """The cookie's value, None when it is absent or empty."""
    return request.cookies.get(cookie_name(settings, name)) or None


def has_any(request: Request, settings: Settings) -> bool:
    """Whether the browser came with a cookie of ours: one that refuses them never does."""
    names = (SESSION, FLASH, DEVICE, LANGUAGE, RESUME, STEP)
    return any(cookie_name(settings, name) in request.cookies for name in names)


def set_cookie(
    response: Response, settings: Settings, name: str, value: str, *, max_age: int | None = None
) -> None:
    """Set a cookie for the portal's own path; `max_age` in seconds, else until the browser ends."""
    response.set_cookie(
        cookie_name(settings, name),
        value,
        max_age=max_age,
        path=settings.base_path or "/",
        secure=settings.https,
        httponly=True,
        samesite="lax",
    )


def forget_cookie(response: Response, settings: Settings, name: str) -> None:
    """Have the browser drop a cookie."""
    set_cookie(response, settings, name, "", max_age=0)
