"""SECURITY B3 over the Unix socket, which only the proxy may open: it has no address of its own."""

import pytest

from app import create_app
from settings import Settings
from tests.conftest import Browser, TurnedClock
from tests.people import NOBODY
from tests.security.parts import rows, sign_in


@pytest.mark.parametrize(
    ("header", "counted"),
    [
        ("198.51.100.7", "198.51.100.7"),
        ("192.0.2.66, 198.51.100.7", "198.51.100.7"),  # what a stranger sent comes first
        ("2001:db8::7", "2001:db8::7"),
        ("unknown", None),
        ("", None),
    ],
)
async def test_b3_who_comes_over_the_socket_is_the_proxy(
    settings: Settings, clock: TurnedClock, header: str, counted: str | None
) -> None:
    app = create_app(settings, clock)
    async with app.router.lifespan_context(app), Browser(app, settings.base_url) as browser:
        browser._transport.client = None  # type: ignore[attr-defined]
        browser.headers["x-forwarded-for"] = header
        await sign_in(browser, NOBODY)
    assert rows(settings, "SELECT address FROM journal") == [(counted,)]
