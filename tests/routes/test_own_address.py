"""What answers a form and may be looked at again: an address that survives a reload and Back."""

from collections.abc import Callable

import pytest

from tests.conftest import HTMX, Browser
from tests.given import access, words
from tests.people import FRANCOIS, NOBODY, Person
from tests.security.parts import solved
from web.portal import Portal

SENT = "/mot-de-passe-oublie/envoye/"
Digest = Callable[[], str]


@pytest.mark.parametrize("person", [FRANCOIS, NOBODY], ids=["known", "unknown"])
async def test_that_a_mail_leaves_has_an_address_of_its_own(
    browser: Browser, portal: Portal, digest: Digest, person: Person
) -> None:
    await access(portal, FRANCOIS)
    fields = person.facts | await solved(browser, portal)
    plain = await browser.post("/mot-de-passe-oublie", data=fields)
    assert plain.status_code == 303
    address = plain.headers["location"]
    assert address.startswith(SENT)
    code = address.removeprefix(SENT)
    before = digest()
    for _ in range(2):  # and its reload
        page = await browser.get(address)
        assert "Vérifiez votre courriel" in words(page)
        assert f"Code d’appel : {code} ." in words(page)
    assert digest() == before
    # Nothing of the person is in the address.
    assert not [fact for fact in person.facts.values() if fact in address]


async def test_with_scripts_it_is_one_round_trip(browser: Browser, portal: Portal) -> None:
    fields = FRANCOIS.facts | await solved(browser, portal)
    part = await browser.post("/mot-de-passe-oublie", data=fields, headers=HTMX)
    assert part.status_code == 200
    assert "Vérifiez votre courriel" in words(part)
    assert part.headers["hx-push-url"].startswith(SENT)
    again = await browser.get(part.headers["hx-push-url"])
    assert words(part) in words(again)


@pytest.mark.parametrize("code", ["CALL%20555-0100", "abc", "K7F-3M%3Cb%3E"])
async def test_a_forged_address_says_nothing_of_its_own(browser: Browser, code: str) -> None:
    page = await browser.get(SENT + code)
    assert "Code d’appel" not in words(page)
    assert code[:4] not in page.text
