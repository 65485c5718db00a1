"""The form of a new password sent again: the answer was lost, or the button pressed twice."""

import asyncio
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette

from members.sessions import CHOOSE, FULL
from settings import Settings
from tests.conftest import HTMX, Browser, TurnedClock
from tests.given import access, hidden, session, words
from tests.people import FRANCOIS, SYLVIE
from tests.security.parts import change, interrupted, is_signed_in, rows, sign_in
from web.portal import Portal

NEW = "brume19lac4"
CHANGE = {"current_password": FRANCOIS.password, "password": NEW, "password_again": NEW}
CHOICE = {"password": NEW, "password_again": NEW}
FORMS = [("/membre/mot-de-passe", FULL, CHANGE), ("/membre/nouveau-mot-de-passe", CHOOSE, CHOICE)]
SAVED = "Votre nouveau mot de passe est enregistré."
by_form = pytest.mark.parametrize(("url", "scope", "fields"), FORMS, ids=["change", "choice"])


async def saved(browser: Browser, portal: Portal, url: str, scope: str, fields: Any) -> Any:
    """The form's body once its password is saved; the browser still has the session of before."""
    await session(browser, portal, FRANCOIS, scope)
    former = browser.cookies["session"]
    fields = fields | {"made_for": hidden(await browser.get(url), "made_for")}
    assert (await browser.submit(url, fields)).headers["location"] == "/membre"
    browser.cookies.delete("session")
    browser.cookies.set("session", former, domain="127.0.0.1", path="/")
    assert not await is_signed_in(browser)
    return fields


def mails(settings: Settings) -> Any:
    return rows(settings, "SELECT count(*) FROM outbox WHERE kind = 'password_changed'")


@pytest.mark.parametrize("headers", [{}, HTMX], ids=["plain", "htmx"])
@by_form
async def test_whose_answer_was_lost_reads_that_it_is_saved_and_is_let_in(
    browser: Browser,
    portal: Portal,
    settings: Settings,
    clock: TurnedClock,
    url: str,
    scope: str,
    fields: Any,
    headers: Any,
) -> None:
    fields = await saved(browser, portal, url, scope, fields)
    clock.turn(minutes=20)
    answer = await browser.post(url, data=fields, headers=headers, follow_redirects=True)
    assert SAVED in words(answer)
    assert "Bonjour François" in words(answer)
    assert await is_signed_in(browser)
    assert mails(settings) == [(1,)]


@by_form
async def test_whose_cookie_arrived_reads_it_too(
    browser: Browser, portal: Portal, settings: Settings, url: str, scope: str, fields: Any
) -> None:
    await session(browser, portal, FRANCOIS, scope)
    fields = fields | {"made_for": hidden(await browser.get(url), "made_for")}
    for _ in range(3):
        answer = await browser.follow(url, fields)
        assert SAVED in words(answer)
        assert answer.url.path == "/membre"
    assert mails(settings) == [(1,)]


@by_form
async def test_of_two_presses_at_once_both_are_let_in(
    app: Starlette,
    browsers: Callable[..., Browser],
    portal: Portal,
    settings: Settings,
    url: str,
    scope: str,
    fields: Any,
) -> None:
    one, other = browsers(), browsers()
    await session(one, portal, FRANCOIS, scope)
    other.cookies.update(one.cookies)
    fields = fields | {"made_for": hidden(await one.get(url), "made_for")}
    answers = await asyncio.gather(one.submit(url, fields), other.submit(url, fields))
    assert [answer.headers["location"] for answer in answers] == ["/membre"] * 2
    for browser in (one, other):
        assert await is_signed_in(browser)
    assert mails(settings) == [(1,)]


@by_form
async def test_it_is_no_oracle_and_its_cost_is_bounded(
    app: Starlette,
    browser: Browser,
    portal: Portal,
    url: str,
    scope: str,
    fields: Any,
) -> None:
    fields = await saved(browser, portal, url, scope, fields)
    passwords = interrupted(app)
    for number in range(12):
        wrong = f"autre27pin{number}"
        guess = fields | {"password": wrong, "password_again": wrong}
        answer = await browser.submit(url, guess)
        assert answer.headers["location"] == "/"
    assert passwords.verifications == 5
    # Its counter is its own: the member signs in, and changes the password.
    assert (await sign_in(browser, FRANCOIS, NEW)).status_code == 303
    change = {"current_password": NEW, "password": "vent58nord9", "password_again": "vent58nord9"}
    answer = await browser.submit("/membre/mot-de-passe", change)
    assert answer.headers["location"] == "/membre"


@by_form
async def test_a_session_that_merely_ended_costs_no_hash(
    app: Starlette,
    browser: Browser,
    portal: Portal,
    clock: TurnedClock,
    url: str,
    scope: str,
    fields: Any,
) -> None:
    await session(browser, portal, FRANCOIS, scope)
    fields = fields | {"made_for": hidden(await browser.get(url), "made_for")}
    fields |= {"password": FRANCOIS.password, "password_again": FRANCOIS.password}
    clock.turn(minutes=31)
    passwords = interrupted(app)
    assert (await browser.submit(url, fields)).headers["location"] == "/"
    assert passwords.verifications == 0


@pytest.mark.parametrize("why", ["later", "frozen", "inactive", "another's", "no cookie", "forged"])
async def test_nobody_else_is_let_in_and_nobody_later(
    app: Starlette,
    browser: Browser,
    portal: Portal,
    settings: Settings,
    clock: TurnedClock,
    why: str,
) -> None:
    url, scope, fields = FORMS[0]
    fields = await saved(browser, portal, url, scope, fields)
    if why == "later":
        clock.turn(minutes=61)
    elif why == "frozen":
        change(settings, "UPDATE account SET frozen_at = 1")
    elif why == "inactive":
        change(settings, "UPDATE member SET active = 0")
    elif why == "another's":
        await session(browser, portal, SYLVIE)
    elif why == "no cookie":
        browser.cookies.clear()
    elif why == "forged":
        fields = fields | {"made_for": fields["made_for"][:-1]}
    passwords = interrupted(app)
    answer = await browser.follow(url, fields)
    assert SAVED not in words(answer)
    assert "Bonjour François" not in words(answer)
    assert passwords.verifications == 0


async def test_of_two_choices_the_second_one_reads_that_the_first_serves(
    browser: Browser, portal: Portal
) -> None:
    url, scope, fields = FORMS[1]
    await session(browser, portal, FRANCOIS, scope)
    fields = fields | {"made_for": hidden(await browser.get(url), "made_for")}
    await browser.submit(url, fields)
    other = fields | {"password": "autre27pin3", "password_again": "autre27pin3"}
    answer: httpx.Response = await browser.follow(url, other)
    assert "Vous aviez déjà choisi un autre mot de passe" in words(answer)
    assert SAVED not in words(answer)


async def test_a_slip_in_the_current_password_long_after_a_change_costs_one_hash(
    app: Starlette, browser: Browser, portal: Portal
) -> None:
    await access(portal, FRANCOIS)
    await session(browser, portal, FRANCOIS)
    passwords = interrupted(app)
    fields = CHANGE | {"current_password": "wrong"}
    assert (await browser.submit("/membre/mot-de-passe", fields)).status_code == 422
    assert passwords.verifications == 1
