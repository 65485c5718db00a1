"""Connections and transactions, on a real file."""

import asyncio
import fcntl
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import pytest

from db import database
from db.database import Database, DatabaseBusy, FileLock, Transaction, sqlite_version, transaction
from settings import Settings

HOLD = """
import fcntl, os, sys
descriptor = os.open(sys.argv[1], os.O_RDWR | os.O_CREAT)
fcntl.flock(descriptor, fcntl.LOCK_EX)
print("held", flush=True)
sys.stdin.read()
"""


async def note(tx: Transaction, event: str = "x") -> None:
    await tx.execute("INSERT INTO journal (at, event, actor) VALUES (1, ?, 'portal')", (event,))


async def count(db: Database) -> int:
    row = await db.one("SELECT count(*) FROM journal")
    assert row
    return int(row[0])


@contextmanager
def another_process_holds(path: Path) -> Iterator[None]:
    lock = path.with_name(path.name + ".lock")
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, str(lock)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as holder:
        assert holder.stdout
        assert holder.stdin
        assert holder.stdout.readline() == b"held\n"
        try:
            yield
        finally:
            holder.stdin.close()


async def test_a_write_is_read_by_every_reader(db: Database) -> None:
    await db.write(note)
    assert [await count(db) for _ in range(4)] == [1, 1, 1, 1]


async def test_a_write_gives_what_its_work_gives(db: Database) -> None:
    async def work(tx: Transaction) -> int:
        await note(tx)
        return await tx.execute("UPDATE member SET active = 0 WHERE active")

    assert await db.write(work) == 5


async def test_a_transaction_reads_what_it_wrote(db: Database) -> None:
    async def work(tx: Transaction) -> object:
        await note(tx, "mine")
        return await tx.one("SELECT event FROM journal"), await count(db)

    assert await db.write(work) == (("mine",), 0)


async def test_a_fault_undoes_the_whole_transaction(db: Database) -> None:
    async def work(tx: Transaction) -> None:
        await note(tx)
        raise LookupError

    with pytest.raises(LookupError):
        await db.write(work)
    assert await count(db) == 0
    await db.write(note)
    assert await count(db) == 1


async def test_a_broken_rule_of_the_schema_undoes_it_too(db: Database) -> None:
    async def work(tx: Transaction) -> None:
        await note(tx)
        await tx.execute("INSERT INTO session VALUES (x'00', 987654, 'full', 1, 1)")

    with pytest.raises(sqlite3.IntegrityError):
        await db.write(work)
    assert await count(db) == 0


async def test_a_cancelled_caller_leaves_the_transaction_whole(db: Database) -> None:
    begun, go_on = asyncio.Event(), asyncio.Event()

    async def work(tx: Transaction) -> None:
        await note(tx, "before")
        begun.set()
        await go_on.wait()
        await note(tx, "after")

    caller = asyncio.create_task(db.write(work))
    await begun.wait()
    caller.cancel()
    with pytest.raises(asyncio.CancelledError):
        await caller
    assert await count(db) == 0
    go_on.set()
    await db.write(note)
    assert [row[0] for row in await db.all("SELECT event FROM journal")] == ["before", "after", "x"]


async def test_a_caller_cancelled_while_waiting_is_written_too(db: Database) -> None:
    """Who waits for the lock has been promised a turn; the file shows the one or the other."""
    begun, go_on = asyncio.Event(), asyncio.Event()

    async def work(tx: Transaction) -> None:
        begun.set()
        await go_on.wait()

    first = asyncio.create_task(db.write(work))
    await begun.wait()
    second = asyncio.create_task(db.write(note))
    await asyncio.sleep(0)
    second.cancel()
    go_on.set()
    await first
    await db.close()
    reopened = await Database.open(db.path)
    assert await count(reopened) == 1
    await reopened.close()


async def test_writes_at_once_take_turns(db: Database) -> None:
    async def work(tx: Transaction) -> None:
        row = await tx.one("SELECT count(*) FROM journal")
        assert row
        await asyncio.sleep(0)
        await note(tx, str(row[0]))

    await asyncio.gather(*(db.write(work) for _ in range(20)))
    events = [row[0] for row in await db.all("SELECT event FROM journal ORDER BY id")]
    assert events == [str(number) for number in range(20)]


async def test_a_rollback_never_undoes_a_neighbour(db: Database) -> None:
    async def work(tx: Transaction, number: int) -> None:
        await note(tx, str(number))
        await asyncio.sleep(0)
        if number % 2:
            raise LookupError

    await asyncio.gather(
        *(db.write(partial(work, number=number)) for number in range(10)),
        return_exceptions=True,
    )
    events = [row[0] for row in await db.all("SELECT event FROM journal ORDER BY id")]
    assert events == ["0", "2", "4", "6", "8"]


async def test_readers_cannot_write(db: Database) -> None:
    for read in (db.all, db.all, db.one):
        with pytest.raises(sqlite3.OperationalError, match="readonly"):
            await read("DELETE FROM member")


async def test_each_connection_keeps_what_it_promises(db: Database) -> None:
    for connection in (db._writer, *db._readers):
        for pragma, value in (
            ("journal_mode", "wal"),
            ("synchronous", 2),
            ("foreign_keys", 1),
            ("busy_timeout", 5000),
        ):
            ((found,),) = await connection.execute_fetchall(f"PRAGMA {pragma}")
            assert found == value, pragma


async def test_a_decorated_function_is_one_transaction(db: Database) -> None:
    @transaction
    async def twice(tx: Transaction, event: str, *, fail: bool = False) -> str:
        """Write two events."""
        await note(tx, event)
        if fail:
            raise LookupError
        await note(tx, event)
        return event

    assert await twice(db, "a") == "a"
    with pytest.raises(LookupError):
        await twice(db, "b", fail=True)
    assert await count(db) == 2
    assert twice.__doc__ == "Write two events."


async def test_nobody_writes_while_another_process_holds_the_lock(
    db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database, "BUSY_TIMEOUT", 0.05)
    with another_process_holds(db.path):
        with pytest.raises(DatabaseBusy):
            await db.write(note)
        assert await count(db) == 0
    await db.write(note)
    assert await count(db) == 1


async def test_a_write_waits_for_the_lock_and_the_loop_goes_on(db: Database) -> None:
    with another_process_holds(db.path):
        writing = asyncio.create_task(db.write(note))
        for _ in range(5):
            await asyncio.sleep(0.005)
        assert not writing.done()
        assert await count(db) == 0
    await writing
    assert await count(db) == 1


async def test_the_lock_is_held_until_the_transaction_ends(db: Database) -> None:
    async def work(tx: Transaction) -> bool:
        return FileLock(db.path)._take(fcntl.LOCK_EX | fcntl.LOCK_NB)

    assert await db.write(work) is False
    with FileLock(db.path) as free:
        assert free._descriptor is not None


async def test_the_lock_ends_with_its_process(db: Database) -> None:
    with another_process_holds(db.path):
        pass
    await db.write(note)


async def test_another_connection_that_writes_makes_it_wait(
    db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A tool of the operator's takes no lock of ours; SQLite's own then decides."""
    await db._writer.execute_fetchall("PRAGMA busy_timeout = 10")
    other = sqlite3.connect(db.path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises((sqlite3.OperationalError, DatabaseBusy)):
        await db.write(note)
    other.execute("ROLLBACK")
    other.close()
    await db.write(note)


async def test_close_waits_for_what_is_under_way(settings: Settings) -> None:
    db = await Database.open(settings.database)
    begun, go_on = asyncio.Event(), asyncio.Event()

    async def work(tx: Transaction) -> None:
        begun.set()
        await go_on.wait()
        await note(tx)

    writing = asyncio.create_task(db.write(work))
    await begun.wait()
    closing = asyncio.create_task(db.close())
    await asyncio.sleep(0.01)
    assert not closing.done()
    go_on.set()
    await closing
    await writing
    again = await Database.open(settings.database)
    assert await count(again) == 1
    await again.close()


async def threads_end(before: set[threading.Thread]) -> None:
    """A connection's thread that stays would hang the process at its exit."""
    for thread in set(threading.enumerate()) - before:
        if "connection_worker" in thread.name:
            await asyncio.to_thread(thread.join, 5)
            assert not thread.is_alive()


async def test_a_missing_file_is_not_created(tmp_path: Path) -> None:
    before = set(threading.enumerate())
    with pytest.raises(sqlite3.OperationalError):
        await Database.open(tmp_path / "none.db")
    assert list(tmp_path.iterdir()) == []
    await threads_end(before)


async def test_a_file_that_is_no_database_leaves_no_connection_open(tmp_path: Path) -> None:
    path = tmp_path / "portal.db"
    path.write_bytes(b"matricule,nom\n" * 100)
    before = set(threading.enumerate())
    with pytest.raises(sqlite3.DatabaseError) as refused:
        await Database.open(path)
    await threads_end(before)
    assert refused


async def test_closing_ends_every_thread(settings: Settings) -> None:
    before = set(threading.enumerate())
    db = await Database.open(settings.database, readers=3)
    opened = set(threading.enumerate()) - before
    # Closed before anything is judged: an open connection would hang the whole run at its end.
    await db.close()
    assert len(opened) == 5
    await threads_end(before)


async def test_a_path_of_odd_characters_opens(settings: Settings) -> None:
    odd = settings.database.with_name("à 100 %?#.db")
    settings.database.rename(odd)
    db = await Database.open(odd)
    await db.write(note)
    await db.close()
    assert {path.name for path in odd.parent.glob("*.db*")} >= {odd.name}
    assert len(list(odd.parent.glob("*.db"))) == 1


async def test_a_killed_process_loses_nothing_acknowledged(settings: Settings) -> None:
    script = """
import asyncio, os, signal, sys
from pathlib import Path
from db.database import Database
async def main():
    db = await Database.open(Path(sys.argv[1]))
    async def done(tx):
        await tx.execute("INSERT INTO journal (at, event, actor) VALUES (1, 'kept', 'portal')")
    async def torn(tx):
        await tx.execute("INSERT INTO journal (at, event, actor) VALUES (1, 'torn', 'portal')")
        os.kill(os.getpid(), signal.SIGKILL)
    await db.write(done)
    await db.write(torn)
asyncio.run(main())
"""
    killed = subprocess.run(
        [sys.executable, "-c", script, str(settings.database)],
        cwd=Path(__file__).parents[2],
        check=False,
    )
    assert killed.returncode == -9
    db = await Database.open(settings.database)
    assert await db.all("SELECT event FROM journal") == [("kept",)]
    await db.write(note)
    await db.close()


def test_the_version_of_sqlite_is_told() -> None:
    assert sqlite_version() == sqlite3.sqlite_version


async def test_a_single_row_waits_for_a_file_that_is_held_without_stopping_the_loop(
    settings: Settings,
) -> None:
    # Without WAL a writer holds readers up, as a recovery or an odd tool would.
    holder = sqlite3.connect(settings.database, isolation_level=None)
    holder.execute("PRAGMA journal_mode = DELETE")
    holder.execute("BEGIN")
    holder.execute("SELECT count(*) FROM member").fetchone()
    db = await Database.open(settings.database)
    holder.execute("COMMIT")
    try:
        holder.execute("BEGIN EXCLUSIVE")
        reading = asyncio.create_task(db.one("SELECT count(*) FROM member"))
        await asyncio.sleep(0.1)
        assert not reading.done()
        holder.execute("COMMIT")
        assert await reading == (0,)
    finally:
        await db.close()
        holder.close()
