"""Putting a backup in place: what comes back, what is emptied, what is kept aside."""

import asyncio
import sqlite3
import subprocess
import sys
from contextlib import closing
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import pytest

from db import accounts, annulments, members, outbox, recoveries
from db.annulments import Annulment
from db.database import Database, DatabaseBusy, Transaction
from db.migrate import LATEST, MIGRATIONS, SchemaTooNew, migrate, pending
from members.sessions import FULL, open_session
from settings import MONTREAL, Settings
from tests.conftest import TurnedClock
from tests.people import EVERYONE, FRANCOIS, enrol
from upkeep.archive import NotABackup
from upkeep.backup import make
from upkeep.restore import HELD, drop_aside, restore

NOON = datetime(2026, 11, 23, 12, tzinfo=MONTREAL)


async def filled(settings: Settings, now: int) -> None:
    """A portal under use: an access with a session, a temporary password, a mail that waits."""
    db = await Database.open(settings.database)
    await enrol(db, EVERYONE)
    member = await members.by_matricule(db, FRANCOIS.matricule)
    assert member
    account = accounts.Account(
        member.id, "f@example.com", now, "hash", now, "2026", now, "fr", now, None
    )

    async def work(tx: Transaction) -> None:
        await accounts.add(tx, account)
        await open_session(tx, member.id, FULL, now)
        await recoveries.add(tx, b"hmac", member.id, now, now + 3600)
        await outbox.add(
            tx, "welcome", "f@example.com", now=now, lapses_at=now + 3600, member_id=member.id
        )
        await outbox.add(
            tx, "welcome", "sent@example.com", now=now, lapses_at=now + 3600, member_id=member.id
        )
        await outbox.mark_sent(tx, 2, now)
        await annulments.put(tx, Annulment(2, now, 7, b"hmac", now + 3600))
        await tx.execute(
            "INSERT INTO throttle (key, tries, until, allowed, forget) VALUES (x'00', 1, 1, 1, 1)"
        )

    await db.write(work)
    await db.close()


def rows(database: Path, sql: str) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(database)) as connection:
        return connection.execute(sql).fetchall()


async def test_a_backup_comes_back(settings: Settings, clock: TurnedClock, tmp_path: Path) -> None:
    await filled(settings, clock())
    made = await asyncio.to_thread(make, settings, tmp_path / "b", NOON)
    db = await Database.open(settings.database)
    await db.write(lambda tx: tx.execute("DELETE FROM account"))
    await db.close()

    restored = await restore(settings, made.path, clock())

    assert rows(settings.database, "SELECT email FROM account") == [("f@example.com",)]
    for table in ("session", "recovery", "throttle"):
        assert rows(settings.database, f"SELECT * FROM {table}") == [], table
    # The code may have been used since; whose access was taken back still needs one.
    assert rows(settings.database, "SELECT * FROM annulment") == [(2, clock(), 7, None, None)]
    assert rows(
        settings.database, "SELECT recipient, next_attempt_at, last_error FROM outbox ORDER BY id"
    ) == [("f@example.com", None, HELD), ("sent@example.com", None, None)]
    assert restored.held == 1
    assert rows(settings.database, "SELECT event FROM journal") == [("restored",)]
    assert restored.aside is not None
    assert rows(restored.aside, "SELECT count(*) FROM account") == [(0,)]
    assert rows(restored.aside, "SELECT count(*) FROM member") == [(len(EVERYONE),)]
    assert not list(tmp_path.glob(".restauration*"))


async def test_nothing_is_restored_while_somebody_has_the_database(
    db: Database, settings: Settings, clock: TurnedClock, tmp_path: Path
) -> None:
    made = await asyncio.to_thread(make, settings, tmp_path / "b", NOON)
    with pytest.raises(DatabaseBusy):
        await restore(settings, made.path, clock())


async def test_nobody_opens_the_database_while_it_is_replaced(settings: Settings) -> None:
    from db.database import use_of

    lock = use_of(settings.database)
    lock.seize()
    with pytest.raises(DatabaseBusy):
        await Database.open(settings.database)
    lock.release()
    await (await Database.open(settings.database)).close()


async def test_a_damaged_backup_changes_nothing(
    settings: Settings, clock: TurnedClock, tmp_path: Path
) -> None:
    await filled(settings, clock())
    made = await asyncio.to_thread(make, settings, tmp_path / "b", NOON)
    made.path.write_bytes(made.path.read_bytes()[:-200])
    before = settings.database.read_bytes()
    with pytest.raises(NotABackup):
        await restore(settings, made.path, clock())
    assert settings.database.read_bytes() == before
    assert not list(tmp_path.glob("*.avant-*"))


async def test_a_damaged_present_file_is_kept_with_its_log(
    settings: Settings, clock: TurnedClock, tmp_path: Path
) -> None:
    await filled(settings, clock())
    made = await asyncio.to_thread(make, settings, tmp_path / "b", NOON)
    settings.database.write_bytes(b"not a database" * 1000)
    wal = settings.database.with_name("portal.db-wal")
    wal.write_bytes(b"what was not yet folded in")
    restored = await restore(settings, made.path, clock())
    assert restored.aside
    assert restored.aside.read_bytes().startswith(b"not a database")
    assert Path(f"{restored.aside}-wal").read_bytes() == b"what was not yet folded in"
    assert rows(settings.database, "SELECT count(*) FROM account") == [(1,)]


async def test_what_was_kept_aside_is_erased_after_thirty_days(
    settings: Settings, clock: TurnedClock, tmp_path: Path
) -> None:
    made = await asyncio.to_thread(make, settings, tmp_path / "b", NOON)
    settings.database.with_name("portal.db-wal").write_bytes(b"of a damaged file")
    aside = (await restore(settings, made.path, clock())).aside
    assert aside
    others = [settings.database.with_name(f"portal.db.avant-{end}") for end in ("moi", "1")]
    for file in others:
        file.touch()
    clock.turn(days=29)
    assert drop_aside(settings.database, clock()) == 0
    assert aside.exists()
    clock.turn(days=2)
    assert drop_aside(settings.database, clock()) == 1
    assert not aside.exists()
    assert not Path(f"{aside}-wal").exists()
    assert all(file.exists() for file in [settings.database, *others])


async def test_an_older_backup_is_brought_to_this_version(
    settings: Settings, clock: TurnedClock, tmp_path: Path
) -> None:
    old = replace(settings, database=tmp_path / "old" / "portal.db")
    first = tmp_path / "first"
    first.mkdir()
    script = min(MIGRATIONS.glob("*.sql"))
    (first / script.name).write_bytes(script.read_bytes())
    migrate(old.database, first)
    made = await asyncio.to_thread(make, old, tmp_path / "b", NOON)
    await restore(settings, made.path, clock())
    assert rows(settings.database, "PRAGMA user_version") == [(LATEST,)]


async def test_a_newer_backup_is_refused(
    settings: Settings, clock: TurnedClock, tmp_path: Path
) -> None:
    newer = replace(settings, database=tmp_path / "newer" / "portal.db")
    migrate(newer.database)
    with closing(sqlite3.connect(newer.database)) as connection:
        connection.execute(f"PRAGMA user_version = {LATEST + 1}")
    made = await asyncio.to_thread(make, newer, tmp_path / "b", NOON)
    with pytest.raises(SchemaTooNew):
        await restore(settings, made.path, clock())


async def test_a_new_machine_takes_the_key_of_the_backup(
    settings: Settings, clock: TurnedClock, tmp_path: Path
) -> None:
    await filled(settings, clock())
    made = await asyncio.to_thread(make, settings, tmp_path / "b", NOON)
    key_file = tmp_path / "new" / "portal.key"
    new = replace(settings, database=tmp_path / "new" / "portal.db", key_file=key_file)
    migrate(new.database)
    key_file.write_text("the-key-that-was-generated-with-it\n")
    assert (await restore(new, made.path, clock())).key_taken
    assert tuple(key_file.read_text().split()) == settings.secret_keys


async def test_where_members_are_the_present_key_stays(
    settings: Settings, clock: TurnedClock, tmp_path: Path
) -> None:
    await filled(settings, clock())
    made = await asyncio.to_thread(make, settings, tmp_path / "b", NOON)
    key_file = tmp_path / "portal.key"
    key_file.write_text("the-key-that-has-been-rotated-since\n")
    assert not (await restore(replace(settings, key_file=key_file), made.path, clock())).key_taken
    assert key_file.read_text() == "the-key-that-has-been-rotated-since\n"


HALF_WRITTEN = """
import os, sqlite3, sys
connection = sqlite3.connect(sys.argv[1], isolation_level=None)
connection.execute("PRAGMA journal_mode=DELETE")
connection.execute("PRAGMA cache_size=1")
connection.execute("BEGIN IMMEDIATE")
connection.execute("UPDATE member SET family_name = 'Half', family_key = hex(randomblob(3000))")
os.kill(os.getpid(), 9)
"""


def leave_half_written(database: Path) -> None:
    """A writer without a log, killed in the middle: its journal lies beside the file."""
    subprocess.run([sys.executable, "-c", HALF_WRITTEN, str(database)], check=False)
    assert Path(f"{database}-journal").stat().st_size > 0


def has_log(database: Path) -> bool:
    return database.read_bytes()[18:20] == b"\x02\x02"


async def test_what_is_restored_has_its_log(
    settings: Settings, clock: TurnedClock, tmp_path: Path
) -> None:
    await filled(settings, clock())
    made = await asyncio.to_thread(make, settings, tmp_path / "b", NOON)
    await restore(settings, made.path, clock())
    assert has_log(settings.database)
    assert not list(settings.database.parent.glob("portal.db-*"))


async def test_a_file_without_its_log_gets_it_again(settings: Settings, clock: TurnedClock) -> None:
    await filled(settings, clock())
    with closing(sqlite3.connect(settings.database)) as connection:
        connection.execute("PRAGMA journal_mode=DELETE")
    assert not has_log(settings.database)
    db = await Database.open(settings.database)
    await db.close()
    assert has_log(settings.database)


@pytest.mark.parametrize("opens", ["server", "backup", "pending"])
async def test_whoever_opens_first_undoes_what_was_half_written(
    opens: str, settings: Settings, clock: TurnedClock, tmp_path: Path
) -> None:
    await filled(settings, clock())
    leave_half_written(settings.database)
    match opens:
        case "server":
            db = await Database.open(settings.database)
            assert await db.all("SELECT id FROM member WHERE family_name = 'Half'") == []
            await db.close()
        case "backup":
            await asyncio.to_thread(make, settings, tmp_path / "b", NOON)
        case "pending":
            assert pending(settings.database) == 0
    assert not Path(f"{settings.database}-journal").exists()
    assert rows(settings.database, "SELECT id FROM member WHERE family_name = 'Half'") == []
    assert rows(settings.database, "PRAGMA integrity_check") == [("ok",)]


async def test_no_journal_of_the_file_before_is_played_into_the_new_one(
    settings: Settings, clock: TurnedClock, tmp_path: Path
) -> None:
    await filled(settings, clock())
    made = await asyncio.to_thread(make, settings, tmp_path / "b", NOON)
    leave_half_written(settings.database)
    restored = await restore(settings, made.path, clock())
    assert restored.aside
    assert rows(restored.aside, "SELECT id FROM member WHERE family_name = 'Half'") == []
    # One that is not to be played back goes aside as well.
    Path(f"{settings.database}-journal").write_bytes(bytes(512))
    restored = await restore(settings, made.path, clock() + 1)
    assert not Path(f"{settings.database}-journal").exists()
    assert restored.aside
    assert Path(f"{restored.aside}-journal").exists()
    migrate(settings.database)
    assert rows(settings.database, "PRAGMA integrity_check") == [("ok",)]
    assert rows(settings.database, "SELECT count(*) FROM member") == [(len(EVERYONE),)]
    assert drop_aside(settings.database, clock() + 40 * 24 * 3600) == 2
    assert not list(settings.database.parent.glob("*avant*"))
