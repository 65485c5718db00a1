"""Connections to the SQLite file: one writer behind a lock, a few read-only readers.

Each has a thread of its own (aiosqlite), but the one that reads single rows: a row by its key takes
15 µs, and the way to another thread and back ten times that.
"""

import asyncio
import contextlib
import fcntl
import functools
import os
import sqlite3
import time
from collections.abc import Awaitable, Callable, Coroutine, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Concatenate, ParamSpec, Protocol, Self, TypeVar
from urllib.parse import quote

import aiosqlite

BUSY_TIMEOUT = 5.0
"""Seconds that a transaction waits for another process before it gives up."""
PRAGMAS = ("foreign_keys=ON", "trusted_schema=OFF", "temp_store=MEMORY", "secure_delete=ON")
"""Sorting and staging stay in memory: personal facts are not for a temporary folder. What is
deleted is overwritten, which Debian's SQLite does by itself and others do not."""

P = ParamSpec("P")
T = TypeVar("T")
Parameters = Sequence[Any] | Mapping[str, Any]
Row = tuple[Any, ...]


class DatabaseBusy(Exception):
    """Another process held the writer's lock for longer than `BUSY_TIMEOUT`."""


class Reader(Protocol):
    """What a read needs: the database itself, or a transaction under way."""

    async def all(self, sql: str, parameters: Parameters = ()) -> list[Row]: ...

    async def one(self, sql: str, parameters: Parameters = ()) -> Row | None: ...


class Counter(Protocol):
    """What counting a try needs: the database itself, or a transaction under way."""

    async def count(self, sql: str, parameters: Parameters = ()) -> list[Row]: ...


class Transaction:
    """The writer's connection between BEGIN IMMEDIATE and COMMIT."""

    def __init__(self, connection: aiosqlite.Connection) -> None:
        self._connection = connection

    async def all(self, sql: str, parameters: Parameters = ()) -> list[Row]:
        """The rows of a statement, `RETURNING` included."""
        return await _rows(self._connection, sql, parameters)

    async def one(self, sql: str, parameters: Parameters = ()) -> Row | None:
        """The first row of a statement, or None."""
        rows = await self.all(sql, parameters)
        return rows[0] if rows else None

    async def count(self, sql: str, parameters: Parameters = ()) -> list[Row]:
        """Run one writing statement; gives the rows that it returns."""
        return await self.all(sql, parameters)

    async def execute(self, sql: str, parameters: Parameters = ()) -> int:
        """Run one statement; gives the number of rows it changed."""
        async with self._connection.execute(sql, parameters) as cursor:
            return cursor.rowcount

    async def execute_many(self, sql: str, rows: Iterable[Parameters]) -> None:
        """Run one statement for each of `rows`."""
        async with self._connection.executemany(sql, rows):
            pass


class Database:
    """One SQLite file; open it with `await Database.open(path)`, end it with `close()`."""

    def __init__(
        self,
        path: Path,
        writer: aiosqlite.Connection,
        counter: aiosqlite.Connection,
        readers: list[aiosqlite.Connection],
        rows: sqlite3.Connection,
        in_use: "FileLock",
    ) -> None:
        self.path = path
        self._in_use = in_use
        self._single_rows = rows
        self._writer = writer
        self._counter = counter
        self._readers = readers
        self._turn = 0
        self._writing = asyncio.Lock()
        self._file_lock = FileLock(path)
        self._under_way: set[asyncio.Task[Any]] = set()

    @classmethod
    async def open(cls, path: Path, *, readers: int = 2) -> Self:
        """Open the file at `path`, which must exist and be migrated already.

        Raises `DatabaseBusy` while the file is being replaced.
        """
        in_use = _use(path)
        try:
            roll_back(path)
        except BaseException:
            in_use.release()
            raise
        connections: list[aiosqlite.Connection] = []
        try:
            connections += [await _connect(path, "rw")]
            await _have_log(path, connections[0])
            connections += [await _connect(path, "rw", synchronous="NORMAL")]
            connections += [await _connect(path, "ro") for _ in range(readers)]
            rows = _connect_here(path)
        except BaseException:
            await _close_all(connections)
            in_use.release()
            raise
        return cls(path, connections[0], connections[1], connections[2:], rows, in_use)

    async def close(self) -> None:
        """Wait for the transactions under way, then close every connection.

        All are closed, for the thread of one left open would keep the process alive, even where
        the lock cannot be had: that is raised, as `DatabaseBusy` or `sqlite3.OperationalError`.
        """
        if self._under_way:
            await asyncio.wait(self._under_way)
        self._single_rows.close()
        locked = False
        try:
            await self._file_lock.acquire()  # the last connection to close writes a checkpoint
            locked = True
        finally:
            await _close_all([*self._readers, self._counter, self._writer])
            if locked:
                self._file_lock.release()
            self._in_use.release()

    async def all(self, sql: str, parameters: Parameters = ()) -> list[Row]:
        """The rows of a read."""
        self._turn = (self._turn + 1) % len(self._readers)
        return await _rows(self._readers[self._turn], sql, parameters)

    async def one(self, sql: str, parameters: Parameters = ()) -> Row | None:
        """The first row of a read, or None: for what an index finds, because the loop waits.

        In WAL no writer holds a read up; where something else does, a reader's thread waits for it.
        """
        try:
            row: Row | None = self._single_rows.execute(sql, parameters).fetchone()
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY:
                raise
            rows = await self.all(sql, parameters)
            return rows[0] if rows else None
        return row

    async def write(self, work: Callable[[Transaction], Awaitable[T]]) -> T:
        """Run `work` in one transaction: committed when it returns, undone when it raises.

        A caller who is cancelled leaves the transaction to run to its end: a cancelled await
        inside BEGIN would leave the shared writer in the middle of it. Raises `DatabaseBusy`.
        """
        return await self._to_its_end(self._run(work))

    async def count(self, sql: str, parameters: Parameters = ()) -> list[Row]:
        """Run one writing statement by itself; gives the rows that it returns.

        Like every commit it survives a killed process; unlike `write` it does not wait for the
        disk, so a power cut may undo it: for counting tries, where speed matters more.
        """
        return await self._to_its_end(self._count(sql, parameters))

    async def _to_its_end(self, coroutine: Coroutine[Any, Any, T]) -> T:
        task = asyncio.create_task(coroutine)
        self._under_way.add(task)
        task.add_done_callback(self._under_way.discard)
        return await asyncio.shield(task)

    async def _count(self, sql: str, parameters: Parameters) -> list[Row]:
        async with self._writing:
            await self._file_lock.acquire()
            try:
                return await _rows(self._counter, sql, parameters)
            finally:
                self._file_lock.release()

    async def scrub(self) -> None:
        """Fold the write-ahead log into the file and empty it: it holds pages from before.

        What a reader still needs stays for the next time.
        """
        async with self._writing:
            await self._file_lock.acquire()
            try:
                await self._writer.execute_fetchall("PRAGMA wal_checkpoint(TRUNCATE)")
            finally:
                self._file_lock.release()

    async def stage(self, work: Callable[[Transaction], Awaitable[T]]) -> T:
        """Run `work`, which writes TEMP tables only, on the writer's connection.

        Deferred and without the file lock: it reads one state of the file, and other processes
        write meanwhile. For commands: this process's own writes wait.
        """
        async with self._writing:
            await self._writer.execute_fetchall("BEGIN")
            try:
                return await work(Transaction(self._writer))
            finally:
                if self._writer.in_transaction:
                    await self._writer.execute_fetchall("COMMIT")

    async def _run(self, work: Callable[[Transaction], Awaitable[T]]) -> T:
        async with self._writing:
            await self._file_lock.acquire()
            try:
                await self._writer.execute_fetchall("BEGIN IMMEDIATE")
                try:
                    answer = await work(Transaction(self._writer))
                    await self._writer.execute_fetchall("COMMIT")
                except BaseException:
                    if self._writer.in_transaction:
                        await self._writer.execute_fetchall("ROLLBACK")
                    raise
                return answer
            finally:
                self._file_lock.release()


def transaction(
    function: Callable[Concatenate[Transaction, P], Awaitable[T]],
) -> Callable[Concatenate[Database, P], Coroutine[Any, Any, T]]:
    """Let a function over a `Transaction` be called with the `Database`: one call, one transaction.

    The function itself stays reachable as `__wrapped__` for a caller that has a transaction.
    """

    @functools.wraps(function)
    async def run(db: Database, /, *args: P.args, **kwargs: P.kwargs) -> T:
        return await db.write(lambda tx: function(tx, *args, **kwargs))

    return run


class FileLock:
    """A `flock` on a file beside the database, between server and commands: who may write.

    SQLite before 3.51.3 can lose a WAL reset when two connections write or checkpoint at once;
    whoever writes holds this lock from BEGIN until COMMIT has returned.
    """

    def __init__(self, database: Path, suffix: str = ".lock") -> None:
        self._path = database.with_name(database.name + suffix)
        self._descriptor: int | None = None

    async def acquire(self) -> None:
        """Take the lock without holding up the event loop; raises `DatabaseBusy`."""
        deadline = time.monotonic() + BUSY_TIMEOUT
        while not self._take(fcntl.LOCK_EX | fcntl.LOCK_NB):
            if time.monotonic() > deadline:
                raise DatabaseBusy(str(self._path))
            await asyncio.sleep(0.005)

    def share(self) -> None:
        """Take the lock together with others who share it; raises `DatabaseBusy` at once."""
        if not self._take(fcntl.LOCK_SH | fcntl.LOCK_NB):
            raise DatabaseBusy(str(self._path))

    def seize(self) -> None:
        """Take the lock alone; raises `DatabaseBusy` at once."""
        if not self._take(fcntl.LOCK_EX | fcntl.LOCK_NB):
            raise DatabaseBusy(str(self._path))

    def release(self) -> None:
        """Give the lock back."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None

    def __enter__(self) -> Self:
        self._take(fcntl.LOCK_EX)
        return self

    def __exit__(self, *_: object) -> None:
        self.release()

    def _take(self, how: int) -> bool:
        try:
            descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:  # a full or read-only device: SQLite would say it this way
            raise sqlite3.OperationalError(str(error)) from error
        try:
            fcntl.flock(descriptor, how)
        except BlockingIOError:
            os.close(descriptor)
            return False
        self._descriptor = descriptor
        return True


def use_of(database: Path) -> FileLock:
    """The lock that whoever has the database open shares, and that replacing the file takes."""
    return FileLock(database, ".in-use")


def _use(database: Path) -> FileLock:
    if not database.exists():
        raise sqlite3.OperationalError(f"no such file: {database}")
    lock = use_of(database)
    lock.share()
    return lock


def roll_back(path: Path) -> None:
    """Undo what a killed process left half-written in a file that has no write-ahead log.

    Its journal lies beside the file then, and no connection that only reads can play it back.
    Raises `sqlite3.Error`, the file and its journal left as they are.
    """
    if not path.with_name(path.name + "-journal").exists():
        return
    with FileLock(path):
        connection = sqlite3.connect(address(path, "rw"), uri=True, timeout=BUSY_TIMEOUT)
        try:
            connection.execute("SELECT count(*) FROM sqlite_schema").fetchone()
        finally:
            connection.close()


async def _have_log(path: Path, writer: aiosqlite.Connection) -> None:
    """Give the file its write-ahead log again: what older versions restored came without one."""
    mode = await _rows(writer, "PRAGMA journal_mode", ())
    if mode == [("wal",)]:
        return
    lock = FileLock(path)
    await lock.acquire()
    try:
        # Where an odd tool reads the file just now, the next to open it has another try.
        await writer.execute_fetchall("PRAGMA busy_timeout=0")
        with contextlib.suppress(sqlite3.OperationalError):
            await writer.execute_fetchall("PRAGMA journal_mode=WAL")
    finally:
        await writer.execute_fetchall(f"PRAGMA busy_timeout={int(BUSY_TIMEOUT * 1000)}")
        lock.release()


def address(path: Path, mode: str) -> str:
    """The file as SQLite's URI, opened in that mode: `ro`, `rw` or `rwc`."""
    return f"file:{quote(str(path))}?mode={mode}"


def _connect_here(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(
        address(path, "ro"), uri=True, isolation_level=None, timeout=0, cached_statements=256
    )
    for pragma in PRAGMAS:
        connection.execute(f"PRAGMA {pragma}")
    return connection


async def _connect(path: Path, mode: str, *, synchronous: str = "FULL") -> aiosqlite.Connection:
    connection = await aiosqlite.connect(
        address(path, mode),
        uri=True,
        isolation_level=None,
        timeout=BUSY_TIMEOUT,
        cached_statements=256,
    )
    try:
        for pragma in (*PRAGMAS, f"synchronous={synchronous}"):
            await connection.execute_fetchall(f"PRAGMA {pragma}")
    except BaseException:
        await connection.close()
        raise
    return connection


async def _rows(connection: aiosqlite.Connection, sql: str, parameters: Parameters) -> list[Row]:
    rows: Iterable[Any] = await connection.execute_fetchall(sql, parameters)
    return list(rows)


async def _close_all(connections: Iterable[aiosqlite.Connection]) -> None:
    for connection in connections:
        await connection.close()


def sqlite_version() -> str:
    """The version of the SQLite library in use, such as `3.40.1`."""
    return sqlite3.sqlite_version
