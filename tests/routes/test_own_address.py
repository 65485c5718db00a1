"""What answers a form and may be looked at again: an address that survives a reload and Back."""

from collections.abc import Callable

import pytest

from tests.conftest import HTMX, Browser, TurnedClock
from tests.given import access, hidden, words
from tests.people import FRANCOIS, NOBODY, SYLVIE, Person
from tests.security.parts import sign_in, solved
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


async def test_step_two_is_shown_again_at_its_address(browser: Browser, digest: Digest) -> None:
    asked = await browser.post("/inscription", data=FRANCOIS.facts)
    assert asked.status_code == 303
    address = asked.headers["location"]
    first = await browser.get(address)
    before = digest()
    again = await browser.get(address)
    assert digest() == before
    assert hidden(again, "token") == hidden(first, "token")
    assert f'value="{FRANCOIS.matricule}"' in again.text
    for secret in (*FRANCOIS.facts.values(), hidden(first, "token")):
        assert secret not in address
    fields = FRANCOIS.access(hidden(again, "token"))
    assert (await browser.submit("/inscription/acces", fields)).headers["location"] == "/membre"
    # Back to it, and to step two as older pages knew it: who is signed in goes on to the section.
    for old in (address, "/inscription/acces"):
        assert (await browser.get(old)).headers["location"] == "/membre"


async def test_with_scripts_step_two_is_one_round_trip(browser: Browser) -> None:
    part = await browser.submit("/inscription", FRANCOIS.facts, htmx=True)
    assert part.status_code == 200
    again = await browser.get(part.headers["hx-push-url"])
    assert words(part) in words(again)
    assert hidden(part, "token") == hidden(again, "token")


async def test_x1_of_two_members_tabs_each_shows_its_own_step_or_none(
    browser: Browser, browsers: Callable[..., Browser]
) -> None:
    one = (await browser.post("/inscription", data=FRANCOIS.facts)).headers["location"]
    other = (await browser.post("/inscription", data=SYLVIE.facts)).headers["location"]
    assert f'value="{SYLVIE.matricule}"' in (await browser.get(other)).text
    page = await browser.get(one)
    assert "L’étape a expiré" in words(page)
    assert f'value="{SYLVIE.matricule}"' not in page.text
    # The address alone opens nothing.
    assert "L’étape a expiré" in words(await browsers().get(other))


async def test_step_two_is_shown_again_for_half_an_hour_and_to_nobody_who_signed_in(
    browser: Browser, portal: Portal, clock: TurnedClock
) -> None:
    await access(portal, SYLVIE)
    address = (await browser.post("/inscription", data=FRANCOIS.facts)).headers["location"]
    clock.turn(minutes=31)
    assert "L’étape a expiré" in words(await browser.get(address))
    address = (await browser.post("/inscription", data=FRANCOIS.facts)).headers["location"]
    await sign_in(browser, SYLVIE)
    assert "step" not in browser.cookies
    assert (await browser.get(address)).headers["location"] == "/membre"
