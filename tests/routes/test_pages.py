"""Shared pages, static files and error pages, over HTTP."""

import gzip
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import brotli
import httpx
import pytest
from starlette.applications import Starlette

from app import create_app
from db import database
from db.database import FileLock
from security.passwords import Passwords
from settings import Settings
from tests import given
from tests.conftest import HTMX, Browser, Post, TurnedClock
from tests.people import FRANCOIS
from web.portal import Portal

SHARED = ("/", "/inscription", "/aide", "/confidentialite")
VARY = "Accept-Language, Accept-Encoding, Cookie, HX-Request, Portal-Language"


@asynccontextmanager
async def running(settings: Settings, clock: TurnedClock) -> AsyncIterator[Browser]:
    app = create_app(settings, clock)
    async with app.router.lifespan_context(app), Browser(app, settings.base_url) as browser:
        yield browser


def content(answer: httpx.Response) -> str:
    return given.words(answer)


# Pages that are the same for everyone.


@pytest.mark.parametrize("url", SHARED)
async def test_a_shared_page_is_served_from_bytes(browser: Browser, url: str) -> None:
    for headers in ({}, HTMX):
        answer = await browser.get(url, headers=headers)
        assert answer.status_code == 200
        assert answer.headers["content-type"] == "text/html; charset=utf-8"
        assert answer.headers["cache-control"] == "no-cache, private"
        assert answer.headers["vary"] == VARY
        again = await browser.get(url, headers=headers | {"If-None-Match": answer.headers["etag"]})
        assert again.status_code == 304
        assert again.content == b""
        assert again.headers["etag"] == answer.headers["etag"]
        assert again.headers["vary"] == VARY
        weak = {"If-None-Match": f'"other", W/{answer.headers["etag"]}'}
        assert (await browser.get(url, headers=headers | weak)).status_code == 304
        stale = {"If-None-Match": '"other"'}
        assert (await browser.get(url, headers=headers | stale)).status_code == 200


@pytest.mark.parametrize("url", SHARED)
@pytest.mark.parametrize("language", ["fr", "en"])
@pytest.mark.parametrize("cookie", ["other=1", "device=x; session=", "session=x"])
async def test_a_visitor_with_a_cookie_gets_the_same_page(
    browser: Browser, url: str, language: str, cookie: str
) -> None:
    """A cookie of a session that is none takes the long way to the first page."""
    for headers in ({}, HTMX, HTMX | {"HX-History-Restore-Request": "true"}):
        asked = headers | {"Accept-Language": language}
        without = await browser.get(url, headers=asked)
        with_one = await browser.get(url, headers=asked | {"Cookie": cookie})
        assert with_one.content == without.content
        names = without.headers.keys()
        assert names == with_one.headers.keys()
        assert all(without.headers[name] == with_one.headers[name] for name in names)


@pytest.mark.parametrize("more", ["", "; session=x"])
async def test_the_chosen_language_is_told_by_its_cookie(browser: Browser, more: str) -> None:
    for cookie, page, speaks in (
        ("en", "", "en-CA"),
        ("fr", "", "fr-CA"),
        ("xx", "", "fr-CA"),
        ("en", "fr", "fr-CA"),
    ):
        answer = await browser.get(
            "/", headers={"Cookie": f"language={cookie}{more}", "Portal-Language": page}
        )
        assert f'<html lang="{speaks}">' in answer.text


@pytest.mark.parametrize("url", SHARED)
async def test_page_and_fragment_say_the_same_under_two_etags(browser: Browser, url: str) -> None:
    whole, part = await browser.get(url), await browser.fragment(url)
    assert whole.text.startswith('<!doctype html>\n<html lang="fr-CA">')
    assert "<html" not in part.text
    assert part.text.startswith("<title>")
    assert whole.headers["etag"] != part.headers["etag"]
    for line in re.findall(r"<p>(.*?)</p>", part.text):
        assert line in whole.text
    title = re.search("<title>(.*?)</title>", part.text)
    assert title
    assert title[0] in whole.text


@pytest.mark.parametrize(
    ("accepted", "encoding"),
    [
        ("gzip, deflate, br", "br"),
        ("gzip, deflate", "gzip"),
        ("identity", None),
        ("", None),
        ("br;q=0, gzip", "gzip"),
        ("br; q=0.0, gzip;q=0", None),
    ],
)
async def test_a_page_comes_in_the_encoding_that_is_taken(
    browser: Browser, accepted: str, encoding: str | None
) -> None:
    for url in (*SHARED, "/mot-de-passe-oublie"):
        async with browser.stream("GET", url, headers={"Accept-Encoding": accepted}) as answer:
            raw = b"".join([part async for part in answer.aiter_raw()])
        # What is made for one visitor goes in gzip: brotli would take three times as long.
        taken = "gzip" if encoding == "br" and url not in SHARED else encoding
        assert answer.headers.get("content-encoding") == taken
        unpacked = {"br": brotli.decompress, "gzip": gzip.decompress, None: bytes}[taken](raw)
        assert unpacked.startswith(b"<!doctype html>")
        assert unpacked.rstrip().endswith(b"</html>")


@pytest.mark.parametrize("url", SHARED)
async def test_a_flash_message_bypasses_the_bytes(browser: Browser, url: str) -> None:
    plain = await browser.get(url)
    browser.cookies.set("flash", "signed_out", domain="127.0.0.1", path="/")
    greeted = await browser.get(url, headers={"If-None-Match": plain.headers["etag"]})
    assert greeted.status_code == 200
    assert "Vous êtes déconnecté." in content(greeted)
    assert greeted.headers["cache-control"] == "no-store"
    assert "etag" not in greeted.headers
    after = await browser.get(url)
    assert after.text == plain.text


@pytest.mark.parametrize("url", [*SHARED, "/mot-de-passe-oublie"])
async def test_head_has_the_headers_alone(browser: Browser, url: str) -> None:
    answer = await browser.head(url)
    assert answer.status_code == 200
    assert answer.content == b""
    assert answer.headers["vary"] == VARY


async def test_shared_pages_hold_nothing_of_a_member(browser: Browser, portal: Portal) -> None:
    plain = {url: (await browser.get(url)).text for url in SHARED[1:]}
    await given.session(browser, portal, FRANCOIS)
    assert {url: (await browser.get(url)).text for url in plain} == plain


async def test_the_recovery_and_fragments_of_it_are_not_kept(browser: Browser) -> None:
    for answer in (
        await browser.get("/mot-de-passe-oublie"),
        await browser.fragment("/mot-de-passe-oublie"),
        await browser.get("/inscription/acces"),
    ):
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["vary"] == VARY


async def test_no_get_reflects_its_query(browser: Browser, portal: Portal) -> None:
    sentinel = "zz9plural"
    query = f"?{sentinel}=1&matricule={sentinel}&email={sentinel}&token={sentinel}#{sentinel}"
    for signed_in in (False, True):
        if signed_in:
            await given.session(browser, portal, FRANCOIS)
        for route in portal_urls():
            for headers in ({}, HTMX):
                answer = await browser.get(route + query, headers=headers)
                assert sentinel not in answer.text, route
                assert sentinel not in str(answer.headers), route


async def test_a_post_ignores_its_query(browser: Browser) -> None:
    answer = await browser.submit("/inscription?matricule=99999&unknown=1", FRANCOIS.facts)
    assert "Inscription, 2e étape" in answer.text


def portal_urls() -> list[str]:
    return [
        *SHARED,
        "/mot-de-passe-oublie",
        "/mot-de-passe-oublie/autre-image",
        "/mot-de-passe-oublie/sans-image",
        "/membre/mes-renseignements",
        "/inscription/acces",
        "/membre",
        "/membre/courriel",
        "/membre/mot-de-passe",
        "/membre/nouveau-mot-de-passe",
        "/courriel/confirmer/x",
        "/deconnexion",
        "/rien",
    ]


async def test_nothing_is_fetched_from_another_host(browser: Browser, portal: Portal) -> None:
    await given.session(browser, portal, FRANCOIS)
    browser_address = portal.settings.base_url
    for url in portal_urls():
        html = (await browser.get(url)).text
        html = re.sub(r'"data:[^"]*"|<style>.*?</style>', "", html, flags=re.S)
        html = html.replace(browser_address, "")
        assert not re.search(r"(https?:)?//\w", html), url


async def test_help_is_the_guide_in_its_three_parts_with_links(browser: Browser) -> None:
    answer = await browser.get("/aide")
    page = content(answer)
    for title in (
        "Première visite ? Créer votre accès",
        "Mot de passe perdu ou oublié ?",
        "Modifier votre adresse courriel ou votre mot de passe",
    ):
        assert title in page
    assert "entre 8 et 12 caractères, avec au moins 3 lettres et 3 chiffres" in page
    main = answer.text.partition("<main")[2]
    for url in ("/", "/inscription", "/mot-de-passe-oublie", "/membre/courriel"):
        assert f'<a href="{url}">' in main


async def test_privacy_says_who_what_and_why(browser: Browser) -> None:
    page = content(await browser.get("/confidentialite"))
    for text in (
        "Jeanne Secrétaire, Association des essais",
        "450 555-0199",
        "bureau@example.org",
        "Date de naissance".lower(),
        "Loi 25",
    ):
        assert text in page


@pytest.mark.parametrize("url", [*SHARED, "/mot-de-passe-oublie", "/rien"])
async def test_every_page_says_who_is_in_charge(browser: Browser, url: str) -> None:
    page = content(await browser.get(url))
    assert "Responsable des renseignements personnels : Jeanne Secrétaire" in page
    assert "Appelez le bureau : 450 555-0199" in page


async def test_an_office_that_gave_nothing_has_whole_pages(
    settings: Settings, clock: TurnedClock
) -> None:
    bare = Settings(
        database=settings.database, secret_keys=settings.secret_keys, deliver_mail=False
    )
    async with running(bare, clock) as browser:
        for url in (*SHARED, "/mot-de-passe-oublie", "/rien"):
            page = content(await browser.get(url))
            assert "Portail des membres" in page
            assert "Appelez" not in page


async def test_other_bounds_of_the_password_show_everywhere(
    settings: Settings, clock: TurnedClock
) -> None:
    async with running(replace(settings, password_min=10, password_max=64), clock) as browser:
        assert "entre 10 et 64 caractères" in content(await browser.get("/aide"))
        answer = await browser.submit("/verification/acces/password", {"password": "x"})
        assert "De 10 à 64 caractères" in content(answer)


# Static files.


async def script_of(browser: Browser) -> str:
    """The address of the one script of a page."""
    (url,) = re.findall(r'<script[^>]* src="([^"]+)"', (await browser.get("/")).text)
    return str(url)


async def test_the_script_is_one_file_kept_for_ever(browser: Browser) -> None:
    url = await script_of(browser)
    assert re.fullmatch(r"/static/portal\.[0-9a-f]{12}\.js", url)
    answer = await browser.get(url)
    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert answer.headers["content-type"] == "text/javascript; charset=utf-8"
    assert answer.headers["vary"] == "Accept-Encoding"
    assert "set-cookie" not in answer.headers
    assert "htmx" in answer.text
    again = await browser.get(url, headers={"If-None-Match": answer.headers["etag"]})
    assert again.status_code == 304


@pytest.mark.parametrize(("accepted", "encoding"), [("br", "br"), ("gzip", "gzip"), ("", None)])
async def test_the_script_comes_compressed(
    browser: Browser, accepted: str, encoding: str | None
) -> None:
    url, headers = await script_of(browser), {"Accept-Encoding": accepted}
    async with browser.stream("GET", url, headers=headers) as answer:
        raw = b"".join([part async for part in answer.aiter_raw()])
    assert answer.headers.get("content-encoding") == encoding
    unpacked = {"br": brotli.decompress, "gzip": gzip.decompress, None: bytes}[encoding](raw)
    assert unpacked == (await browser.get(url)).content
    assert encoding is None or len(raw) < len(unpacked) / 2


@pytest.mark.parametrize(
    "name",
    ["portal.000000000000.js", "portal.js", "portal.css", "..%2Fsettings.py", "%2e%2e", "", "a/b"],
)
async def test_what_is_no_static_file_is_no_page(browser: Browser, name: str) -> None:
    answer = await browser.get(f"/static/{name}")
    assert answer.status_code == 404
    assert "Cette page n’existe pas" in content(answer)


# Error pages.


@pytest.mark.parametrize(
    ("method", "url", "headers", "body", "status", "title"),
    [
        ("POST", "/", {}, b"unknown=1", 400, "Cette demande n’est pas claire"),
        ("POST", "/", {"Origin": "https://evil.example"}, b"", 403, "Cette demande est refusée"),
        ("POST", "/", {"Sec-Fetch-Site": "same-site"}, b"", 403, "Cette demande est refusée"),
        ("GET", "/rien", {}, b"", 404, "Cette page n’existe pas"),
        ("GET", "/inscription/", {}, b"", 404, "Cette page n’existe pas"),
        ("POST", "/rien", {}, b"", 404, "Cette page n’existe pas"),
        ("PUT", "/", {}, b"", 405, "Cette page ne se demande pas ainsi"),
        ("GET", "/deconnexion", {}, b"", 405, "Cette page ne se demande pas ainsi"),
        ("POST", "/", {}, b"x" * 20_000, 413, "C’est trop long pour le portail"),
        ("POST", "/aide", {}, b"x" * 20_000, 413, "C’est trop long pour le portail"),
        ("POST", "/", {"Content-Length": "-1"}, b"", 400, "Cette demande n’est pas claire"),
    ],
)
async def test_an_error_is_French_and_leads_back(
    browser: Browser,
    method: str,
    url: str,
    headers: dict[str, str],
    body: bytes,
    status: int,
    title: str,
) -> None:
    form = {"content-type": "application/x-www-form-urlencoded"}
    for htmx in ({}, HTMX):
        answer = await browser.request(method, url, headers=form | headers | htmx, content=body)
        assert answer.status_code == status
        assert title in content(answer)
        assert '<a class="button" href="/">Retour à l’accueil</a>' in answer.text
        assert ("<html" in answer.text) is not bool(htmx)
        assert answer.headers["cache-control"] == "no-store"
        assert "default-src 'none'" in answer.headers["content-security-policy"]
        if status == 405:
            assert answer.headers["allow"]


async def test_a_body_that_does_not_tell_its_length_is_cut(browser: Browser) -> None:
    async def endless() -> AsyncIterator[bytes]:
        for _ in range(100):
            yield b"matricule=" + b"x" * 1000

    answer = await browser.post(
        "/", content=endless(), headers={"content-type": "application/x-www-form-urlencoded"}
    )
    assert answer.status_code == 413
    assert "C’est trop long pour le portail" in content(answer)


async def test_a_fault_of_ours_is_an_apology_with_an_id_and_no_trace(
    browser: Browser, portal: Portal, clock: TurnedClock
) -> None:
    clock.now = -(10**15)  # no calendar has such a day
    for htmx in (False, True):
        answer = await browser.submit("/inscription", FRANCOIS.facts, htmx=htmx)
        assert answer.status_code == 500
        page = content(answer)
        assert "Le portail a rencontré une erreur" in page
        assert re.search(r"donnez ce numéro : [0-9a-f]{8}\.", page)
        assert "Retour à l’accueil" in page
        for word in ("Traceback", "sqlite", "no such table", "account"):
            assert word not in answer.text
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["cache-control"] == "no-store"


async def test_a_database_held_by_a_command_is_busy_not_broken(
    browser: Browser, settings: Settings, monkeypatch: pytest.MonkeyPatch, portal: Portal
) -> None:
    await given.access(portal, FRANCOIS)
    monkeypatch.setattr(database, "BUSY_TIMEOUT", 0.01)
    with FileLock(settings.database):
        answer = await browser.submit(
            "/", {"matricule": FRANCOIS.matricule, "password": FRANCOIS.password}
        )
    assert answer.status_code == 503
    assert "Le portail est occupé" in content(answer)
    assert "Rien n’est perdu." in content(answer)


# Development.


async def test_mails_are_readable_in_development_only(
    browser: Browser, settings: Settings, clock: TurnedClock, post: Post
) -> None:
    await browser.submit("/inscription", FRANCOIS.facts)
    for url in ("/dev/courriels", "/dev/courriels/x.eml"):
        assert (await browser.get(url)).status_code == 404
    async with running(replace(settings, development=True), clock) as developer:
        page = await developer.get("/dev/courriels")
        assert "Aucun courriel n’est encore parti." in content(page)


async def test_a_developer_reads_each_mail(
    app: Starlette, settings: Settings, clock: TurnedClock, portal: Portal, post: Post
) -> None:
    await given.access(portal, FRANCOIS)
    async with running(replace(settings, development=True), clock) as developer:
        await given.session(developer, portal, FRANCOIS)
        await developer.submit(
            "/membre/mot-de-passe",
            {
                "current_password": FRANCOIS.password,
                "password": "vent58nord9",
                "password_again": "vent58nord9",
            },
        )
        await post.fetch()
        listed = await developer.get("/dev/courriels")
        assert "Votre mot de passe a été changé" in content(listed)
        link = re.search(r'href="(/dev/courriels/[^"]+)"', listed.text)
        assert link
        one = await developer.get(link[1])
        assert "Bonjour François," in content(one)
        for bad in ("rien.eml", "..%2Fportal.db", "%00", "%2E%2E"):
            assert (await developer.get(f"/dev/courriels/{bad}")).status_code == 404


async def test_the_static_folder_holds_nothing_unserved(browser: Browser) -> None:
    """What is put there is either part of the page, of the script, or served."""
    inlined = {"portal.css", "portal.js", "htmx.min.js"}
    here = {path.name for path in (Path(__file__).parents[2] / "static").iterdir()}
    for name in here - inlined:
        assert (await browser.get(f"/static/{name}")).status_code == 200, name


def test_the_dummy_hash_costs_like_any_other() -> None:
    assert Passwords()._dummy.split("$")[:4] == given.hash_of("x").split("$")[:4]
