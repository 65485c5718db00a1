"""The cookies' names and flags (DESIGN §7, SECURITY S2), over HTTP."""

from dataclasses import replace

import pytest

from app import create_app
from settings import Settings
from tests import given
from tests.conftest import Browser, TurnedClock
from tests.people import FRANCOIS, enrol


def parts(cookie: str) -> tuple[str, set[str]]:
    name, _, rest = cookie.partition("=")
    return name, {flag.strip().lower() for flag in rest.split(";")[1:]}


@pytest.mark.parametrize(
    ("base_url", "prefix", "flags"),
    [
        ("http://127.0.0.1:8000", "", {"httponly", "samesite=lax", "path=/"}),
        ("http://localhost/portail", "", {"httponly", "samesite=lax", "path=/portail"}),
        ("https://exemple.org", "__Host-", {"httponly", "samesite=lax", "path=/", "secure"}),
        (
            "https://exemple.org/portail",
            "__Secure-",
            {"httponly", "samesite=lax", "path=/portail", "secure"},
        ),
    ],
)
async def test_names_and_flags_follow_where_the_portal_lives(
    settings: Settings, clock: TurnedClock, base_url: str, prefix: str, flags: set[str]
) -> None:
    app = create_app(replace(settings, base_url=base_url), clock)
    async with app.router.lifespan_context(app), Browser(app, base_url + "/") as browser:
        portal = app.state.portal
        await enrol(portal.db, [FRANCOIS])
        await given.access(portal, FRANCOIS)
        begun = await browser.submit(
            "", {"matricule": FRANCOIS.matricule, "password": FRANCOIS.password}
        )
        assert begun.status_code == 303
        told = dict(parts(cookie) for cookie in begun.headers.get_list("set-cookie"))
        assert told == {
            f"{prefix}session": flags,
            f"{prefix}device": flags | {"max-age=31536000"},
        }
        assert (await browser.get("membre")).status_code == 200

        ended = await browser.submit("deconnexion")
        told = dict(parts(cookie) for cookie in ended.headers.get_list("set-cookie"))
        assert set(told) == {f"{prefix}flash", f"{prefix}session"}
        assert flags < told[f"{prefix}flash"]
        assert "max-age=0" in told[f"{prefix}session"]
        assert flags < told[f"{prefix}session"]


async def test_a_plainly_named_cookie_is_not_read_over_tls(
    https_settings: Settings, clock: TurnedClock
) -> None:
    """Another site below the same domain could have planted it."""
    app = create_app(https_settings, clock)
    base = https_settings.base_url + "/"
    async with app.router.lifespan_context(app), Browser(app, base) as browser:
        await enrol(app.state.portal.db, [FRANCOIS])
        await given.session(browser, app.state.portal, FRANCOIS)
        value = browser.cookies["__Secure-session"]
        browser.cookies.clear()
        for name in ("session", "__Host-session"):
            answer = await browser.get("membre", headers={"cookie": f"{name}={value}"})
            assert answer.status_code == 303
        answer = await browser.get("membre", headers={"cookie": f"__Secure-session={value}"})
        assert answer.status_code == 200
