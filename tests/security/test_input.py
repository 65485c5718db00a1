"""What is typed: rows I1–I6 of docs/security.md, and every form under the fuzz."""

import ast
import logging
import re
import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import TypeGuard
from urllib.parse import quote_from_bytes

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from starlette.applications import Starlette

from forms.journey import FORMS
from members.sessions import CHOOSE, FULL
from security.middleware import MAX_BODY
from settings import Settings
from tests.conftest import HTMX, Browser, TurnedClock
from tests.given import access, error_of, hidden, session, words
from tests.people import FRANCOIS, SYLVIE
from tests.security.parts import Page, interrupted, rows, sign_in, solved, table
from web.portal import Portal

ROOT = Path(__file__).parents[2]
HOSTILE = (
    "' OR 1=1 --",
    "'; DROP TABLE member; --",
    '"><script>alert(1)</script>',
    "{{ 7*7 }}",
    "</textarea><img src=x onerror=alert(1)>",
    "%s%(x)s{0}",
    "\x00\x1b[31m",
)
ANY_TEXT = st.text() | st.sampled_from(HOSTILE)
FORM = {"content-type": "application/x-www-form-urlencoded"}
SLOW = (HealthCheck.function_scoped_fixture, HealthCheck.too_slow)


def test_i1_sql_takes_its_values_as_parameters() -> None:
    # No function of `db` puts one of its arguments into a statement's text, but for the number
    # of a migration: PRAGMA takes no parameters.
    functions = 0
    for path in (ROOT / "db").glob("*.py"):
        for function in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef):
                functions += 1
                given = {argument.arg for argument in ast.walk(function.args) if _is_arg(argument)}
                assert not (_in_statements(function) & given) - {"number"}, (path, function.name)
    assert functions > 50
    for folder in ("members", "routes", "web", "security", "mail", "forms", "roster"):
        for path in (ROOT / folder).rglob("*.py"):
            assert not SQL.search(path.read_text("utf-8").replace("PRAGMA", "")), path


SQL = re.compile(r"\b(SELECT .*FROM|INSERT INTO|UPDATE \w+ SET|DELETE FROM|PRAGMA) ", re.S)


def _is_arg(node: ast.AST) -> TypeGuard[ast.arg]:
    return isinstance(node, ast.arg)


def _in_statements(function: ast.AST) -> set[str]:
    """The names that go into the text of a statement, in an f-string, by `%` or by `+`."""
    found = set()
    for node in ast.walk(function):
        text = ast.unparse(node) if isinstance(node, ast.JoinedStr | ast.BinOp) else ""
        if SQL.search(text):
            found |= {part.id for part in ast.walk(node) if isinstance(part, ast.Name)}
    return found


@pytest.mark.parametrize("hostile", HOSTILE)
async def test_i1_hostile_text_reaches_no_statement(
    browser: Browser, portal: Portal, settings: Settings, hostile: str
) -> None:
    await access(portal, FRANCOIS)
    members = rows(settings, "SELECT count(*) FROM member")
    for fields in (
        {"matricule": hostile, "password": "x"},
        {"matricule": FRANCOIS.matricule, "password": hostile},
    ):
        assert (await browser.submit("/", fields)).status_code == 422
    for name in FRANCOIS.facts:
        answer = await browser.submit("/inscription", FRANCOIS.facts | {name: hostile})
        assert answer.status_code in (422, 429)
    assert rows(settings, "SELECT count(*) FROM member") == members
    assert rows(settings, "PRAGMA integrity_check") == [("ok",)]


def test_i2_no_template_unescapes() -> None:
    for path in (ROOT / "templates").rglob("*.*"):
        source = path.read_text("utf-8")
        assert not re.search(r"\|\s*safe\b|autoescape|Markup|<script(?! defer)", source), path
        assert not re.search(r"\son\w+=|javascript:", source), path
    # What is taken for HTML as it is: our sheet, our sentences, and what was rendered already.
    taken = set()
    for folder in ("web", "routes", "texts", "mail", "forms"):
        for path in (ROOT / folder).rglob("*.py"):
            taken |= set(re.findall(r"Markup\(([^)]*)\)", path.read_text("utf-8")))
    assert taken <= {"app.state.assets.sheet", "part", "text", "french"}


@hypothesis_settings(max_examples=25, suppress_health_check=SLOW, deadline=None)
@given(typed=ANY_TEXT)
async def test_i2_what_was_typed_comes_back_as_text_and_nothing_else(
    browser: Browser, typed: str
) -> None:
    honest = await browser.submit("/inscription", {"family_name": "1", "kept_email": "x"})
    answer = await browser.submit("/inscription", {"family_name": typed, "kept_email": typed})
    page = Page(answer.text)
    for name in ("family_name", "kept_email"):
        for field in page.all("input"):
            if field.get("name") == name:
                # HTML has no U+0000 and one line break.
                assert _in_html(field["value"]) == _in_html(typed)
    names = {tag for tag, _ in page.tags}
    assert names <= {tag for tag, _ in Page(honest.text).tags}
    assert len(page.all("script")) == 1
    assert not [tag for tag in page.all(*names) if any(name.startswith("on") for name in tag)]


def _in_html(text: str) -> str:
    text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\x00", "\ufffd")
    return "".join(c for c in text if c == "\n" or c.isprintable() or ord(c) > 0x9F)


@pytest.mark.parametrize(
    ("name", "typed"),
    [
        ("matricule", "٠٠٨٧٥"),
        ("matricule", "０0875"),
        ("birth_date", "٠٧/١١/١٩٥٠"),
        ("birth_date", "07/11/195٠"),
        ("postal_code", "J٧J 8G8"),
    ],
)
async def test_i3_a_digit_is_one_of_ours(browser: Browser, name: str, typed: str) -> None:
    answer = await browser.submit("/inscription", FRANCOIS.facts | {name: typed})
    assert answer.status_code == 422
    assert error_of(answer, name)


async def test_i3_foreign_digits_do_not_count_in_a_password(browser: Browser) -> None:
    step_two = await browser.submit("/inscription", FRANCOIS.facts)
    fields = FRANCOIS.access(hidden(step_two, "token"), password="rivesud٤٢٧")
    answer = await browser.submit("/inscription/acces", fields)
    assert "3 chiffres" in error_of(answer, "password")


def test_i3_no_pattern_of_ours_says_any_digit() -> None:
    for path in ROOT.rglob("*.py"):
        parts = path.relative_to(ROOT).parts
        if parts[0] in {".venv", "var", "tests", "bench"}:
            continue
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and ast.unparse(node.func).startswith("re."):
                assert not any(
                    isinstance(part, ast.Constant) and r"\d" in str(part.value)
                    for part in ast.walk(node)
                ), path


@pytest.mark.parametrize(
    "ending", ["\r\nBcc: autre@example.net", "\nX: y", "\r", "\u2028x", "\x0b"]
)
async def test_i4_no_line_break_reaches_a_mails_header(
    browser: Browser, portal: Portal, settings: Settings, ending: str
) -> None:
    step_two = await browser.submit("/inscription", FRANCOIS.facts)
    for address in (f"a@example.com{ending}x", f"a{ending}@example.com"):
        fields = FRANCOIS.access(hidden(step_two, "token"), email=address)
        answer = await browser.submit("/inscription/acces", fields)
        assert answer.status_code == 422
    await session(browser, portal, SYLVIE)
    for address in (f"a@example.com{ending}x", f"a{ending}@example.com"):
        fields = {"email": address, "email_again": address, "current_password": SYLVIE.password}
        assert (await browser.submit("/membre/courriel", fields)).status_code == 422
    assert rows(settings, "SELECT * FROM outbox") == []


async def test_i5_unknown_and_doubled_fields_are_refused_on_every_route(
    browser: Browser, portal: Portal, settings: Settings, digest: Callable[[], str]
) -> None:
    await session(browser, portal, FRANCOIS)
    for path in table("POST", settings):
        if path == "/membre/nouveau-mot-de-passe":
            await session(browser, portal, FRANCOIS, CHOOSE)
        before = digest()
        for body in (b"inconnu=1", b"=1", b"matricule=1&matricule=1", b"email=1&email=1&email=1"):
            answer = await browser.post(path, content=body, headers=FORM)
            assert answer.status_code == 400, (path, body)
            assert "Cette demande n’est pas claire" in answer.text
        assert digest() == before
        if path == "/membre/nouveau-mot-de-passe":
            await session(browser, portal, FRANCOIS)


@pytest.mark.parametrize("htmx", [False, True])
async def test_i6_a_fault_is_an_apology_with_the_id_that_the_log_has_too(
    app: Starlette, browser: Browser, caplog: pytest.LogCaptureFixture, htmx: bool
) -> None:
    async def fail() -> None:
        raise LookupError("recovery")

    interrupted(app).meanwhile = fail
    fields = {"matricule": FRANCOIS.matricule, "password": FRANCOIS.password}
    answer = await browser.submit("/", fields, htmx=htmx)
    assert answer.status_code == 500
    said = words(answer)
    assert "Le portail a rencontré une erreur" in said
    found = re.search(r"donnez ce numéro : ([0-9a-f]{8})\.", said)
    assert found
    assert not re.search("Traceback|sqlite|recovery|Error|line ", answer.text)
    [record] = [record for record in caplog.records if record.levelno >= logging.ERROR]
    assert record.getMessage().startswith(f"{found[1]} POST sign_in: LookupError\n")
    assert "in sign_in" in record.getMessage()


async def test_i6_a_database_that_fails_is_said_with_the_id_that_the_log_has_too(
    browser: Browser, settings: Settings, caplog: pytest.LogCaptureFixture
) -> None:
    with closing(sqlite3.connect(settings.database)) as connection:
        connection.execute("DROP TABLE recovery")
    answer = await sign_in(browser, FRANCOIS)
    assert answer.status_code == 503
    found = re.search(r"donnez ce numéro : ([0-9a-f]{8})\.", words(answer))
    assert found
    assert f"{found[1]} database unavailable: no such table" in caplog.text


async def test_i6_a_fault_is_logged_without_what_was_typed(
    app: Starlette, browser: Browser, caplog: pytest.LogCaptureFixture
) -> None:
    typed = "sentinelle\r\nFORGED"

    async def fail() -> None:
        raise ValueError(typed)

    interrupted(app).meanwhile = fail
    assert (await sign_in(browser, FRANCOIS, typed)).status_code == 500
    assert "ValueError" in caplog.text
    assert "sentinelle" not in caplog.text
    assert "FORGED" not in caplog.text


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [("GET", "/nulle-part", 404), ("PUT", "/", 405), ("GET", "/membre/../x", 404)],
)
async def test_i6_every_refusal_is_a_page_in_french(
    browser: Browser, method: str, path: str, status: int
) -> None:
    answer = await browser.request(method, path)
    assert answer.status_code == status
    assert 'lang="fr-CA"' in answer.text
    assert "Retour à l’accueil" in answer.text


# The fuzz ---------------------------------------------------------------------------------------

FUZZED = {
    "/": ("connexion", ""),
    "/deconnexion": ("", FULL),
    "/inscription": ("identite", ""),
    "/inscription/acces": ("acces", ""),
    "/mot-de-passe-oublie": ("recuperation", ""),
    "/mot-de-passe-oublie/autre-image": ("recuperation", ""),
    "/mot-de-passe-oublie/sans-image": ("recuperation", ""),
    "/membre/courriel": ("courriel", FULL),
    "/membre/courriel/renvoyer": ("", FULL),
    "/membre/courriel/annuler": ("", FULL),
    "/membre/mot-de-passe": ("mot-de-passe", FULL),
    "/membre/nouveau-mot-de-passe": ("nouveau-mot-de-passe", CHOOSE),
    "/membre/mes-renseignements": ("", FULL),
    "/courriel/confirmer/{token}": ("", FULL),
    "/acces/bloquer/{token}": ("bloquer", ""),
    "/verification/{form}/{field}": ("", ""),
}
COUNTED = ("throttle", "spent_challenge", "journal")
"""What a refused try may write: that it was made."""
RIGHT = None
"""Stands for the value with which a field passes."""
VALUES = st.one_of(
    ANY_TEXT,
    st.text(st.characters(categories=["Cs", "Cc", "Cf", "Mn", "Nd"]), max_size=40),
    st.tuples(st.text(min_size=1, max_size=3), st.integers(1, 4000)).map(lambda p: p[0] * p[1]),
)
SEGMENT = st.text(st.characters(exclude_characters="/"), min_size=1)


@dataclass(frozen=True)
class Try:
    """A POST: its route, the path's segments, its body (mere bytes, or fields), HTMX or not."""

    target: str
    segments: dict[str, str | None]
    body: bytes | list[tuple[str, str | None]]
    headers: dict[str, str]


@st.composite
def tries(draw: st.DrawFn) -> Try:
    """Some fields right, some not, some missing, doubled or unknown; or mere bytes."""
    target = draw(st.sampled_from(sorted(FUZZED)))
    segments = {
        "{token}": draw(st.none() | SEGMENT),
        "{form}": draw(st.sampled_from(sorted(FORMS)) | SEGMENT),
        "{field}": draw(st.sampled_from(sorted(EVERY_FIELD)) | SEGMENT),
    }
    headers = draw(st.sampled_from([{}, HTMX]))
    if draw(st.integers(0, 9)) == 0:
        return Try(target, segments, draw(st.binary(max_size=MAX_BODY + 10)), headers)
    form = FUZZED[target][0]
    fields: list[tuple[str, str | None]] = []
    for name in sorted(FORMS[form].names) if form else ["family_name", "postal_code"]:
        for _ in range(draw(st.sampled_from([1] * 12 + [0, 2]))):
            fields.append((name, draw(st.sampled_from([RIGHT] * 3) | VALUES)))
    if draw(st.integers(0, 9)) == 0:
        fields.append((draw(ANY_TEXT), "1"))
    return Try(target, segments, fields, headers)


EVERY_FIELD = {name for form in FORMS.values() for name in form.names}


def test_the_fuzz_knows_every_form(settings: Settings) -> None:
    filled = [
        path.replace("{token}", "abc.def.ghi").replace("{form}/{field}", "identite/matricule")
        for path in FUZZED
    ]
    assert sorted(filled) == sorted(table("POST", settings))
    assert {form for form, _ in FUZZED.values()} - {""} == set(FORMS)


@hypothesis_settings(
    max_examples=80, suppress_health_check=SLOW, deadline=None, derandomize=True, database=None
)
@given(made=tries())
async def test_any_body_is_answered_and_writes_nothing_that_the_answer_does_not_say(
    browser: Browser,
    portal: Portal,
    settings: Settings,
    clock: TurnedClock,
    caplog: pytest.LogCaptureFixture,
    made: Try,
) -> None:
    scope = FUZZED[made.target][1]
    clock.turn(days=2)  # past every wait and every session of the example before
    member_id = await session(browser, portal, FRANCOIS, scope or FULL)
    if not scope:
        browser.cookies.clear()
    tokens = portal.tokens
    right = {
        **FRANCOIS.facts,
        **FRANCOIS.access(tokens.registration.make([member_id + 1, 0])),
        **await solved(browser, portal),
        "current_password": FRANCOIS.password,
        "username": FRANCOIS.matricule,
        "without_image": "1",
        "kept_email": "a@example.com",
    }
    token = tokens.confirmation.make([member_id, "abc"])
    path = made.target
    for name, segment in made.segments.items():
        path = path.replace(name, token if segment is None else _quoted(segment))
    body = made.body
    if isinstance(body, list):
        pairs = ((name, right.get(name, "1") if value is RIGHT else value) for name, value in body)
        body = "&".join(f"{_quoted(name)}={_quoted(value)}" for name, value in pairs).encode()
    before = _digests(settings)
    caplog.clear()
    answer = await browser.post(path, content=body, headers=FORM | made.headers)
    assert answer.status_code in (200, 303, 400, 404, 413, 422, 429), answer.text
    assert [record for record in caplog.records if record.levelno >= logging.WARNING] == []
    after = _digests(settings)
    if answer.status_code in (400, 404, 413):
        assert after == before
    elif answer.status_code in (422, 429):
        assert _without_counts(after) == _without_counts(before)


def _quoted(text: str) -> str:
    return quote_from_bytes(text.encode("utf-8", "surrogatepass"), safe="")


def _digests(settings: Settings) -> dict[str, int]:
    tables = rows(settings, "SELECT name FROM sqlite_master WHERE type = 'table'")
    return {name: hash(tuple(rows(settings, f"SELECT * FROM {name}"))) for (name,) in tables}


def _without_counts(digests: dict[str, int]) -> dict[str, int]:
    return {name: digest for name, digest in digests.items() if name not in COUNTED}
