"""The whole journey in each engine that members' phones have."""

from collections.abc import AsyncIterator

import pytest

from tests.browser.conftest import Visit
from tests.browser.engines import NEEDED, Driven, driven, missing
from tests.browser.visitor import REQUIRED
from tests.browser.walk import walk
from tests.conftest import Post
from web.portal import Portal


@pytest.fixture(params=NEEDED)
async def person(request: pytest.FixtureRequest, site: str) -> AsyncIterator[Driven]:
    """A person before Firefox, then one before WebKit."""
    if sentence := missing(request.param):
        (pytest.fail if REQUIRED else pytest.skip)(sentence)
    async with driven(request.param, site) as one:
        yield one


async def test_the_whole_journey(person: Driven, portal: Portal, post: Post) -> None:
    await walk(person, portal, post)
    # The script was at work: one document from the first page on, and what it adds to the fields.
    await person.open("/inscription")
    await person.ask("window.left = true")
    await person.fill(matricule="875", birth_date="07111950", postal_code="J7J 8G8")
    assert await person.ask("return document.getElementById('birth_date').value") == "07/11/1950"
    await person.read("écrivez 00875")
    await person.press("J’ai déjà un accès : me connecter")
    await person.see("Se connecter", "/")
    await person.press("Afficher : Mot de passe")
    assert await person.ask("return document.getElementById('password').type") == "text"
    await person.ask("history.back()")
    await person.see("Inscription", "/inscription")
    assert await person.ask("return window.left") is True


async def test_the_whole_journey_in_chromium(visit: Visit, portal: Portal, post: Post) -> None:
    await walk(await visit(), portal, post)
