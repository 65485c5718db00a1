"""What every answer carries: rows H1–H3 of docs/security.md."""

import base64
import hashlib
import re
from collections.abc import Callable
from dataclasses import replace
from urllib.parse import urljoin, urlsplit

import httpx
import pytest
from starlette.applications import Starlette

from app import create_app
from security import throttle
from settings import Settings
from tests.conftest import HTMX, Browser, TurnedClock
from tests.given import access, fill, session
from tests.people import FRANCOIS
from tests.security.parts import Page, interrupted, sign_in, table
from web.portal import Portal

Browsers = Callable[..., Browser]
EVERYWHERE = {
    "x-content-type-options": "nosniff",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=(), payment=()",
}
DIRECTIVES = {
    "default-src": "'none'",
    "script-src": "'self'",
    "img-src": "'self' data:",
    "media-src": "'self'",
    "manifest-src": "'self'",
    "connect-src": "'self'",
    "form-action": "'self'",
    "base-uri": "'none'",
    "frame-ancestors": "'none'",
}


def check(answer: httpx.Response) -> None:
    """The security headers of an answer, whatever it is."""
    where = f"{answer.request.method} {answer.request.url} {answer.status_code}"
    for name, value in EVERYWHERE.items():
        assert answer.headers.get_list(name) == [value], where
    # The pages of a mail's link tell no address at all.
    assert answer.headers["referrer-policy"] in ("same-origin", "strict-origin"), where
    assert answer.headers["cache-control"], where
    [policy] = answer.headers.get_list("content-security-policy")
    said = {words[0]: " ".join(words[1:]) for part in policy.split(";") if (words := part.split())}
    assert re.fullmatch(r"'self' 'sha256-[A-Za-z0-9+/]{43}='", said.pop("style-src")), where
    assert said == DIRECTIVES, where
    assert "server" not in answer.headers
    assert "x-powered-by" not in answer.headers


@pytest.mark.parametrize("signed_in", [False, True])
async def test_h1_every_route_carries_them_whatever_it_answers(
    browser: Browser, portal: Portal, settings: Settings, signed_in: bool
) -> None:
    if signed_in:
        await session(browser, portal, FRANCOIS)
    seen = set()
    for method in ("GET", "HEAD", "POST", "PUT", "OPTIONS"):
        for path in sorted({*table("GET", settings), *table("POST", settings), "/nulle-part"}):
            for headers in ({}, HTMX, {"sec-fetch-site": "cross-site"}):
                answer = await browser.request(method, path, headers=headers)
                check(answer)
                seen.add(answer.status_code)
                if signed_in and path == "/deconnexion" and method == "POST":
                    await session(browser, portal, FRANCOIS)
    assert seen >= {200, 303, 403, 404, 405, 422}


async def test_h1_errors_redirects_files_and_304_carry_them_too(
    app: Starlette, browser: Browser, portal: Portal, settings: Settings
) -> None:
    for path in ("/", "/inscription", f"/static/{app.state.assets.script_name}"):
        first = await browser.get(path)
        again = await browser.get(path, headers={"if-none-match": first.headers["etag"]})
        assert (first.status_code, again.status_code) == (200, 304)
        check(first)
        check(again)
    await access(portal, FRANCOIS)
    too_long = await browser.post("/", content=b"x" * 20_000)
    unclear = await browser.post("/", data={"x": "1"})
    turned_away = await browser.get("/membre")
    assert [a.status_code for a in (too_long, unclear, turned_away)] == [413, 400, 303]
    await fill(portal, throttle.SIGN_IN, FRANCOIS.matricule)
    wait = await sign_in(browser, FRANCOIS)
    assert wait.status_code == 429

    async def fail() -> None:
        raise ValueError

    await portal.throttle.clear(throttle.SIGN_IN, FRANCOIS.matricule)
    interrupted(app).meanwhile = fail
    fault = await sign_in(browser, FRANCOIS)
    assert fault.status_code == 500
    for answer in (too_long, unclear, turned_away, wait, fault):
        check(answer)


async def test_h1_the_inlined_sheet_is_the_one_that_the_policy_names(browser: Browser) -> None:
    answer = await browser.get("/")
    [sheet] = re.findall(r"<style>(.*?)</style>", answer.text, re.S)
    digest = base64.b64encode(hashlib.sha256(sheet.encode()).digest()).decode()
    assert f"'sha256-{digest}'" in answer.headers["content-security-policy"]
    assert " style=" not in answer.text


@pytest.mark.parametrize(
    ("base_url", "expected"),
    [("https://exemple.org", ["max-age=31536000"]), ("http://127.0.0.1:8000", [])],
)
async def test_h2_https_is_remembered_where_it_is(
    settings: Settings, clock: TurnedClock, base_url: str, expected: list[str]
) -> None:
    app = create_app(replace(settings, base_url=base_url), clock)
    async with app.router.lifespan_context(app), Browser(app, base_url) as browser:
        for path in ("/", "/membre", "/nulle-part", "/static/rien"):
            answer = await browser.get(path)
            assert answer.headers.get_list("strict-transport-security") == expected


async def test_h3_a_page_leads_to_no_other_host(
    browsers: Browsers, portal: Portal, settings: Settings
) -> None:
    visitor, member = browsers(), browsers()
    await session(member, portal, FRANCOIS)
    links = 0
    for browser in (visitor, member):
        for path in [*table("GET", settings), "/nulle-part"]:
            answer = await browser.get(path, follow_redirects=True)
            if "text/html" not in answer.headers.get("content-type", ""):
                continue
            for tag in Page(answer.text).tags:
                for name in ("src", "href", "action", "formaction", "srcset", "poster", "data"):
                    address = tag[1].get(name, "")
                    url = urlsplit(urljoin(str(answer.url), address))
                    links += 1
                    assert url.scheme in ("http", "data", "tel", "mailto"), address
                    if url.scheme == "http":
                        assert url.netloc == "127.0.0.1:8000", (path, address)
    assert links > 500


async def test_h3_files_load_nothing_from_another_host(app: Starlette, browser: Browser) -> None:
    script = (await browser.get(f"/static/{app.state.assets.script_name}")).text
    sheet = app.state.assets.sheet
    for source in (script, sheet):
        hosts = set(re.findall(r"https?://([a-z0-9.-]+)", source))
        assert hosts <= {"www.w3.org", "htmx.org", "127.0.0.1"}, hosts
    assert "@import" not in sheet
