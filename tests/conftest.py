"""Fixtures: a real database file, the whole application, browsers over HTTP, a clock to turn."""

import email
import functools
import hashlib
import re
import sqlite3
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import closing
from dataclasses import replace
from datetime import datetime
from email import policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import brotli
import httpx
import pytest
from starlette.applications import Starlette

from app import create_app
from db.database import Database
from db.migrate import migrate
from mail.delivery import deliver_due
from mail.transports import Files
from security.tokens import token_hash
from settings import MONTREAL, Settings
from tests.people import EVERYONE, enrol
from web.cookies import SESSION, cookie_name
from web.portal import Portal


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(autouse=True, scope="session")
def _compressed_once() -> Iterator[None]:
    """Each test starts a whole portal: compressing the same pages again would cost 70 ms each."""
    compress = brotli.compress
    brotli.compress = functools.cache(compress)
    yield
    brotli.compress = compress


class TurnedClock:
    """A clock that stands still until a test turns it; starts on 23 November 2026, noon."""

    def __init__(self) -> None:
        self.now = int(datetime(2026, 11, 23, 12, tzinfo=MONTREAL).timestamp())

    def __call__(self) -> int:
        return self.now

    def turn(self, *, minutes: float = 0, hours: float = 0, days: float = 0) -> None:
        self.now += int(60 * (minutes + 60 * (hours + 24 * days)))


@pytest.fixture
def clock() -> TurnedClock:
    return TurnedClock()


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """An office's settings over a new, migrated, empty database file."""
    made = Settings(
        database=tmp_path / "portal.db",
        secret_keys=("a-secret-key-for-the-tests-of-the-portal",),
        mail_dir=tmp_path / "mail",
        office_name="Association des essais",
        office_phone="450 555-0199",
        office_email="bureau@example.org",
        privacy_officer="Jeanne Secrétaire",
        deliver_mail=False,
    )
    migrate(made.database)
    return made


@pytest.fixture
async def db(settings: Settings) -> AsyncIterator[Database]:
    """The database of `settings` with the cast of `tests.people` on its roster."""
    database = await Database.open(settings.database)
    await enrol(database, EVERYONE)
    yield database
    await database.close()


@pytest.fixture
async def app(settings: Settings, clock: TurnedClock) -> AsyncIterator[Starlette]:
    """The running application, the cast of `tests.people` on its roster."""
    application = create_app(settings, clock)
    async with application.router.lifespan_context(application):
        await enrol(application.state.portal.db, EVERYONE)
        yield application


@pytest.fixture
def portal(app: Starlette) -> Portal:
    made: Portal = app.state.portal
    return made


class Browser(httpx.AsyncClient):
    """A visitor with a cookie jar; `fragments()` is the same visitor's HTMX."""

    def __init__(self, app: Starlette, base_url: str, address: str = "203.0.113.7") -> None:
        super().__init__(
            transport=httpx.ASGITransport(app, raise_app_exceptions=False, client=(address, 4242)),
            base_url=base_url,
        )
        self._app = app

    def build_request(
        self, method: str, url: Any, *, data: Any = None, **how: Any
    ) -> httpx.Request:
        """A form of the section goes with what binds it to who is signed in (SECURITY X1).

        Unless the test gives that field itself: a page's own form has it.
        """
        fields = isinstance(data or {}, dict) and not how.get("content") and not how.get("files")
        if method == "POST" and "/membre" in str(url) and fields:
            data = {"made_for": self.made_for()} | (data or {})
        return super().build_request(method, url, data=data, **how)

    def made_for(self) -> str:
        """What a form that this visitor opens now would hold; nothing where nobody is signed in."""
        portal: Portal = self._app.state.portal
        cookie = self.cookies.get(cookie_name(portal.settings, SESSION))
        id_hash = token_hash(cookie or "")
        with closing(sqlite3.connect(portal.settings.database)) as connection:
            found = connection.execute(
                "SELECT member_id FROM session WHERE id_hash = ?", (id_hash,)
            ).fetchone()
        return portal.form_tokens.make(found[0], id_hash) if found else ""

    async def submit(
        self, url: str, fields: dict[str, str] | None = None, *, htmx: bool = False
    ) -> httpx.Response:
        """Post a form, without following where it leads.

        Two pages answer a form and have an address, so that they survive a reload: they are shown.
        """
        answer = await self.post(url, data=fields, headers=HTMX if htmx else {})
        shown = re.search(ANSWERS, answer.headers.get("location", ""))
        return await self.get(answer.url.join(answer.headers["location"])) if shown else answer

    async def follow(self, url: str, fields: dict[str, str] | None = None) -> httpx.Response:
        """Post a form as a browser without scripts: the page that it leads to."""
        return await self.post(url, data=fields, follow_redirects=True)

    async def fragment(self, url: str) -> httpx.Response:
        """Get a page as HTMX does."""
        return await self.get(url, headers=HTMX)


ANSWERS = "/(inscription/acces|mot-de-passe-oublie/envoye)/"
"""Step two, and « Vérifiez votre courriel »."""
HTMX = {"HX-Request": "true", "HX-Request-Type": "partial", "HX-Target": "main#main"}


@pytest.fixture
async def browsers(app: Starlette, settings: Settings) -> AsyncIterator[Callable[..., Browser]]:
    """Makes browsers: `browsers()`, each with its own cookies, or `browsers(address=…)`."""
    made: list[Browser] = []

    def make(address: str = "203.0.113.7") -> Browser:
        made.append(Browser(app, settings.base_url, address))
        return made[-1]

    yield make
    for browser in made:
        await browser.aclose()


@pytest.fixture
def browser(browsers: Callable[..., Browser]) -> Browser:
    return browsers()


class Post:
    """The mails that left: `await post.fetch()` delivers what is due and gives all of them."""

    def __init__(self, portal: Portal) -> None:
        self.portal = portal

    async def fetch(self) -> list[EmailMessage]:
        folder = self.portal.settings.mail_dir
        await deliver_due(self.portal.desk, Files(folder))
        return [
            email.message_from_bytes(file.read_bytes(), policy=policy.default)
            for file in sorted(folder.glob("*.eml"))
        ]

    async def last(self, recipient: str) -> EmailMessage:
        """The newest mail to that address."""
        return [mail for mail in await self.fetch() if mail["To"] == recipient][-1]

    async def temporary_password(self, recipient: str) -> str:
        """What the newest mail to that address says, in its groups."""
        found = re.search(r"\b\w{4}-\w{4}-\w{4}\b", self.text(await self.last(recipient)))
        assert found
        return found[0]

    @staticmethod
    def text(mail: EmailMessage) -> str:
        body = mail.get_body(("plain",))
        assert body
        content: str = body.get_content()
        return content


@pytest.fixture
def post(portal: Portal) -> Post:
    return Post(portal)


@pytest.fixture
def digest(settings: Settings) -> Callable[[], str]:
    """A digest of every row of every table: equal before and after means nothing was written."""

    def compute() -> str:
        with closing(sqlite3.connect(settings.database)) as connection:
            return hashlib.sha256("\n".join(connection.iterdump()).encode()).hexdigest()

    return compute


@pytest.fixture
def substance(settings: Settings) -> Callable[[], list[str]]:
    """Every row but those that count and journal tries: what a refused act must leave as it was."""
    tries = ('INSERT INTO "throttle"', 'INSERT INTO "journal"')

    def read() -> list[str]:
        with closing(sqlite3.connect(settings.database)) as connection:
            return [line for line in connection.iterdump() if not line.startswith(tries)]

    return read


@pytest.fixture
def https_settings(settings: Settings) -> Settings:
    """The same office behind TLS, below a path."""
    return replace(settings, base_url="https://exemple.org/portail")
