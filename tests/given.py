"""Where a test begins: an access that exists, a browser that is signed in, and reading a page."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import date
from functools import cache
from html import unescape

import httpx

from db import accounts, members
from db.accounts import Account
from db.database import Database
from members.annul import annul
from members.identify import Facts
from members.sessions import FULL, open_session
from security.passwords import HASHER
from security.throttle import Limit, source_at
from tests.conftest import Browser
from tests.people import Person
from web.cookies import SESSION, cookie_name
from web.portal import Portal


async def access(portal: Portal, person: Person, *, email: str = "", confirmed: bool = True) -> int:
    """Give that person an access, as one registered yesterday; gives the internal id."""
    member = await members.by_matricule(portal.db, person.matricule)
    assert member
    yesterday = portal.clock() - 86400
    account = Account(
        member_id=member.id,
        email=email or f"{person.matricule}@example.com",
        email_confirmed_at=yesterday if confirmed else None,
        password_hash=hash_of(person.password),
        password_changed_at=yesterday,
        consent_version="2026-11-23",
        consented_at=yesterday,
        language="fr",
        created_at=yesterday,
        frozen_at=None,
    )
    await portal.db.write(lambda tx: accounts.add(tx, account))
    return member.id


async def annulled(portal: Portal, person: Person) -> int:
    """Somebody registered in that person's name, and the office took it back; gives the id."""
    member_id, now = await access(portal, person), portal.clock()
    await portal.db.write(lambda tx: annul(tx, member_id, now=now, actor="office"))
    return member_id


async def session(browser: Browser, portal: Portal, person: Person, scope: str = FULL) -> int:
    """Sign that person in, with an access if there is none yet; gives the internal id."""
    member_id = await access(portal, person)
    now = portal.clock()
    cookie = await portal.db.write(lambda tx: open_session(tx, member_id, scope, now))
    name, base = cookie_name(portal.settings, SESSION), portal.settings.base_path
    browser.cookies.set(name, cookie, domain=browser.base_url.host, path=base or "/")
    return member_id


def facts(person: Person) -> Facts:
    """The four facts as they come out of the rules."""
    day, month, year = map(int, person.birth_date.split("/"))
    born = date(year, month, day)
    return Facts(person.matricule, person.family_name, born, person.postal_code)


def hidden(answer: httpx.Response, name: str) -> str:
    """The value of a hidden field of the page."""
    found = re.search(rf'name="{name}" value="([^"]+)"', answer.text)
    assert found, answer.text
    return unescape(found[1])


def without_codes(answer: httpx.Response | str) -> str:
    """The page without the call code, which no two answers share."""
    html = answer if isinstance(answer, str) else answer.text
    return re.sub(r"\b[2-9A-Z]{3}-[2-9A-Z]{2}\b", "", html)


def words(answer: httpx.Response | str) -> str:
    """What a person reads of a page, on one line, with ordinary spaces."""
    html = answer if isinstance(answer, str) else answer.text
    html = re.sub(r"<(style|script|title)\b.*?</\1>", "", html, flags=re.S)
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", html)).split())


def error_of(answer: httpx.Response, name: str) -> str:
    """The sentence beside a field, which must be tied to it by aria-describedby."""
    html = answer.text
    field = re.search(rf'<input id="{name}"[^>]*>', html)
    assert field, html
    assert 'aria-invalid="true"' in field[0]
    tied = re.search(r'aria-describedby="([^"]+)"', field[0])
    assert tied
    message = re.search(
        rf'<div class="message[ \w]*" id="{name}-message">(?:<ul.*?</ul>)?\s*'
        r'<p class="error">(.*?)</p>',
        html,
        re.S,
    )
    assert message, html
    assert f"{name}-message" in tied[1].split()
    return words(message[1])


async def fill(
    portal: Portal, limit: Limit, *subject: str | bytes, address: str = "203.0.113.7"
) -> None:
    """Use up what that address has of a limit, at once."""
    for _ in range(20_000):
        if await portal.throttle.take(limit, *subject, source=source_at(address)):
            return
    raise AssertionError("never refused")


@cache
def hash_of(password: str) -> str:
    """Its argon2id hash, computed once a test run."""
    return HASHER.hash(password)


@asynccontextmanager
async def statements(db: Database) -> AsyncIterator[list[str]]:
    """The SQL that every connection of the database runs meanwhile."""
    seen: list[str] = []
    connections = [db._writer, db._counter, *db._readers]
    for connection in connections:
        await connection.set_trace_callback(seen.append)
    try:
        yield seen
    finally:
        for connection in connections:
            await connection.set_trace_callback(None)  # type: ignore[arg-type]
