"""A browser that keeps no cookie is told so, and how to allow them."""

import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.browser.conftest import PHONE
from tests.browser.visitor import Route, Visitor, expect
from tests.given import access
from tests.people import FRANCOIS, SYLVIE
from tools.audit.needs import CLOSED_NETWORK
from web.portal import Portal

REFUSED = "Votre navigateur refuse les témoins (cookies)"
BLOCKED = {"profile": {"default_content_setting_values": {"cookies": 2}}}
"""Chromium's own setting « Bloquer tous les cookies »."""

SAYS_SO = "Object.defineProperty(Navigator.prototype, 'cookieEnabled', {get: () => false})"
"""As a Chromium with a window does; the headless one blocks them and says that it takes them."""


@pytest.fixture(params=[True, False], ids=["scripts", "no-scripts"])
async def refusing(
    request: pytest.FixtureRequest, site: str, chromium: object, tmp_path: Path
) -> AsyncIterator[Visitor]:
    """A visitor whose browser is set to block all cookies."""
    import shutil

    from playwright.async_api import async_playwright

    profile = tmp_path / "profile" / "Default"
    profile.mkdir(parents=True)
    (profile / "Preferences").write_text(json.dumps(BLOCKED))
    async with async_playwright() as playwright:
        context = await playwright.chromium.launch_persistent_context(
            profile.parent,
            executable_path=shutil.which("chromium"),
            args=CLOSED_NETWORK,
            viewport=PHONE,  # type: ignore[arg-type]
            locale="fr-CA",
            java_script_enabled=request.param,
        )
        await context.add_init_script(SAYS_SO)
        # With scripts too the page stays plain.
        yield Visitor(await context.new_page(), site, scripts=False)
        await context.close()


async def test_registration_and_sign_in_end_with_a_sentence(
    refusing: Visitor, portal: Portal
) -> None:
    visitor = refusing
    await access(portal, SYLVIE)
    await visitor.open("/inscription")
    await visitor.identify(FRANCOIS)
    # Found before the access is made.
    await visitor.see(REFUSED)
    await expect(visitor.page.locator("main")).to_contain_text("450 555-0199")
    await visitor.press("Se connecter")
    await visitor.see("Se connecter", "/")
    await visitor.sign_in(SYLVIE)
    await visitor.see(REFUSED, "/membre")


async def test_what_drops_them_unseen_is_found_at_the_next_page(visitor: Visitor) -> None:
    """An extension: the browser itself says that it takes cookies."""

    async def drop(route: Route) -> None:
        await visitor.page.context.clear_cookies()
        await route.continue_()

    await visitor.page.context.route("**/*", drop)
    await visitor.register(FRANCOIS)
    await visitor.see("Section des membres", "/membre")
    await visitor.press("Afficher ou modifier votre mot de passe")
    await visitor.see(REFUSED)


async def test_a_session_that_ended_is_not_taken_for_that(visitor: Visitor) -> None:
    await visitor.register(FRANCOIS)
    await visitor.see("Section des membres", "/membre")
    await visitor.page.context.clear_cookies(name="session")
    await visitor.press("Afficher ou modifier votre mot de passe")
    await visitor.see("Se connecter", "/")
