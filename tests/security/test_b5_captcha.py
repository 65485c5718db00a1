"""The captcha: one drawing a token, for one form and network, spent once, no second mail."""

import asyncio
from collections.abc import Callable

import httpx
import pytest

from rules import Refused
from security import throttle
from tests.conftest import Browser, TurnedClock
from tests.given import access, error_of, hidden, without_codes, words
from tests.people import FRANCOIS, NOBODY, SYLVIE
from tests.security.parts import ELSEWHERE, rows, solved
from web.captcha import MOVED
from web.portal import Portal

Browsers = Callable[..., Browser]
URL = "/mot-de-passe-oublie"
HERE = "203.0.113.7"
CREDENTIALS = {"matricule": SYLVIE.matricule, "password": SYLVIE.password}


async def _busy(portal: Portal) -> None:
    for _ in range(throttle.ADDRESS_ASKS.burst):
        await portal.throttle.take(throttle.ADDRESS_ASKS, HERE)


def _mails(portal: Portal) -> int:
    return len(rows(portal.settings, "SELECT * FROM outbox"))


def _says(answer: httpx.Response, refused: Refused) -> bool:
    return str(refused)[:30] in error_of(answer, "captcha")


async def test_b5_a_token_draws_and_says_the_same_each_time(portal: Portal) -> None:
    challenges = portal.challenges
    one, other = (challenges.issue("recuperation", HERE) for _ in range(2))
    images = await asyncio.gather(*(challenges.image(one) for _ in range(6)))
    sounds = await asyncio.gather(*(challenges.sound(one, str(turn)) for turn in range(4)))
    assert len(set(images)) == len(set(sounds)) == 1
    assert await challenges.image(other) not in images
    assert await challenges.sound(other, HERE) not in sounds


async def test_b5_a_token_is_good_for_the_form_that_it_was_made_for(
    browsers: Browsers, portal: Portal
) -> None:
    await access(portal, SYLVIE)
    await _busy(portal)
    of_recovery = await solved(browsers(), portal)
    answer = await browsers().submit("/", CREDENTIALS | of_recovery)
    assert answer.status_code == 422
    assert hidden(answer, "challenge") != of_recovery["challenge"]
    token = hidden(answer, "challenge")
    of_sign_in = {"challenge": token, "captcha": portal.challenges.answer(token) or ""}
    answer = await browsers().submit(URL, SYLVIE.facts | of_sign_in)
    assert answer.status_code == 422
    assert _mails(portal) == 0
    assert (await browsers().submit("/", CREDENTIALS | of_sign_in)).is_redirect


async def test_b5_a_token_of_one_network_is_no_good_from_another_and_leads_on(
    browsers: Browsers, portal: Portal
) -> None:
    await access(portal, FRANCOIS)
    phone, elsewhere = browsers(), browsers(ELSEWHERE)
    captcha = await solved(phone, portal)
    moved = await elsewhere.submit(URL, FRANCOIS.facts | captcha)
    assert moved.status_code == 422
    assert _says(moved, MOVED)
    assert 'value="Lapointe"' in moved.text
    assert _mails(portal) == 0
    # Whoever goes back and forth between the two is asked no third time.
    token = hidden(moved, "challenge")
    again = {"challenge": token, "captcha": portal.challenges.answer(token) or ""}
    third = await browsers("192.0.2.1").submit(URL, FRANCOIS.facts | again)
    assert _says(third, MOVED)
    assert (await phone.submit(URL, FRANCOIS.facts | again)).status_code == 200
    assert _mails(portal) == 1


async def test_b5_a_network_has_so_many_images_and_then_the_way_without(
    browsers: Browsers, portal: Portal, clock: TurnedClock, digest: Callable[[], str]
) -> None:
    before, stranger = digest(), browsers()
    for _ in range(60):
        assert "data:image/png" in (await stranger.get(URL)).text
    without = await stranger.get(URL)
    assert without.status_code == 200
    assert "data:image/png" not in without.text
    assert hidden(without, "without_image") == "1"
    assert "data:image/png" in (await browsers(ELSEWHERE).get(URL)).text
    assert digest() == before
    clock.now += 3
    assert "data:image/png" in (await stranger.get(URL)).text


async def test_b5_a_busy_network_without_images_still_gets_in(
    browser: Browser, portal: Portal, clock: TurnedClock
) -> None:
    await access(portal, SYLVIE)
    await _busy(portal)
    while portal.images.take(HERE):
        pass
    asked = await browser.submit("/", CREDENTIALS)
    assert "data:image/png" not in asked.text
    assert "Beaucoup d’images" in words(asked)
    assert "recopiez" not in words(asked)
    assert 'id="captcha"' in asked.text  # where the summary's link leads
    clock.now += 30
    fields = CREDENTIALS | {"challenge": hidden(asked, "challenge"), "without_image": "1"}
    await _busy(portal)
    assert (await browser.submit("/", fields)).is_redirect


@pytest.mark.parametrize("htmx", [False, True])
async def test_b5_a_recovery_sent_twice_answers_the_same_page_and_sends_one_mail(
    browser: Browser, portal: Portal, htmx: bool
) -> None:
    await access(portal, FRANCOIS)
    fields = FRANCOIS.facts | await solved(browser, portal)
    first = await browser.submit(URL, fields, htmx=htmx)
    second = await browser.submit(URL, fields, htmx=htmx)
    assert first.status_code == second.status_code == 200
    assert first.text == second.text
    assert "Vérifiez votre courriel" in words(second)
    assert _mails(portal) == 1


async def test_b5_sent_again_over_another_network_it_is_the_same_page(
    browsers: Browsers, portal: Portal
) -> None:
    await access(portal, FRANCOIS)
    phone = browsers()
    fields = FRANCOIS.facts | await solved(phone, portal)
    first = await phone.submit(URL, fields)
    assert (await browsers(ELSEWHERE).submit(URL, fields)).text == first.text
    assert _mails(portal) == 1


async def test_b5_sent_at_once_too(browsers: Browsers, portal: Portal) -> None:
    await access(portal, FRANCOIS)
    fields = FRANCOIS.facts | await solved(browsers(), portal)
    answers = await asyncio.gather(*(browsers().submit(URL, fields) for _ in range(8)))
    assert {answer.status_code for answer in answers} == {200}
    assert _mails(portal) == 1


async def test_b4_sent_twice_it_answers_alike_whoever_asks(
    browsers: Browsers, portal: Portal
) -> None:
    await access(portal, FRANCOIS)
    pages = set()
    for person in (FRANCOIS, NOBODY, SYLVIE):
        browser = browsers()
        fields = person.facts | await solved(browser, portal)
        for _ in range(2):
            pages.add(without_codes((await browser.submit(URL, fields)).text))
    assert len(pages) == 1


@pytest.mark.parametrize("changed", ["matricule", "family_name", "birth_date", "postal_code"])
async def test_b5_with_another_fact_a_spent_captcha_is_no_good(
    browser: Browser, portal: Portal, changed: str
) -> None:
    fields = FRANCOIS.facts | await solved(browser, portal)
    assert (await browser.submit(URL, fields)).status_code == 200
    answer = await browser.submit(URL, fields | {changed: NOBODY.facts[changed]})
    assert "ne correspond pas" in error_of(answer, "captcha")


@pytest.mark.parametrize("path", ["/inscription", "/"])
async def test_b5_where_it_is_busy_a_form_sent_twice_passes_and_another_does_not(
    browsers: Browsers, portal: Portal, path: str
) -> None:
    await access(portal, SYLVIE)
    await _busy(portal)
    fields = SYLVIE.facts if path != "/" else CREDENTIALS
    token = hidden(await browsers().submit(path, fields), "challenge")
    sent = fields | {"challenge": token, "captcha": portal.challenges.answer(token) or ""}
    for _ in range(2):
        assert 'name="captcha"' not in (await browsers().submit(path, sent)).text
    name = "postal_code" if path != "/" else "password"
    other = await browsers().submit(path, sent | {name: "J7J 8G9" if path != "/" else "xyz123abc"})
    assert "ne correspond pas" in error_of(other, "captcha")


async def test_b5_nothing_of_the_form_is_kept_in_the_file(browser: Browser, portal: Portal) -> None:
    fields = FRANCOIS.facts | await solved(browser, portal)
    await browser.submit(URL, fields)
    [(nonce, _)] = rows(portal.settings, "SELECT * FROM spent_challenge")
    assert len(nonce) == 16
