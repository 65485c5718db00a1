"""A full disk, a locked, read-only or damaged file: 503 in French, and back by itself."""

import shutil
import sqlite3
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager, closing, suppress
from dataclasses import replace
from itertools import repeat
from pathlib import Path

import pytest

from app import create_app
from db import journal
from db.database import Database
from db.migrate import migrate
from settings import Settings
from tests.conftest import Browser, TurnedClock
from tests.faults.conftest import ROOT, Served
from tests.given import hidden, words
from tests.people import EVERYONE, FRANCOIS, NOBODY, SYLVIE, enrol
from web.portal import Portal

SORRY = "Rien n’est perdu. Réessayez dans une minute."


async def assert_sorry_then_served(
    browser: Browser, broken: AbstractAsyncContextManager[None]
) -> None:
    """Registering says sorry while it is broken, and works once it is not."""
    step_one = await browser.submit("/inscription", FRANCOIS.facts)
    access = FRANCOIS.access(hidden(step_one, "token"))
    async with broken:
        for url, body in (("/inscription", SYLVIE.facts), ("/inscription/acces", access)):
            refused = await browser.submit(url, body)
            assert refused.status_code == 503, url
            assert SORRY in words(refused), url
        assert (await browser.get("/")).status_code == 200
    done = await browser.follow("/inscription/acces", access)
    assert "Bonjour François Lapointe" in words(done)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of two megabytes."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", str(disk)]
    done = subprocess.run(mount, capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip(f"no file system may be mounted here: {done.stderr.strip()}")
    yield disk
    subprocess.run(["umount", str(disk)], check=True)


async def test_a_full_disk(small_disk: Path, settings: Settings, clock: TurnedClock) -> None:
    settings = replace(settings, database=small_disk / "portal.db")
    migrate(settings.database)
    app = create_app(settings, clock)

    @asynccontextmanager
    async def full() -> AsyncIterator[None]:
        filler = small_disk / "filler"
        with filler.open("wb", buffering=0) as file, suppress(OSError):
            while True:
                file.write(bytes(1024))
        # What room the log still has is used up too.
        with (
            closing(sqlite3.connect(settings.database, isolation_level=None)) as connection,
            pytest.raises(sqlite3.OperationalError, match="full"),
        ):
            connection.executemany(
                "INSERT INTO journal (at, event, actor) VALUES (1, ?, 'portal')",
                repeat(("x" * 4000,)),
            )
        yield
        filler.unlink()

    async with app.router.lifespan_context(app), Browser(app, settings.base_url) as browser:
        await enrol(app.state.portal.db, EVERYONE)
        await assert_sorry_then_served(browser, full())


async def test_a_file_that_may_not_grow(portal: Portal, browser: Browser) -> None:
    """As a full disk, where nothing may be mounted."""
    db = portal.db
    (pages,) = (await db.all("PRAGMA page_count"))[0]
    await db.write(lambda tx: tx.all(f"PRAGMA max_page_count = {pages}"))
    refusals = 0
    while refusals < 50:  # by then no page has room for another line, whatever its code
        try:
            await db.write(
                lambda tx: journal.write(
                    tx, "identify_failed", at=1, address="203.0.113.7", call_code="K7F3M"
                )
            )
        except sqlite3.OperationalError:
            refusals += 1
    refused = await browser.submit("/inscription", NOBODY.facts)
    assert refused.status_code == 503
    assert SORRY in words(refused)
    await db.write(lambda tx: tx.all(f"PRAGMA max_page_count = {2**30}"))
    assert (await browser.submit("/inscription", NOBODY.facts)).status_code == 422


async def test_a_lock_that_another_process_holds(
    portal: Portal, browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("db.database.BUSY_TIMEOUT", 0.05)
    hold = (
        "import fcntl, sys; f = open(sys.argv[1]); fcntl.flock(f, fcntl.LOCK_EX);"
        "print('held', flush=True); sys.stdin.read()"
    )
    lock = portal.db.path.with_name("portal.db.lock")

    @asynccontextmanager
    async def locked() -> AsyncIterator[None]:
        with subprocess.Popen(
            [sys.executable, "-c", hold, str(lock)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
        ) as holder:
            assert holder.stdout
            assert holder.stdout.readline() == b"held\n"
            yield
            holder.communicate()

    await assert_sorry_then_served(browser, locked())


async def test_a_transaction_of_a_program_that_does_not_know_our_lock(
    portal: Portal, browser: Browser
) -> None:
    await both_writers(portal.db, "PRAGMA busy_timeout = 50")

    @asynccontextmanager
    async def occupied() -> AsyncIterator[None]:
        with closing(sqlite3.connect(portal.db.path, isolation_level=None)) as stranger:
            stranger.execute("BEGIN IMMEDIATE")
            yield

    await assert_sorry_then_served(browser, occupied())


async def test_a_read_only_file(portal: Portal, browser: Browser) -> None:
    """One that not even root, who runs some tests, may write."""
    files = [portal.db.path, portal.db.path.with_name("portal.db-wal")]

    @asynccontextmanager
    async def read_only() -> AsyncIterator[None]:
        try:
            for file in files:
                done = subprocess.run(["chattr", "+i", str(file)], capture_output=True, check=False)
                if done.returncode:
                    pytest.skip(f"no file may be made immutable here: {done.stderr.decode()}")
            yield
        finally:
            for file in files:
                subprocess.run(["chattr", "-i", str(file)], capture_output=True, check=False)

    if not shutil.which("chattr"):
        pytest.skip("chattr is not installed here")
    await assert_sorry_then_served(browser, read_only())


async def test_a_connection_that_may_only_read(portal: Portal, browser: Browser) -> None:
    """As a read-only file, where nothing may be mounted."""

    @asynccontextmanager
    async def read_only() -> AsyncIterator[None]:
        await both_writers(portal.db, "PRAGMA query_only = ON")
        yield
        await both_writers(portal.db, "PRAGMA query_only = OFF")

    await assert_sorry_then_served(browser, read_only())


async def test_a_lock_file_that_cannot_be_opened(portal: Portal, browser: Browser) -> None:
    lock = portal.db.path.with_name("portal.db.lock")

    @asynccontextmanager
    async def unopenable() -> AsyncIterator[None]:
        lock.unlink()
        lock.mkdir()
        yield
        lock.rmdir()

    await assert_sorry_then_served(browser, unopenable())


@pytest.mark.parametrize("command", ["purge", "backup", "doctor"])
def test_a_command_ends_where_the_lock_file_cannot_be_opened(served: Served, command: str) -> None:
    """The thread of a connection left open would keep the process alive for ever."""
    lock = served.database.with_name("portal.db.lock")
    lock.unlink(missing_ok=True)
    lock.mkdir()
    done = subprocess.run(
        [sys.executable, str(ROOT / "manage.py"), command],
        env=served.environ,
        capture_output=True,
        text=True,
        check=False,
        timeout=20,
    )
    assert done.returncode == (0 if command == "backup" else 1), done.stderr
    assert "Traceback" not in done.stderr


async def test_a_damaged_file(portal: Portal, browser: Browser) -> None:
    path = portal.db.path
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    with path.open("r+b") as file:
        file.seek(4096)
        file.write(b"\x55" * (path.stat().st_size - 4096))
    refused = await browser.submit("/inscription", FRANCOIS.facts)
    assert refused.status_code == 503
    assert SORRY in words(refused)


async def both_writers(db: Database, pragma: str) -> None:
    for connection in (db._writer, db._counter):
        await connection.execute_fetchall(pragma)
