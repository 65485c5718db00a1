"""Which language a visitor is answered in."""

from collections.abc import Callable

import pytest

from tests.conftest import HTMX, Browser
from web.language import preferred


@pytest.mark.parametrize(
    ("accepted", "language"),
    [
        ("", "fr"),
        ("fr-CA,fr;q=0.9,en;q=0.8", "fr"),
        ("en-CA,en;q=0.9,fr;q=0.8", "en"),
        ("EN-us", "en"),
        ("fr;q=0.8,en;q=0.9", "en"),
        ("de,en;q=0.1", "en"),
        # Of two alike, the one named first.
        ("fr,en", "fr"),
        ("en,fr", "en"),
        # Neither is asked for, or both are refused: the portal's own.
        ("de,*;q=0.5", "fr"),
        ("en;q=0", "fr"),
        ("english", "fr"),
        # What no browser sends.
        ("en;q=", "fr"),
        ("en;q=nan", "fr"),
        ("en;q=beaucoup,,;;=", "fr"),
        (" en ; Q=0.5 ", "en"),
        ("en;level=1", "en"),
    ],
)
def test_the_language_that_the_browser_likes_best_is_answered(accepted: str, language: str) -> None:
    assert preferred(accepted) == language


async def test_a_page_that_is_the_same_for_everyone_comes_in_the_visitors_language(
    browser: Browser,
) -> None:
    french = await browser.get("/", headers={"Accept-Language": "fr-CA"})
    english = await browser.get("/", headers={"Accept-Language": "en-CA"})

    assert '<html lang="fr-CA">' in french.text
    assert "Mot de passe oublié" in french.text
    assert '<html lang="en-CA">' in english.text
    assert "Forgot your password?" in english.text
    assert french.headers["etag"] != english.headers["etag"]
    for answer in (french, english):
        assert {"Accept-Language", "Cookie"} <= set(answer.headers["vary"].split(", "))


async def test_a_chosen_language_goes_before_what_the_browser_asks_for(
    browsers: Callable[..., Browser],
) -> None:
    french, english, odd = browsers(), browsers(), browsers()
    french.cookies.set("language", "fr")
    english.cookies.set("language", "en")
    odd.cookies.set("language", "../../en")

    assert 'lang="fr-CA"' in (await french.get("/", headers={"Accept-Language": "en"})).text[:60]
    assert 'lang="en-CA"' in (await english.get("/", headers={"Accept-Language": "fr"})).text[:60]
    assert 'lang="en-CA"' in (await odd.get("/", headers={"Accept-Language": "en"})).text[:60]


async def test_a_fragment_is_in_the_language_of_its_page(browser: Browser) -> None:
    browser.cookies.set("language", "en")
    of_page = {**HTMX, "Portal-Language": "fr"}

    shared = await browser.get("/inscription", headers=of_page)
    own = await browser.get("/mot-de-passe-oublie", headers=of_page)

    assert "Date de naissance" in shared.text
    assert "Date de naissance" in own.text
    assert "Portal-Language" in shared.headers["vary"]
    odd = await browser.get("/inscription", headers={**HTMX, "Portal-Language": "de"})
    assert "Date of birth" in odd.text


async def test_a_live_check_answers_in_the_visitors_language(browser: Browser) -> None:
    answer = await browser.post(
        "/verification/identite/matricule",
        data={"matricule": "875"},
        headers={"HX-Request": "true", "Accept-Language": "en"},
    )

    assert answer.status_code == 422
    assert "A member number has five digits, zeros included: type 00875." in answer.text
