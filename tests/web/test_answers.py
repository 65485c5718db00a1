"""What every form's body must be, over each route that takes one."""

import re
from collections.abc import Callable
from urllib.parse import urlencode

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from forms.journey import (
    ACCESS_WITH_CODE,
    CHANGE_EMAIL,
    CHANGE_PASSWORD,
    CHOOSE_PASSWORD,
    FREEZE,
    IDENTIFY,
    RECOVERY,
    SIGN_IN,
)
from members.my_data import FACTS
from routes import routes
from security.middleware import MAX_BODY
from settings import Settings
from tests.conftest import HTMX, Browser
from tests.given import session
from tests.people import FRANCOIS
from web.portal import Portal

# Every route that takes a body, with the names it takes and the session it asks for.
TAKES: dict[str, tuple[frozenset[str], str]] = {
    "/": (SIGN_IN.names, ""),
    "/deconnexion": (frozenset(), "full"),
    "/inscription": (IDENTIFY.names, ""),
    "/inscription/acces": (ACCESS_WITH_CODE.names, ""),
    "/mot-de-passe-oublie": (RECOVERY.names, ""),
    "/mot-de-passe-oublie/autre-image": (RECOVERY.names, ""),
    "/mot-de-passe-oublie/sans-image": (RECOVERY.names, ""),
    "/membre/mes-renseignements": (frozenset(FACTS), "full"),
    "/membre/courriel": (CHANGE_EMAIL.names, "full"),
    "/membre/courriel/renvoyer": (frozenset(), "full"),
    "/membre/courriel/annuler": (frozenset(), "full"),
    "/membre/mot-de-passe": (CHANGE_PASSWORD.names, "full"),
    "/membre/nouveau-mot-de-passe": (CHOOSE_PASSWORD.names, "choose"),
    "/courriel/confirmer/x": (frozenset(), "full"),
    "/acces/bloquer/x": (FREEZE.names, ""),
    "/verification/identite/matricule": (frozenset({"matricule"}), ""),
}
FORM = {"content-type": "application/x-www-form-urlencoded"}


def test_every_route_that_takes_a_body_is_here() -> None:
    table = {route.path for route in routes(Settings()) if "POST" in (route.methods or ())}
    assert len(table) == len(TAKES)
    for path in table:
        pattern = re.compile(re.sub(r"\{\w+\}", "[^/]+", path))
        assert any(pattern.fullmatch(url) for url in TAKES), path


async def post(browser: Browser, portal: Portal, url: str, body: bytes) -> int:
    scope = TAKES[url][1]
    if scope:
        await session(browser, portal, FRANCOIS, scope)
    return (await browser.post(url, content=body, headers=FORM)).status_code


@pytest.mark.parametrize("url", TAKES)
async def test_an_unknown_field_is_refused(
    browser: Browser, portal: Portal, url: str, digest: Callable[[], str]
) -> None:
    names = sorted(TAKES[url][0])
    assert await post(browser, portal, url, urlencode(dict.fromkeys(names, "x")).encode()) != 400
    scope = TAKES[url][1]
    if scope:
        await session(browser, portal, FRANCOIS, scope)
    before = digest()
    for unknown in (b"unknown=1", b"Matricule=1", b"=1", b"matricule%00=1", b"next=/x"):
        answer = await browser.post(url, content=unknown, headers=FORM)
        assert answer.status_code == 400, unknown
    assert digest() == before


@pytest.mark.parametrize("url", TAKES)
async def test_a_doubled_field_a_file_and_too_much_are_refused(
    browser: Browser, portal: Portal, url: str, digest: Callable[[], str]
) -> None:
    scope = TAKES[url][1]
    if scope:
        await session(browser, portal, FRANCOIS, scope)
    before = digest()
    for name in TAKES[url][0]:
        answer = await browser.post(url, content=f"{name}=1&{name}=1".encode(), headers=FORM)
        assert answer.status_code == 400, name
    name = next(iter(TAKES[url][0]), "matricule")
    assert (await browser.post(url, files={name: b"x"})).status_code == 400
    long = f"{name}=".encode() + b"x" * MAX_BODY
    assert (await browser.post(url, content=long, headers=FORM)).status_code == 413
    assert digest() == before


@pytest.mark.parametrize("url", TAKES)
async def test_a_query_string_is_ignored(browser: Browser, portal: Portal, url: str) -> None:
    names = sorted(TAKES[url][0])
    query = urlencode([("unknown", "1"), *((name, "x") for name in names * 2)])
    body = urlencode(dict.fromkeys(names, "x")).encode()
    plain = await post(browser, portal, url, body)
    scope = TAKES[url][1]
    if scope:
        await session(browser, portal, FRANCOIS, scope)
    answer = await browser.post(f"{url}?{query}", content=body, headers=FORM)
    assert answer.status_code == plain != 400


async def test_a_body_of_the_limit_is_read(browser: Browser) -> None:
    body = b"matricule=" + b"1" * (MAX_BODY - 10)
    answer = await browser.post("/inscription", content=body, headers=FORM)
    assert answer.status_code == 422


async def test_absent_fields_count_as_empty(browser: Browser) -> None:
    for headers in ({}, FORM, {"content-type": "application/json"}):
        answer = await browser.post("/inscription", content=b"", headers=headers)
        assert answer.status_code == 422
    answer = await browser.post("/inscription", json={"matricule": "00875"})
    assert answer.status_code == 422


texts = st.text(max_size=30) | st.sampled_from(
    ["00875", "Lapointe", "07/11/1950", "J7J 8G8", "a@b.ca", "rive42sud7", "\x00", "é" * 300]
)


@settings(
    max_examples=15,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    url=st.sampled_from([url for url, (names, scope) in TAKES.items() if names and not scope]),
    values=st.lists(texts, min_size=7, max_size=7),
    htmx=st.booleans(),
)
async def test_whatever_is_typed_is_never_a_fault(
    browser: Browser, url: str, values: list[str], htmx: bool
) -> None:
    fields = dict(zip(sorted(TAKES[url][0]), values, strict=False))
    data = {name: value.encode(errors="replace").decode() for name, value in fields.items()}
    answer = await browser.submit(url, data, htmx=htmx)
    too_long = len(answer.request.content) > MAX_BODY
    assert answer.status_code in ((413,) if too_long else (200, 422, 429))


@settings(
    max_examples=15,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    url=st.sampled_from([url for url, (_, scope) in TAKES.items() if not scope]),
    body=st.binary(max_size=60),
    kind=st.sampled_from([*FORM.values(), "multipart/form-data; boundary=x", "text/plain", "é/;"]),
)
async def test_whatever_is_sent_is_never_a_fault(
    browser: Browser, url: str, body: bytes, kind: str
) -> None:
    headers = {b"content-type": kind.encode("latin-1")}
    answer = await browser.post(url, content=body, headers=headers)
    assert answer.status_code in (200, 303, 400, 422, 429)


async def test_what_is_no_utf8_is_read_with_its_replacement(browser: Browser) -> None:
    answer = await browser.post(
        "/inscription", content=b"family_name=%FF%ED%A0%80\xff", headers=FORM | HTMX
    )
    assert answer.status_code == 422
    assert answer.text.encode()
