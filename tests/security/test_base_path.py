"""The portal below a path, behind a proxy that strips it and behind one that does not."""

import re
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest
from starlette.applications import Starlette

from app import create_app
from mail.delivery import deliver_due
from mail.transports import Files
from settings import Settings
from tests import given
from tests.conftest import HTMX, Browser, TurnedClock
from tests.people import FRANCOIS, enrol

OUTSIDE = "https://exemple.org/portail"


class Proxy(httpx.ASGITransport):
    """What stands before the portal; `strips` says whether it takes the path away."""

    def __init__(self, app: Starlette, *, strips: bool) -> None:
        super().__init__(app, client=("203.0.113.7", 4242))
        self.strips = strips

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        if self.strips:
            path = request.url.path.removeprefix("/portail") or "/"
            request = httpx.Request(
                request.method,
                request.url.copy_with(path=path),
                headers=request.headers,
                stream=request.stream,
            )
        return await super().handle_async_request(request)


@pytest.fixture
async def below(https_settings: Settings, clock: TurnedClock) -> AsyncIterator[Starlette]:
    app = create_app(https_settings, clock)
    async with app.router.lifespan_context(app):
        await enrol(app.state.portal.db, [FRANCOIS])
        yield app


@pytest.fixture(params=[False, True], ids=["kept", "stripped"])
async def member(request: pytest.FixtureRequest, below: Starlette) -> AsyncIterator[Browser]:
    browser = Browser(below, OUTSIDE)
    browser._transport = Proxy(below, strips=request.param)
    yield browser
    await browser.aclose()


def addresses(html: str) -> set[str]:
    """Every address that a page may ask the portal for, but for its own (`?langue=en`)."""
    found = set(re.findall(r'(?:href|src|action|formaction|data-hx-post)="([^"]*)"', html))
    return {url for url in found if not url.startswith(("data:", "#", "?", "tel:", "mailto:"))}


@pytest.mark.parametrize(
    "url", ["", "/", "/inscription", "/mot-de-passe-oublie", "/aide", "/confidentialite"]
)
async def test_a_page_leads_nowhere_else(member: Browser, url: str) -> None:
    for headers in ({}, HTMX):
        answer = await member.get(OUTSIDE + url, headers=headers)
        assert answer.status_code == 200
        led = addresses(answer.text)
        assert led
        for address in led:
            assert address.startswith("/portail/"), address
            there = await member.get("https://exemple.org" + address)
            assert there.status_code in (200, 303, 405), address


async def test_the_journey_stays_below(member: Browser, below: Starlette) -> None:
    step_one = await member.submit(OUTSIDE + "/inscription", FRANCOIS.facts, htmx=True)
    assert step_one.headers["hx-push-url"].startswith("/portail/inscription/acces/")
    body = FRANCOIS.access(given.hidden(step_one, "token"))
    done = await member.follow(OUTSIDE + "/inscription/acces", body)
    assert str(done.url) == OUTSIDE + "/membre"
    assert "Bonjour François" in given.words(done)
    for url in ("/membre", "/membre/courriel", "/membre/mot-de-passe"):
        page = await member.get(OUTSIDE + url)
        assert all(address.startswith("/portail/") for address in addresses(page.text))
        for address in addresses(page.text):
            there = await member.get("https://exemple.org" + address)
            assert there.status_code in (200, 303, 405), address
    assert (await member.get(OUTSIDE)).headers["location"] == "/portail/membre"
    out = await member.submit(OUTSIDE + "/deconnexion", htmx=True)
    assert out.headers["hx-push-url"] == "/portail/"


async def test_a_mails_link_is_the_settings_address(
    member: Browser, below: Starlette, tmp_path: Path
) -> None:
    step_one = await member.submit(OUTSIDE + "/inscription", FRANCOIS.facts)
    body = FRANCOIS.access(given.hidden(step_one, "token"))
    await member.post(
        OUTSIDE + "/inscription/acces",
        data=body,
        headers={"Host": "evil.example", "X-Forwarded-Host": "evil.example"},
    )
    await deliver_due(below.state.portal.desk, Files(tmp_path))
    text = "".join(file.read_text() for file in tmp_path.glob("*.eml")).replace("=\n", "")
    assert "evil" not in text
    (link,) = set(re.findall(r"https://exemple\.org/portail(/courriel/confirmer/\S+?)[\s\"]", text))
    assert (await member.get(OUTSIDE + link)).status_code == 200


async def test_a_live_check_answers_below(member: Browser) -> None:
    url = OUTSIDE + "/verification/identite/matricule"
    answer = await member.submit(url, {"matricule": "00875"}, htmx=True)
    assert answer.status_code == 200


async def test_an_error_leads_back_below(member: Browser) -> None:
    answer = await member.get(OUTSIDE + "/rien")
    assert answer.status_code == 404
    assert '<a class="button" href="/portail/">' in answer.text


async def test_a_neighbours_path_that_begins_alike_is_not_the_portals(below: Starlette) -> None:
    browser = Browser(below, "https://exemple.org")
    assert (await browser.get("/portailx")).status_code == 404
    await browser.aclose()


async def test_strict_transport_is_asked_over_tls_alone(member: Browser, browser: Browser) -> None:
    assert (await member.get(OUTSIDE)).headers["strict-transport-security"]
    assert "strict-transport-security" not in (await browser.get("/")).headers
