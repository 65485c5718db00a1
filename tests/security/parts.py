"""What the tests of the promises share: journeys in a line, reading the file, an event between."""

import re
import sqlite3
from collections.abc import Awaitable, Callable
from contextlib import closing
from dataclasses import replace
from html.parser import HTMLParser
from typing import Any

import httpx
from starlette.applications import Starlette

from routes import routes
from security.passwords import Passwords
from settings import Settings
from tests.conftest import Browser, Post
from tests.given import hidden
from tests.people import Person
from web.portal import Portal

ELSEWHERE = "198.51.100.23"
"""A network address that is not the member's."""


async def sign_in(browser: Browser, person: Person, password: str = "") -> httpx.Response:
    """The answer to the sign-in form."""
    fields = {"matricule": person.matricule, "password": password or person.password}
    return await browser.submit("/", fields)


async def recover(browser: Browser, portal: Portal, person: Person) -> httpx.Response:
    """The answer to « Mot de passe oublié ? », its captcha solved."""
    return await browser.submit(
        "/mot-de-passe-oublie", person.facts | await solved(browser, portal)
    )


async def solved(browser: Browser, portal: Portal) -> dict[str, str]:
    """The fields of a new captcha that a person read well."""
    token = hidden(await browser.get("/mot-de-passe-oublie"), "challenge")
    return {"challenge": token, "captcha": portal.challenges.answer(token) or ""}


async def temporary_password(browser: Browser, portal: Portal, post: Post, person: Person) -> str:
    """A temporary password, asked for and taken out of its mail."""
    await recover(browser, portal, person)
    mail = await post.last(f"{person.matricule}@example.com")
    found = re.search(r"\b[2-9A-Z]{4}-[2-9A-Z]{4}-[2-9A-Z]{4}\b", post.text(mail))
    assert found, post.text(mail)
    return found[0]


async def is_signed_in(browser: Browser) -> bool:
    """Whether this browser's cookies open the members' section."""
    return (await browser.get("/membre")).status_code == 200


def rows(settings: Settings, sql: str, parameters: tuple[Any, ...] = ()) -> list[Any]:
    """The rows of a query, read past the portal's own connections."""
    with closing(sqlite3.connect(settings.database)) as connection:
        return connection.execute(sql, parameters).fetchall()


def change(settings: Settings, sql: str, parameters: tuple[Any, ...] = ()) -> None:
    """What the office or time did to the file."""
    with closing(sqlite3.connect(settings.database, isolation_level=None)) as connection:
        connection.execute(sql, parameters)


def events(settings: Settings) -> list[str]:
    """The events of the journal, the oldest first."""
    return [row[0] for row in rows(settings, "SELECT event FROM journal ORDER BY id")]


def table(method: str, settings: Settings) -> list[str]:
    """The paths of every route of that method, its parameters filled in."""
    filled = {
        "{token}": "abc.def.ghi",
        "{form}": "identite",
        "{field}": "matricule",
        "{name}": "portal.js",
        "{turn:int}": "1",
    }
    paths = []
    for route in routes(replace(settings, development=True)):
        path = route.path
        for name, value in filled.items():
            path = path.replace(name, value)
        if method in (route.methods or ()):
            paths.append(path)
    return paths


class Interrupted(Passwords):
    """Real passwords; `meanwhile` happens once, just after a verification."""

    meanwhile: Callable[[], Awaitable[object]] | None = None

    async def verify(self, password_hash: str | None, password: str) -> bool:
        answer = await super().verify(password_hash, password)
        meanwhile, self.meanwhile = self.meanwhile, None
        if meanwhile:
            await meanwhile()
        return answer


def interrupted(app: Starlette) -> Interrupted:
    """Let something happen while the portal verifies a password."""
    passwords = Interrupted()
    app.state.portal = replace(app.state.portal, passwords=passwords)
    return passwords


class Page(HTMLParser):
    """The tags of a page with their attributes, and its text."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str]]] = []
        self.text = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, {name: value or "" for name, value in attrs}))

    def handle_data(self, data: str) -> None:
        self.text += data

    def all(self, *names: str) -> list[dict[str, str]]:
        """The attributes of every tag of these names."""
        return [attributes for tag, attributes in self.tags if tag in names]
