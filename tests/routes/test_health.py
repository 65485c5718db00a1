"""`/sante`, as a monitor sees it."""

import sqlite3
from contextlib import closing
from pathlib import Path
from types import SimpleNamespace

import pytest

from db import outbox
from db.migrate import LATEST
from tests.conftest import Browser, TurnedClock
from web.portal import Portal


async def test_all_is_well(browser: Browser) -> None:
    answer = await browser.get("/sante")
    assert (answer.status_code, answer.text) == (200, "ok")
    assert answer.headers["cache-control"] == "no-store"


async def test_pending_migrations(browser: Browser, portal: Portal) -> None:
    with closing(sqlite3.connect(portal.db.path)) as connection:
        connection.execute(f"PRAGMA user_version = {LATEST - 1}")
    answer = await browser.get("/sante")
    assert (answer.status_code, answer.text) == (503, "mise à niveau")


async def test_a_database_that_cannot_be_read(browser: Browser, portal: Portal) -> None:
    with closing(sqlite3.connect(portal.db.path, isolation_level=None)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    with Path(portal.db.path).open("r+b") as file:
        file.write(b"\x55" * portal.db.path.stat().st_size)
    answer = await browser.get("/sante")
    assert (answer.status_code, answer.text) == (503, "base de données")
    assert str(portal.db.path) not in answer.text


async def test_a_disk_that_is_nearly_full(
    browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    nearly_full = SimpleNamespace(f_flag=0, f_bavail=10, f_frsize=4096)
    monkeypatch.setattr("routes.health.os.statvfs", lambda path: nearly_full)
    answer = await browser.get("/sante")
    assert (answer.status_code, answer.text) == (503, "disque")


async def test_mail_that_is_stuck(browser: Browser, portal: Portal, clock: TurnedClock) -> None:
    now = clock()
    await portal.db.write(
        lambda tx: tx.execute(
            "INSERT INTO outbox (kind, recipient, queued_at, next_attempt_at)"
            " VALUES ('welcome', 'a@example.com', ?, ?)",
            (now, now),
        )
    )
    clock.turn(minutes=59)
    assert (await browser.get("/sante")).status_code == 200
    clock.turn(minutes=2)
    answer = await browser.get("/sante")
    assert (answer.status_code, answer.text) == (503, "courriel")
    # Held by a restoration, it waits for the office and not for the server.
    await portal.db.write(lambda tx: outbox.hold(tx, "retenu"))
    assert (await browser.get("/sante")).status_code == 200
