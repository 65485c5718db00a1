"""Sessions and tokens: rows S1–S9 of docs/security.md."""

import asyncio
import base64
from collections.abc import Callable
from dataclasses import replace

import pytest
from starlette.applications import Starlette

from app import create_app
from members.sessions import CHOOSE
from security.tokens import Tokens
from settings import Settings
from tests.conftest import HTMX, Browser, Post, TurnedClock
from tests.given import access, hidden, session, words
from tests.people import FRANCOIS, SYLVIE, enrol
from tests.security.parts import (
    change,
    interrupted,
    is_signed_in,
    rows,
    sign_in,
    table,
    temporary_password,
)
from web.portal import Portal

Browsers = Callable[..., Browser]
NEW = "brume19lac4"


async def test_s1_a_session_is_256_random_bits_and_the_file_holds_only_their_hash(
    browser: Browser, portal: Portal, settings: Settings
) -> None:
    await access(portal, FRANCOIS)
    cookies = set()
    for _ in range(3):
        cookies.add((await sign_in(browser, FRANCOIS)).cookies["session"])
    assert len(cookies) == 3
    for cookie in cookies:
        assert len(base64.urlsafe_b64decode(cookie + "=")) == 32
        for file in settings.database.parent.glob("portal.db*"):
            assert cookie.encode() not in file.read_bytes()


async def test_s1_signing_in_never_adopts_a_planted_session_and_ends_the_browsers_former_one(
    browsers: Browsers, portal: Portal
) -> None:
    await access(portal, FRANCOIS)
    stranger, member = browsers(), browsers()
    await session(stranger, portal, SYLVIE)
    planted = stranger.cookies["session"]
    member.cookies.set("session", planted, domain=member.base_url.host, path="/")
    answer = await sign_in(member, FRANCOIS)
    assert answer.cookies["session"] != planted
    assert await is_signed_in(member)
    assert not await is_signed_in(stranger)


async def test_s1_registering_ends_the_browsers_former_session(
    browsers: Browsers, portal: Portal
) -> None:
    before, browser = browsers(), browsers()
    await session(before, portal, SYLVIE)
    browser.cookies.update(before.cookies)
    step_two = await browser.submit("/inscription", FRANCOIS.facts)
    await browser.submit("/inscription/acces", FRANCOIS.access(hidden(step_two, "token")))
    assert not await is_signed_in(before)


@pytest.mark.parametrize(
    ("base_url", "prefix", "path"),
    [
        ("https://exemple.org", "__Host-", "/"),
        ("https://exemple.org/portail", "__Secure-", "/portail"),
        ("http://127.0.0.1:8000", "", "/"),
    ],
)
async def test_s2_cookies_are_bound_to_the_host_and_out_of_reach_of_scripts(
    settings: Settings, clock: TurnedClock, base_url: str, prefix: str, path: str
) -> None:
    app = create_app(replace(settings, base_url=base_url), clock)
    async with app.router.lifespan_context(app), Browser(app, base_url) as browser:
        await enrol(app.state.portal.db, [FRANCOIS])
        await access(app.state.portal, FRANCOIS)
        made = (await sign_in(browser, FRANCOIS)).headers.get_list("set-cookie")
        made += (await browser.submit("/deconnexion")).headers.get_list("set-cookie")
    assert {cookie.split("=")[0].removeprefix(prefix) for cookie in made} == {
        "session",
        "device",
        "flash",
    }
    for cookie in made:
        attributes = {part.strip().lower() for part in cookie.split(";")[1:]}
        assert cookie.startswith(prefix)
        assert {"httponly", "samesite=lax", f"path={path}"} <= attributes
        assert ("secure" in attributes) is base_url.startswith("https")
        assert not any(attribute.startswith("domain") for attribute in attributes)


async def test_s3_a_session_ends_after_30_minutes_without_a_request(
    browser: Browser, portal: Portal, clock: TurnedClock
) -> None:
    await session(browser, portal, FRANCOIS)
    clock.turn(minutes=29)
    assert await is_signed_in(browser)
    clock.turn(minutes=29)
    assert await is_signed_in(browser)
    clock.turn(minutes=30)
    answer = await browser.get("/membre", follow_redirects=True)
    assert answer.url.path == "/"
    assert "Une session prend fin après 30 minutes" in words(answer)


async def test_s3_a_session_ends_after_12_hours_in_any_case(
    browser: Browser, portal: Portal, clock: TurnedClock
) -> None:
    await session(browser, portal, FRANCOIS)
    for _ in range(12 * 60 // 20 - 1):
        clock.turn(minutes=20)
        assert await is_signed_in(browser)
    clock.turn(minutes=20)
    assert not await is_signed_in(browser)


async def test_s4_signing_out_ends_that_session_and_leaves_the_others(
    browsers: Browsers, portal: Portal
) -> None:
    await access(portal, FRANCOIS)
    phone, tablet, thief = browsers(), browsers(), browsers()
    await sign_in(phone, FRANCOIS)
    await sign_in(tablet, FRANCOIS)
    thief.cookies.update(phone.cookies)
    await phone.submit("/deconnexion")
    assert not await is_signed_in(thief)
    assert await is_signed_in(tablet)


async def test_s4_a_password_change_ends_every_other_session(
    browsers: Browsers, portal: Portal
) -> None:
    await access(portal, FRANCOIS)
    phone, tablet, thief = browsers(), browsers(), browsers()
    await sign_in(phone, FRANCOIS)
    await sign_in(tablet, FRANCOIS)
    thief.cookies.update(phone.cookies)
    await phone.submit("/membre/mot-de-passe", _passwords(FRANCOIS.password))
    assert await is_signed_in(phone)
    assert not await is_signed_in(tablet)
    assert not await is_signed_in(thief)


async def test_s4_a_sign_in_under_way_does_not_outlive_the_password_it_was_made_with(
    app: Starlette, browsers: Browsers, portal: Portal
) -> None:
    await access(portal, FRANCOIS)
    member, thief = browsers(), browsers()
    await sign_in(member, FRANCOIS)
    interrupted(app).meanwhile = lambda: member.submit(
        "/membre/mot-de-passe", _passwords(FRANCOIS.password)
    )
    await sign_in(thief, FRANCOIS)
    assert not await is_signed_in(thief)
    assert await is_signed_in(member)


async def test_s4_a_change_under_way_does_not_outlive_the_password_it_was_asked_with(
    app: Starlette, browsers: Browsers, portal: Portal, settings: Settings
) -> None:
    await access(portal, FRANCOIS)
    member, thief = browsers(), browsers()
    await sign_in(member, FRANCOIS)
    await sign_in(thief, FRANCOIS)
    fields = {
        "email": "voleur@example.net",
        "email_again": "voleur@example.net",
        "current_password": FRANCOIS.password,
    }
    interrupted(app).meanwhile = lambda: member.submit(
        "/membre/mot-de-passe", _passwords(FRANCOIS.password)
    )
    await thief.submit("/membre/courriel", fields)
    assert rows(settings, "SELECT * FROM email_change") == []


@pytest.mark.parametrize("htmx", [False, True])
async def test_s4_a_choice_that_another_tab_made_first_is_over(
    app: Starlette,
    browsers: Browsers,
    portal: Portal,
    post: Post,
    settings: Settings,
    htmx: bool,
) -> None:
    await access(portal, FRANCOIS)
    one, other = browsers(), browsers()
    code = await temporary_password(one, portal, post, FRANCOIS)
    await sign_in(one, FRANCOIS, code)
    await sign_in(other, FRANCOIS, code)
    choice = {"password": NEW, "password_again": NEW}
    hashed = portal.passwords.hash

    async def meanwhile(password: str) -> str:
        portal.passwords.hash = hashed  # type: ignore[method-assign]
        await other.submit("/membre/nouveau-mot-de-passe", choice)
        return await hashed(password)

    portal.passwords.hash = meanwhile  # type: ignore[method-assign]
    answer = await one.post(
        "/membre/nouveau-mot-de-passe",
        data=choice | {"password": "autre27pin3", "password_again": "autre27pin3"},
        headers=HTMX if htmx else {},
        follow_redirects=True,
    )
    assert "Connectez-vous pour voir cette page" in words(answer)
    assert (await sign_in(browsers(), FRANCOIS, NEW)).status_code == 303


async def test_s4_deactivating_a_member_shuts_every_session(
    browser: Browser, portal: Portal, settings: Settings
) -> None:
    member_id = await session(browser, portal, FRANCOIS)
    assert await is_signed_in(browser)
    change(settings, "UPDATE member SET active = 0 WHERE id = ?", (member_id,))
    assert not await is_signed_in(browser)
    assert (await sign_in(browser, FRANCOIS)).status_code == 422


def _passwords(current: str) -> dict[str, str]:
    return {"current_password": current, "password": NEW, "password_again": NEW}


def test_s5_a_token_serves_one_purpose_unaltered_and_in_time(clock: TurnedClock) -> None:
    tokens = Tokens(["k" * 40], clock)
    purposes = {
        tokens.registration: 2 * 3600,
        tokens.challenge: 10 * 60,
        tokens.confirmation: 7 * 24 * 3600,
    }
    for purpose, term in purposes.items():
        made = clock.now
        token = purpose.make(875)
        assert purpose.read(token) == 875
        assert [other.read(token) for other in purposes if other is not purpose] == [None, None]
        assert Tokens(["another key" * 5], clock).registration.read(token) is None
        for part in range(3):
            for place in range(len(token.split(".")[part])):
                assert purpose.read(_altered(token, part, place)) is None
        clock.now = made + term
        assert purpose.read(token) == 875
        clock.now = made + term + 1
        assert purpose.read(token) is None


def _altered(token: str, part: int, place: int) -> str:
    """The token with one character of one part changed (a bit of it that counts)."""
    parts = token.split(".")
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    changed = alphabet[alphabet.index(parts[part][place]) ^ 32]
    parts[part] = parts[part][:place] + changed + parts[part][place + 1 :]
    return ".".join(parts)


def test_s5_an_older_key_is_still_accepted_and_a_retired_one_is_not(clock: TurnedClock) -> None:
    old, new = "o" * 40, "n" * 40
    token = Tokens([old], clock).registration.make([875, 0])
    assert Tokens([old, new], clock).registration.read(token) == [875, 0]
    assert Tokens([new], clock).registration.read(token) is None


@pytest.mark.parametrize(
    ("headers", "let_in"),
    [
        ({"sec-fetch-site": "cross-site"}, False),
        ({"sec-fetch-site": "same-site"}, False),
        ({"sec-fetch-site": "cross-site", "origin": "http://127.0.0.1:8000"}, False),
        ({"origin": "https://ailleurs.example"}, False),
        ({"origin": "http://127.0.0.1:8001"}, False),
        ({"origin": "null"}, False),
        ({"sec-fetch-site": "same-origin"}, True),
        ({"sec-fetch-site": "none"}, True),
        ({"origin": "http://127.0.0.1:8000"}, True),
        ({}, True),
    ],
)
async def test_s7_a_write_from_another_site_is_refused_on_every_route(
    browser: Browser,
    portal: Portal,
    settings: Settings,
    digest: Callable[[], str],
    headers: dict[str, str],
    let_in: bool,
) -> None:
    await session(browser, portal, FRANCOIS)
    before = digest()
    paths = [*table("POST", settings), "/nulle-part"]
    assert len(paths) > 15
    for path in paths:
        for method in ("POST", "PUT", "PATCH", "DELETE"):
            answer = await browser.request(method, path, data={"not": "ours"}, headers=headers)
            assert (answer.status_code != 403) is let_in, (method, path)
    assert digest() == before


@pytest.mark.parametrize("method", ["GET", "HEAD"])
async def test_s7_reading_writes_nothing_but_a_sessions_last_use(
    browsers: Browsers,
    app: Starlette,
    portal: Portal,
    settings: Settings,
    clock: TurnedClock,
    digest: Callable[[], str],
    method: str,
) -> None:
    visitor, member, chooser = browsers(), browsers(), browsers()
    member_id = await session(member, portal, FRANCOIS)
    await session(chooser, portal, SYLVIE, CHOOSE)
    tokens = portal.tokens
    links = [
        f"/captcha/{portal.challenges.issue('recuperation', '')}.wav",
        f"/courriel/confirmer/{tokens.confirmation.make([member_id, 'abc'])}",
    ]
    before = digest()
    last_seen = rows(settings, "SELECT last_seen_at, id_hash FROM session")
    clock.turn(minutes=2)
    for browser in (visitor, member, chooser):
        for path in table("GET", settings) + links:
            for headers in ({}, HTMX):
                answer = await browser.request(method, path, headers=headers)
                assert answer.status_code < 500, path
    assert digest() != before
    for at, id_hash in last_seen:
        change(settings, "UPDATE session SET last_seen_at = ? WHERE id_hash = ?", (at, id_hash))
    assert digest() == before


async def test_s8_of_eight_tabs_one_creates_the_access(
    browsers: Browsers, portal: Portal, settings: Settings
) -> None:
    tabs = [browsers() for _ in range(8)]
    step_two = await tabs[0].submit("/inscription", FRANCOIS.facts)
    token = hidden(step_two, "token")
    answers = await asyncio.gather(
        *(
            tab.submit("/inscription/acces", FRANCOIS.access(token, password=f"rive42sud{number}"))
            for number, tab in enumerate(tabs)
        )
    )
    assert sorted(answer.status_code for answer in answers) == [303] + [422] * 7
    said = [words(answer) for answer in answers if answer.status_code == 422]
    assert all("Vous avez déjà un accès" in page for page in said)
    assert rows(settings, "SELECT count(*) FROM account") == [(1,)]
    assert rows(settings, "SELECT count(*) FROM journal WHERE event = 'registered'") == [(1,)]
    assert rows(settings, "SELECT count(*) FROM outbox WHERE kind = 'welcome'") == [(1,)]


@pytest.mark.parametrize("htmx", [False, True])
async def test_s9_what_is_personal_is_never_stored_and_signing_out_clears_the_cache(
    browser: Browser, portal: Portal, settings: Settings, htmx: bool
) -> None:
    await session(browser, portal, FRANCOIS)
    headers = HTMX if htmx else {}
    personal = [path for path in table("GET", settings) if path.startswith("/membre")]
    assert len(personal) > 5
    for path in [*personal, "/"]:
        answer = await browser.get(path, headers=headers)
        assert answer.headers["cache-control"] == "no-store", path
    for path in table("POST", settings):
        if path != "/deconnexion":
            answer = await browser.post(path, headers=headers)
            assert answer.headers["cache-control"] == "no-store", path
    answer = await browser.post("/deconnexion", headers=headers)
    # Never "cookies": the device's and the office's other ones stay.
    assert answer.headers["clear-site-data"] == '"cache"'
    assert "session" not in browser.cookies


async def test_s9_a_signed_in_visitor_is_never_served_another_ones_cached_page(
    browser: Browser, portal: Portal
) -> None:
    anonymous = await browser.get("/")
    assert "cookie" in anonymous.headers["vary"].lower()
    assert "private" in anonymous.headers["cache-control"]
    await session(browser, portal, FRANCOIS)
    again = await browser.get("/", headers={"if-none-match": anonymous.headers["etag"]})
    assert again.status_code == 303
