"""The language switch in the header: it stays on the page, and the access remembers it."""

from collections.abc import Callable

import httpx
import pytest

from db import accounts
from members.sessions import CHOOSE
from settings import Settings
from tests import given
from tests.conftest import Browser, TurnedClock
from tests.people import FRANCOIS, SYLVIE
from web.portal import Portal

CHOSEN = "language=en; HttpOnly; Max-Age=31536000; Path=/; SameSite=lax"


@pytest.mark.parametrize("page", ["/", "/inscription", "/aide", "/mot-de-passe-oublie"])
async def test_every_page_has_a_switch_to_its_own_address(browser: Browser, page: str) -> None:
    french = await browser.get(page)
    # Relative: it holds wherever HTMX has led to meanwhile. And never through HTMX, which would
    # leave the header, the footer and the language of the page as they were.
    assert (
        '<form id="language" method="post" action="?langue=en" data-hx-boost="false">'
        '<button lang="en-CA">English</button></form>' in french.text
    )

    led = await browser.submit(f"{page}?langue=en")
    assert led.status_code == 303
    assert led.headers["location"] == page
    assert led.headers["set-cookie"] == CHOSEN

    english = await browser.get(page)
    assert '<html lang="en-CA">' in english.text
    assert '<button lang="fr-CA">Français</button>' in english.text

    await browser.submit(f"{page}?langue=fr")
    assert '<html lang="fr-CA">' in (await browser.get(page)).text


async def test_step_two_is_shown_again_in_the_other_language(
    browser: Browser, clock: TurnedClock, portal: Portal
) -> None:
    for address in ("/inscription", "/inscription/acces"):  # without the script, and with it
        step_two = await browser.submit("/inscription", FRANCOIS.facts)
        fields = {"token": given.hidden(step_two, "token"), "matricule": FRANCOIS.matricule}
        assert f'value="{fields["token"]}" form="language"' in step_two.text
        english = await browser.submit(f"{address}?langue=en", fields)
        assert english.headers["set-cookie"] == CHOSEN
        assert (english.status_code, english.headers["cache-control"]) == (200, "no-store")
        assert '<html lang="en-CA">' in english.text
        assert "Registration, step 2" in given.words(english)
        assert given.hidden(english, "token") == fields["token"]
        assert f'value="{FRANCOIS.matricule}" form="language"' in english.text
    done = await browser.submit("/inscription/acces", FRANCOIS.access(fields["token"]))
    assert done.headers["location"] == "/membre"


async def test_a_step_two_that_has_expired_says_so_in_the_other_language(
    browser: Browser, clock: TurnedClock
) -> None:
    step_two = await browser.submit("/inscription", FRANCOIS.facts)
    clock.turn(hours=3)
    for token in (given.hidden(step_two, "token"), "x"):
        english = await browser.submit("/inscription/acces?langue=en", {"token": token})
        assert "This step has expired" in given.words(english)
    wrong = {"token": "x", "email": "f@example.com"}
    assert (await browser.submit("/inscription?langue=en", wrong)).status_code == 400


async def test_what_the_recovery_answered_is_said_again_and_nothing_is_sent(
    browser: Browser, digest: Callable[[], str]
) -> None:
    asked = await browser.submit("/mot-de-passe-oublie", FRANCOIS.facts | {"without_image": "1"})
    before = digest()
    english = await browser.follow(f"{asked.url.path}?langue=en")
    assert "Check your email" in given.words(english)
    assert asked.url.path.rpartition("/")[2] in given.words(english)
    assert english.history[0].headers["set-cookie"] == CHOSEN
    assert digest() == before


async def test_a_frozen_access_is_said_again_with_its_code(browser: Browser) -> None:
    for code, shown in (("K7F-3M", True), ("CALL 555-0100", False)):
        english = await browser.submit("/acces/bloquer/x?langue=en", {"frozen": code})
        assert english.status_code == 200
        assert "is blocked" in given.words(english)
        assert (code in given.words(english)) is shown
        assert english.headers["referrer-policy"] == "strict-origin"


async def test_an_address_that_shows_no_page_leads_to_the_first_one(browser: Browser) -> None:
    for address in ("/nulle-part", "/deconnexion", "//exemple.net/", "/%2F/exemple.net"):
        led = await browser.submit(f"http://testserver{address}?langue=en")
        assert (led.status_code, led.headers["location"]) == (303, "/"), address


async def test_an_address_with_a_token_is_kept_as_it_is(browser: Browser) -> None:
    led = await browser.submit("/courriel/confirmer/a%25b%3Fc%C3%A9?langue=en")
    assert led.headers["location"] == "/courriel/confirmer/a%25b%3Fc%C3%A9"


async def test_below_a_path_the_switch_stays_below_it(
    https_settings: Settings, clock: TurnedClock
) -> None:
    from app import create_app

    application = create_app(https_settings, clock)
    async with application.router.lifespan_context(application):
        browser = Browser(application, "https://exemple.org")
        led = await browser.submit("/portail/aide?langue=en")
        assert led.headers["location"] == "/portail/aide"
        assert led.headers["set-cookie"].startswith("__Secure-language=en; ")
        assert "Path=/portail" in led.headers["set-cookie"]
        # A proxy that strips the path changes nothing.
        led = await browser.submit("/aide?langue=fr")
        assert led.headers["location"] == "/portail/aide"
        await browser.aclose()


@pytest.mark.parametrize("language", ["de", "", "EN", "en%0d%0aX-Evil: 1"])
async def test_another_language_is_refused(browser: Browser, language: str) -> None:
    answer = await browser.submit(f"/?langue={language}")
    assert answer.status_code == 400
    assert "set-cookie" not in answer.headers


async def test_another_site_cannot_switch(browser: Browser) -> None:
    answer = await browser.post("/?langue=en", headers={"Sec-Fetch-Site": "cross-site"})
    assert answer.status_code == 403
    assert "set-cookie" not in answer.headers


async def test_a_get_chooses_nothing(browser: Browser, digest: Callable[[], str]) -> None:
    before = digest()
    answer = await browser.get("/?langue=en")
    assert '<html lang="fr-CA">' in answer.text
    assert "set-cookie" not in answer.headers
    assert digest() == before


async def test_a_visitor_writes_nothing(browser: Browser, digest: Callable[[], str]) -> None:
    before = digest()
    await browser.submit("/aide?langue=en")
    assert digest() == before


async def test_the_access_of_who_is_signed_in_remembers(browser: Browser, portal: Portal) -> None:
    member_id = await given.session(browser, portal, FRANCOIS)

    await browser.submit("/membre/courriel?langue=en")

    assert await _language(portal, member_id) == "en"


async def test_a_temporary_password_opens_no_more_than_a_choice(
    browser: Browser, portal: Portal
) -> None:
    member_id = await given.session(browser, portal, FRANCOIS, CHOOSE)

    led = await browser.submit("/membre/nouveau-mot-de-passe?langue=en")

    assert led.headers["location"] == "/membre/nouveau-mot-de-passe"
    assert await _language(portal, member_id) == "fr"


async def test_a_new_access_has_the_language_of_its_registration(
    browser: Browser, portal: Portal
) -> None:
    browser.headers["accept-language"] = "en-CA"
    step_two = await browser.submit("/inscription", SYLVIE.facts)
    await browser.submit("/inscription/acces", SYLVIE.access(given.hidden(step_two, "token")))

    account = await accounts.by_matricule(portal.db, SYLVIE.matricule)
    assert account
    assert account.language == "en"


@pytest.fixture
async def english_member(portal: Portal) -> int:
    """François, whose access remembers English."""
    member_id = await given.access(portal, FRANCOIS)
    await portal.db.write(lambda tx: accounts.set_language(tx, member_id, "en"))
    return member_id


@pytest.mark.usefixtures("english_member")
async def test_signing_in_on_another_browser_takes_the_language_over(browser: Browser) -> None:
    led = await _sign_in(browser)
    assert CHOSEN in led.headers.get_list("set-cookie")

    home = await browser.get(led.headers["location"])
    assert '<html lang="en-CA">' in home.text
    assert "Hello François Lapointe" in given.words(home)


@pytest.mark.usefixtures("english_member")
async def test_under_htmx_the_header_changes_too(browser: Browser) -> None:
    led = await _sign_in(browser, htmx=True)
    # The whole page is loaded: a fragment would leave its header and footer in French.
    assert led.headers["hx-redirect"] == "/membre"
    assert led.text == ""
    assert "hx-push-url" not in led.headers

    assert "Hello François Lapointe" in given.words(await browser.get("/membre"))


@pytest.mark.usefixtures("english_member")
@pytest.mark.parametrize("htmx", [True, False])
async def test_a_language_chosen_on_this_browser_stays(browser: Browser, htmx: bool) -> None:
    await browser.submit("/?langue=fr")

    led = await _sign_in(browser, htmx=htmx)

    assert "language" not in str(led.headers.get_list("set-cookie"))
    assert "hx-redirect" not in led.headers
    assert '<html lang="fr-CA">' in (await browser.get("/membre")).text


async def test_an_access_in_the_visitors_language_changes_nothing(
    browser: Browser, portal: Portal
) -> None:
    await given.access(portal, FRANCOIS)
    led = await _sign_in(browser, htmx=True)
    assert "Bonjour François Lapointe" in given.words(led)
    assert "language" not in str(led.headers.get_list("set-cookie"))


async def _sign_in(browser: Browser, *, htmx: bool = False) -> httpx.Response:
    typed = {"matricule": FRANCOIS.matricule, "password": FRANCOIS.password}
    return await browser.submit("/", typed, htmx=htmx)


async def _language(portal: Portal, member_id: int) -> str:
    account = await accounts.by_member(portal.db, member_id)
    assert account
    return account.language
