"""The journal and personal information: rows P1–P7 of docs/security.md, C1 and H3 in the open."""

import asyncio
import json
import re
import socket
import sqlite3
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import httpx
import pytest
from anyio import to_thread
from click.testing import CliRunner

from app import create_app
from manage import commands
from members.events import EVENTS
from members.purge import purge
from members.register import CONSENT_VERSION
from security.challenge import Challenges
from security.clock import system_clock
from security.keys import derive
from security.tokens import Tokens
from settings import Settings
from tests.conftest import HTMX, Browser, Post, TurnedClock
from tests.given import access, hidden, session, words
from tests.people import EVERYONE, FRANCOIS, NOBODY, SYLVIE, enrol
from tests.security.conftest import Served
from tests.security.parts import (
    Page,
    change,
    events,
    recover,
    rows,
    sign_in,
    table,
    temporary_password,
)
from web.portal import Portal

Browsers = Callable[..., Browser]
NEW = "brume19lac4"
CHOICE = {"password": NEW, "password_again": NEW}


async def test_p1_every_path_leaves_one_event_in_the_journal(
    browser: Browser, portal: Portal, post: Post, settings: Settings, clock: TurnedClock
) -> None:
    told: list[str] = []

    async def happens(*expected: str) -> None:
        told.extend(expected)
        assert events(settings) == told

    await browser.submit("/inscription", NOBODY.facts)
    await happens("identify_failed")
    step_two = await browser.submit("/inscription", FRANCOIS.facts)
    await happens("identified")
    await browser.submit("/inscription/acces", FRANCOIS.access("forged"))
    await happens("step_expired")
    await browser.submit("/inscription/acces", FRANCOIS.access(hidden(step_two, "token")))
    await happens("registered")
    await browser.submit("/inscription", FRANCOIS.facts)
    await happens("already_registered")
    await browser.submit("/deconnexion")
    await happens("signed_out")
    await sign_in(browser, FRANCOIS, "mauvais11")
    await happens("sign_in_failed")
    await sign_in(browser, FRANCOIS)
    await happens("signed_in")
    for path, fields in (("/membre/mot-de-passe", CHOICE), ("/membre/courriel", _address("b"))):
        await browser.submit(path, fields | {"current_password": "mauvais11"})
        await happens("current_password_failed")
    right = {"current_password": FRANCOIS.password}
    await browser.submit("/membre/courriel", _address("c") | right)
    await happens("email_change_requested")
    await browser.submit("/membre/courriel/annuler")
    await happens("email_change_cancelled")
    await browser.submit("/membre/courriel", _address("d") | right)
    await happens("email_change_requested")
    link = re.search(r"/courriel/confirmer/\S+", post.text(await post.last("d@example.net")))
    assert link
    await browser.submit(link[0])
    await happens("email_confirmed")
    await browser.submit("/membre/mot-de-passe", CHOICE | right)
    await happens("password_changed")
    await browser.submit("/membre/mes-renseignements", {"birth_date": "1"})
    await happens("correction_requested")
    await recover(browser, portal, FRANCOIS)
    await happens("recovery_requested")
    await sign_in(browser, FRANCOIS, await post.temporary_password("d@example.net"))
    await happens("signed_in_temporarily")
    another = {"password": "plage58mer3", "password_again": "plage58mer3"}
    await browser.submit("/membre/nouveau-mot-de-passe", another)
    await happens("password_changed")
    await purge(portal.db, now=clock(), journal_days=365, inactive_days=365)
    await happens("purged")
    assert set(told) <= set(EVENTS)


def _address(name: str) -> dict[str, str]:
    return {"email": f"{name}@example.net", "email_again": f"{name}@example.net"}


WRITES = r'(?:journal\.write|note|note_within)\(\s*\w+(?:\.\w+)*,\s*"(\w+)"'


def test_p1_every_event_that_the_source_writes_has_its_words() -> None:
    root = Path(__file__).parents[2]
    written = set()
    for folder in ("members", "routes", "commands", "roster", "upkeep"):
        for path in (root / folder).rglob("*.py"):
            source = path.read_text("utf-8")
            written |= set(re.findall(WRITES, source))
    assert len(written) > 15
    assert written <= set(EVENTS)


async def test_p1_the_journal_is_append_only(
    browser: Browser, portal: Portal, settings: Settings
) -> None:
    member_id = await session(browser, portal, FRANCOIS)
    await browser.submit("/deconnexion")
    for changes in (
        "event = 'x'",
        "at = 0",
        "address = NULL",
        "actor = 'office'",
        "member_id = member_id + 1",
        "member_id = NULL, event = 'x'",
    ):
        with pytest.raises(sqlite3.IntegrityError, match="append-only"):
            change(settings, f"UPDATE journal SET {changes}")
    change(settings, "DELETE FROM account WHERE member_id = ?", (member_id,))
    assert events(settings) == ["signed_out"]


async def test_p1_refusals_are_counted_and_have_one_row(
    browser: Browser, portal: Portal, settings: Settings
) -> None:
    await access(portal, FRANCOIS)
    for _ in range(12):
        await sign_in(browser, FRANCOIS, "mauvais11")
    assert events(settings) == ["sign_in_failed"] * 5 + ["sign_in_throttled"]
    assert rows(settings, "SELECT sum(refused) FROM throttle") == [(7,)]


SENTINELS = {
    "password": "zebre427kiwi",
    "changed": "hibou739lama",
    "wrong": "ornith77que",
    "name": "Quetzalcoatl",
    "birth_date": "13/02/1931",
    "postal_code": "X9X 9X9",
    "captcha": "zzqzz",
    "address": "pas-une-adresse@ici",
}


async def test_p2_no_secret_and_no_failed_value_is_in_any_byte_of_file_or_log(
    served: Served, enrolled: Settings
) -> None:
    key = enrolled.secret_keys[-1]
    challenges = Challenges(derive((key,), "challenge"), Tokens((key,), system_clock))

    async def captcha(browser: httpx.AsyncClient) -> dict[str, str]:
        token = hidden(await browser.get("/mot-de-passe-oublie"), "challenge")
        return {"challenge": token, "captcha": challenges.answer(token) or ""}

    async with httpx.AsyncClient(base_url=served.url) as browser:
        for name, value in (
            ("family_name", SENTINELS["name"]),
            ("birth_date", SENTINELS["birth_date"]),
            ("postal_code", SENTINELS["postal_code"]),
        ):
            answer = await browser.post("/inscription", data=FRANCOIS.facts | {name: value})
            assert answer.status_code == 422
            fields = FRANCOIS.facts | {name: value} | await captcha(browser)
            assert (await browser.post("/mot-de-passe-oublie", data=fields)).status_code == 303
        fields = FRANCOIS.facts | await captcha(browser) | {"captcha": SENTINELS["captcha"]}
        assert (await browser.post("/mot-de-passe-oublie", data=fields)).status_code == 422
        step_two = await browser.post("/inscription", data=FRANCOIS.facts, follow_redirects=True)
        token = hidden(step_two, "token")
        made = FRANCOIS.access(token, password=SENTINELS["password"])
        failed = made | {"email": SENTINELS["address"]}
        assert (await browser.post("/inscription/acces", data=failed)).status_code == 422
        assert (await browser.post("/inscription/acces", data=made)).status_code == 303
        wrong = {"matricule": FRANCOIS.matricule, "password": SENTINELS["wrong"]}
        assert (await browser.post("/", data=wrong)).status_code == 422
        fields = FRANCOIS.facts | await captcha(browser)
        assert (await browser.post("/mot-de-passe-oublie", data=fields)).status_code == 303
        code = await _code_of_the_mail(enrolled.mail_dir)
        signed_in = await browser.post("/", data=wrong | {"password": code})
        assert signed_in.headers["location"].endswith("nouveau-mot-de-passe")
        chosen = {"password": SENTINELS["changed"], "password_again": SENTINELS["changed"]}
        form = await browser.get("/membre/nouveau-mot-de-passe")
        chosen["made_for"] = hidden(form, "made_for")
        assert (await browser.post("/membre/nouveau-mot-de-passe", data=chosen)).status_code == 303
        cookies = [browser.cookies[name] for name in ("session", "device")]
    secrets = [*SENTINELS.values(), code, code.replace("-", ""), token, key, *cookies]
    secrets += ["1931-02-13", "13021931", "X9X9X9"]
    held = [file for file in enrolled.database.parent.glob("portal.db*") if file.is_file()]
    assert {file.suffix for file in held} >= {".db", ".db-wal"}
    for file in [*held, served.log]:
        content = file.read_bytes().lower()
        for secret in secrets:
            for shape in (secret, secret.lower()):
                assert shape.encode() not in content, (file.name, secret)


async def _code_of_the_mail(folder: Path) -> str:
    for _ in range(200):
        for mail in folder.glob("*.eml"):
            found = re.search(r"\b[2-9A-Z]{4}-[2-9A-Z]{4}-[2-9A-Z]{4}\b", mail.read_text())
            if found:
                return found[0]
        await asyncio.sleep(0.1)
    raise AssertionError("no mail")


async def test_p2_no_log_line_is_forged_and_h3_no_server_says_its_version(served: Served) -> None:
    for request in (
        b"GET /%0d%0aFORGED HTTP/1.1\r\nHost: x\r\nUser-Agent: FORGED\r\n\r\n",
        b"GET /courriel/confirmer/FORGED%0aline HTTP/1.1\r\nHost: FORGED\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: x\r\nContent-Type: FORGED\r\nContent-Length: 3\r\n\r\na=%",
        b"FORGED /\r\n\r\n",
    ):
        with socket.create_connection(("127.0.0.1", served.port), 10) as line:
            line.sendall(request)
            answer = line.recv(65536)
        assert answer.startswith(b"HTTP/1.1 ")
        assert b"\r\nserver:" not in answer.lower()
    assert b"FORGED" not in served.log.read_bytes()
    assert "uvicorn" not in str(httpx.get(served.url).headers).lower()


WHY = {
    "/": "Le matricule dit qui vous êtes",
    "/inscription": "le nom, la date de naissance et le code postal montrent",
    "/mot-de-passe-oublie": "le nom, la date de naissance et le code postal montrent",
    "/membre/courriel": "L’adresse sert à vous envoyer un mot de passe temporaire",
    "/membre/mot-de-passe": "Pourquoi le mot de passe actuel ?",
    "/membre/nouveau-mot-de-passe": "n’en garde qu’une empreinte illisible",
    "/membre/mes-renseignements": "Le bureau vous joindra pour connaître la bonne valeur",
}


async def test_p4_why_is_said_beside_every_form_and_who_is_in_charge_on_every_page(
    browsers: Browsers, portal: Portal, settings: Settings
) -> None:
    visitor, member, chooser = browsers(), browsers(), browsers()
    await session(member, portal, FRANCOIS)
    await session(chooser, portal, SYLVIE, "choose")
    pages, said = 0, set()
    for browser in (visitor, member, chooser):
        for path in [*table("GET", settings), "/nulle-part"]:
            answer = await browser.get(path, follow_redirects=True)
            if "text/html" not in answer.headers.get("content-type", "") or path.startswith(
                "/membre/envoi"
            ):
                continue
            pages += 1
            page = Page(answer.text)
            text = " ".join(page.text.split())
            footer = text[text.rindex("Responsable des renseignements personnels") :]
            assert "Jeanne Secrétaire" in footer, path
            assert "/confidentialite" in {tag.get("href") for tag in page.all("a")}, path
            asks = [tag for tag in page.all("input") if tag.get("type") != "hidden"]
            where = answer.url.path
            if asks and where in WHY:
                assert WHY[where] in text, where
                said.add(where)
    assert said == set(WHY)
    assert pages > 30
    await portal.db.write(lambda tx: tx.execute("DELETE FROM account"))
    step_two = await visitor.submit("/inscription", SYLVIE.facts)
    assert "pour vous envoyer un mot de passe temporaire et les avis" in words(step_two)


async def test_p4_without_a_name_the_head_of_the_office_is_in_charge(
    settings: Settings, clock: TurnedClock
) -> None:
    app = create_app(replace(settings, privacy_officer=""), clock)
    async with app.router.lifespan_context(app), Browser(app, settings.base_url) as browser:
        assert "personnels : la direction du bureau" in words(await browser.get("/"))


async def test_p4_the_privacy_page_says_what_is_held_and_why(browser: Browser) -> None:
    said = words(await browser.get("/confidentialite"))
    for expected in (
        "Jeanne Secrétaire",
        "bureau@example.org",
        "Loi 25",
        "servent à vous reconnaître",
        "Journal de sécurité",
        "rien d’un autre site",
    ):
        assert expected in said


async def test_p6_consent_has_its_version_and_date(
    browser: Browser, settings: Settings, clock: TurnedClock
) -> None:
    step_two = await browser.submit("/inscription", FRANCOIS.facts)
    assert "vous acceptez que le portail garde votre courriel" in words(step_two)
    await browser.submit("/inscription/acces", FRANCOIS.access(hidden(step_two, "token")))
    assert rows(settings, "SELECT consent_version, consented_at FROM account") == [
        (CONSENT_VERSION, clock())
    ]


DAY = 24 * 3600
TERMS = {
    "session": 30 * 60,
    "recovery": 4 * 3600,
    "spent_challenge": 600,
    "email_change": 30 * DAY,
    "device": 365 * DAY,
    "journal": 400 * DAY,
    "outbox": 90 * DAY,
}


@pytest.mark.parametrize("name", TERMS)
async def test_p6_what_is_past_its_term_is_erased_and_nothing_earlier(
    browser: Browser,
    portal: Portal,
    post: Post,
    settings: Settings,
    clock: TurnedClock,
    name: str,
) -> None:
    await access(portal, FRANCOIS)
    await temporary_password(browser, portal, post, FRANCOIS)  # the mail left: its term runs
    code_browser = Browser(browser._transport.app, settings.base_url)  # type: ignore[attr-defined]
    await sign_in(code_browser, FRANCOIS)
    await temporary_password(browser, portal, post, FRANCOIS)
    right = {"current_password": FRANCOIS.password}
    await code_browser.submit("/membre/courriel", _address("n") | right)
    await post.fetch()
    await code_browser.aclose()
    count = f"SELECT count(*) FROM {name}"
    [(held,)] = rows(settings, count)
    assert held
    clock.now += TERMS[name] - 1
    await _purge(portal, clock)
    assert rows(settings, count)[0][0] == held + (name == "journal")
    clock.now += 2
    await _purge(portal, clock)
    assert rows(settings, count) == [(2 if name == "journal" else 0,)]


async def _purge(portal: Portal, clock: TurnedClock) -> None:
    await purge(portal.db, now=clock(), journal_days=400, inactive_days=365)


async def test_p6_throttles_are_forgotten_when_they_no_longer_count(
    browser: Browser, portal: Portal, settings: Settings, clock: TurnedClock
) -> None:
    await sign_in(browser, NOBODY)
    assert rows(settings, "SELECT * FROM throttle")
    clock.turn(days=1, minutes=1)
    await _purge(portal, clock)
    assert rows(settings, "SELECT * FROM throttle") == []


def _manage(settings: Settings, *arguments: str) -> str:
    environment = {
        "PORTAL_DATABASE": str(settings.database),
        "PORTAL_SECRET_KEY": settings.secret_keys[-1],
    }
    result = CliRunner().invoke(commands, arguments, env=environment)
    assert result.exit_code == 0, result.output
    return result.output


async def _pre_empted(browser: Browser) -> None:
    step_two = await browser.submit("/inscription", FRANCOIS.facts)
    fields = FRANCOIS.access(hidden(step_two, "token"), email="voleur@example.net")
    await browser.submit("/inscription/acces", fields)


async def test_p6_the_office_purges_with_one_command(
    browser: Browser, settings: Settings, clock: TurnedClock
) -> None:
    await _pre_empted(browser)
    change(settings, "UPDATE session SET last_seen_at = 0")
    said = await to_thread.run_sync(_manage, settings, "purge")
    assert "session 1" in said
    assert events(settings)[-1] == "purged"


async def test_pre_emption_the_office_sees_new_accesses_and_annuls_one(
    browser: Browser, settings: Settings
) -> None:
    await _pre_empted(browser)
    seen = await to_thread.run_sync(_manage, settings, "registrations", "--since", "2026-11-23")
    assert "00875  Lapointe, François  voleur@example.net" in seen
    none = await to_thread.run_sync(_manage, settings, "registrations", "--since", "2026-11-24")
    assert none == ""
    right = {"current_password": FRANCOIS.password}
    await browser.submit("/membre/courriel", _address("v") | right)
    await to_thread.run_sync(_manage, settings, "annul", "00875")
    for table_name in ("account", "session", "device", "email_change", "recovery"):
        assert rows(settings, f"SELECT * FROM {table_name}") == [], table_name
    assert events(settings)[-1] == "access_annulled"
    assert (await browser.get("/membre")).is_redirect
    again = await browser.submit("/inscription", FRANCOIS.facts)
    assert "Inscription, 2e étape" in again.text


@pytest.mark.parametrize("htmx", [False, True])
async def test_p7_a_member_sees_and_downloads_all_that_is_held(
    browser: Browser, portal: Portal, post: Post, settings: Settings, htmx: bool
) -> None:
    await access(portal, FRANCOIS)
    await temporary_password(browser, portal, post, FRANCOIS)
    await sign_in(browser, FRANCOIS)
    await recover(browser, portal, FRANCOIS)
    right = {"current_password": FRANCOIS.password}
    await browser.submit("/membre/courriel", _address("n") | right)
    page = await browser.get("/membre/mes-renseignements", headers=HTMX if htmx else {})
    download = await browser.get("/membre/mes-renseignements.json")
    assert "attachment" in download.headers["content-disposition"]
    held = json.loads(download.content)
    assert held["liste_des_membres"] == {
        "matricule": "00875",
        "nom": "Lapointe",
        "prenom": "François",
        "date_naissance": "1950-11-07",
        "code_postal": "J7J 8G8",
        "courriel_du_bureau": "francois.lapointe@example.org",
    }
    assert held["acces"]["courriel"] == "00875@example.com"
    assert held["acces"]["courriel_en_attente"] == "n@example.net"
    assert len(held["sessions_ouvertes_depuis"]) == 1
    assert len(held["navigateurs_connus_vus_le"]) == 1
    assert [entry["evenement"] for entry in reversed(held["journal"])] == [
        "Mot de passe temporaire demandé",
        "Connexion",
        "Mot de passe temporaire demandé",
        "Changement d’adresse demandé",
    ]
    assert {mail["a"] for mail in held["courriels"]} == {"00875@example.com", "n@example.net"}
    assert "argon2id$" not in download.text
    said = words(page)
    for fact in ("00875", "Lapointe", "François", "J7J 8G8", "n@example.net", "Connexion"):
        assert fact in said
    assert "Sylvie" not in download.text + said


async def test_p7_a_correction_is_asked_of_the_office(
    browser: Browser, portal: Portal, post: Post, settings: Settings
) -> None:
    await session(browser, portal, FRANCOIS)
    nothing = await browser.submit("/membre/mes-renseignements")
    assert nothing.status_code == 422
    assert rows(settings, "SELECT * FROM outbox") == []
    done = await browser.follow("/membre/mes-renseignements", {"birth_date": "1"})
    assert "Votre demande est envoyée au bureau" in words(done)
    mail = await post.last("bureau@example.org")
    text = words(post.text(mail))
    assert "00875" in text
    assert "date de naissance" in text
    assert "code postal" not in text
    assert events(settings) == ["correction_requested"]


async def test_p7_without_an_office_address_the_telephone_is_offered(
    settings: Settings, clock: TurnedClock
) -> None:
    app = create_app(replace(settings, office_email=""), clock)
    async with app.router.lifespan_context(app), Browser(app, settings.base_url) as browser:
        portal: Portal = app.state.portal
        await enrol(portal.db, EVERYONE)
        await session(browser, portal, FRANCOIS)
        page = await browser.get("/membre/mes-renseignements")
        assert "Appelez le bureau : il corrigera sa liste. 450 555-0199" in words(page)
        answer = await browser.submit("/membre/mes-renseignements", {"birth_date": "1"})
    assert answer.status_code == 422
    assert events(settings) == []
