"""A session that ended while somebody typed: they sign in, and go on where they were."""

import re
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from tests.conftest import HTMX, Browser, TurnedClock
from tests.given import access, hidden, words
from tests.people import FRANCOIS, SYLVIE, Person
from tests.security.parts import sign_in
from web.portal import Portal

EMAIL, DATA = "/membre/courriel", "/membre/mes-renseignements"
ADDRESS = "nouveau@example.org"
TYPED = {"email": ADDRESS, "email_again": "nouvau@example.org", "current_password": "rive42sud7"}


@pytest.fixture(params=[{}, HTMX], ids=["plain", "htmx"])
def headers(request: pytest.FixtureRequest) -> Any:
    """The same by both kinds of visitor."""
    return request.param


async def send_late(
    browser: Browser, clock: TurnedClock, path: str, fields: dict[str, str], headers: Any
) -> httpx.Response:
    """The form of that page, sent when the session was over; gives the page that comes."""
    form = await browser.get(path)
    clock.turn(minutes=31)
    fields = fields | {"made_for": hidden(form, "made_for")}
    return await browser.post(path, data=fields, headers=headers, follow_redirects=True)


async def enter(browser: Browser, person: Person, headers: Any = None) -> httpx.Response:
    """Sign in; the page that comes."""
    fields = {"matricule": person.matricule, "password": person.password}
    return await browser.post("/", data=fields, headers=headers, follow_redirects=True)


async def test_signing_in_again_returns_to_the_form_with_what_was_typed(
    browser: Browser, portal: Portal, clock: TurnedClock, headers: Any
) -> None:
    await access(portal, FRANCOIS)
    await sign_in(browser, FRANCOIS)
    asked = await send_late(browser, clock, EMAIL, TYPED, headers)
    assert "Connectez-vous : vous retrouverez ce que vous aviez écrit." in words(asked)
    # A slip, and a reload of the sign-in page, lose nothing.
    assert (await sign_in(browser, FRANCOIS, "wrong")).status_code == 422
    await browser.get("/")
    back = await enter(browser, FRANCOIS, headers)
    assert (back.headers["hx-push-url"] if headers else back.url.path) == EMAIL
    assert "Voici ce que vous aviez écrit. Rien n’est encore envoyé." in words(back)
    assert value(back, "email") == ADDRESS
    assert value(back, "email_again") == TYPED["email_again"]
    assert value(back, "current_password") == ""
    assert TYPED["current_password"] not in back.text
    # Shown once: later the page is as it always is.
    assert value(await browser.get(EMAIL), "email") == ""


async def test_what_was_ticked_comes_back_too(
    browser: Browser, portal: Portal, clock: TurnedClock, headers: Any
) -> None:
    await access(portal, FRANCOIS)
    await sign_in(browser, FRANCOIS)
    await send_late(browser, clock, DATA, {"first_name": "1", "postal_code": "1"}, headers)
    back = await enter(browser, FRANCOIS, headers)
    ticked = re.findall(r'name="(\w+)" value="1" checked', back.text)
    assert ticked == ["first_name", "postal_code"]


async def test_another_member_never_sees_what_was_typed(
    browser: Browser, portal: Portal, clock: TurnedClock, headers: Any
) -> None:
    for person in (FRANCOIS, SYLVIE):
        await access(portal, person)
    await sign_in(browser, FRANCOIS)
    asked = await send_late(browser, clock, EMAIL, TYPED, headers)
    assert ADDRESS not in asked.text
    theirs = await enter(browser, SYLVIE, headers)
    assert (theirs.headers["hx-push-url"] if headers else theirs.url.path) == "/membre"
    page = await browser.get(EMAIL)
    assert ADDRESS not in theirs.text + page.text
    # It is dropped, and the first one does not find it after the other either.
    assert "resume" not in browser.cookies
    assert value(await enter_and_open(browser, FRANCOIS), "email") == ""


async def enter_and_open(browser: Browser, person: Person) -> httpx.Response:
    await enter(browser, person)
    return await browser.get(EMAIL)


async def test_the_cookie_is_theirs_however_it_gets_to_another(
    browsers: Callable[..., Browser], portal: Portal, clock: TurnedClock
) -> None:
    for person in (FRANCOIS, SYLVIE):
        await access(portal, person)
    one, other = browsers(), browsers()
    await sign_in(one, FRANCOIS)
    await send_late(one, clock, EMAIL, TYPED, {})
    await sign_in(other, SYLVIE)
    other.cookies.set("resume", one.cookies["resume"], domain="127.0.0.1", path="/")
    assert value(await other.get(EMAIL), "email") == ""
    for forged in ("x", "WzEsMiwze30.a.b", one.cookies["resume"][:-1]):
        other.cookies.set("resume", forged, domain="127.0.0.1", path="/")
        assert (await other.get(EMAIL)).status_code == 200
        assert (await enter(other, SYLVIE)).url.path == "/membre"


async def test_it_is_kept_for_half_an_hour(
    browser: Browser, portal: Portal, clock: TurnedClock
) -> None:
    await access(portal, FRANCOIS)
    await sign_in(browser, FRANCOIS)
    await send_late(browser, clock, EMAIL, TYPED, {})
    clock.turn(minutes=31)
    assert (await enter(browser, FRANCOIS)).url.path == "/membre"


async def test_of_a_form_that_names_nobody_only_the_page_is_kept(
    browser: Browser, portal: Portal
) -> None:
    await access(portal, FRANCOIS)
    await browser.submit(EMAIL, TYPED | {"made_for": "x"})
    back = await enter(browser, FRANCOIS)
    assert back.url.path == EMAIL
    assert value(back, "email") == ""


@pytest.mark.parametrize(
    ("asked", "led_to"),
    [
        ("/membre/courriel", "/membre/courriel"),
        ("/membre/mot-de-passe", "/membre/mot-de-passe"),
        ("/membre/mes-renseignements", "/membre/mes-renseignements"),
        # A file is no page to be led to.
        ("/membre/mes-renseignements.json", "/membre/mes-renseignements"),
        ("/membre/nouveau-mot-de-passe", "/membre"),
        ("/membre", "/membre"),
    ],
)
async def test_who_asked_for_a_page_is_led_there(
    browser: Browser, portal: Portal, headers: Any, asked: str, led_to: str
) -> None:
    await access(portal, FRANCOIS)
    await browser.get(asked, headers=headers)
    back = await enter(browser, FRANCOIS, headers)
    assert (back.headers["hx-push-url"] if headers else back.url.path) == led_to
    assert "resume" not in browser.cookies


async def test_what_is_too_long_for_a_cookie_is_not_kept(
    browser: Browser, portal: Portal, clock: TurnedClock
) -> None:
    await access(portal, FRANCOIS)
    await sign_in(browser, FRANCOIS)
    long = "".join(chr(97 + i * i % 26) + str(i) for i in range(700))
    await send_late(browser, clock, EMAIL, TYPED | {"email": long}, {})
    assert len(browser.cookies["resume"]) < 200
    back = await enter(browser, FRANCOIS)
    assert (back.url.path, value(back, "email")) == (EMAIL, "")


def value(page: httpx.Response, name: str) -> str:
    found = re.search(rf'<input id="{name}"[^>]* value="([^"]*)"', page.text)
    assert found, page.text
    return found[1]
