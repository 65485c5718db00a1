"""Bring a database file to the newest schema."""

import os
import sqlite3
from collections.abc import Iterator
from pathlib import Path

from db.database import BUSY_TIMEOUT, Database, FileLock, address, roll_back

MIGRATIONS = Path(__file__).parent / "migrations"


LATEST = len(list(MIGRATIONS.glob("[0-9]*.sql")))
"""The number of the newest migration."""


class SchemaTooNew(Exception):
    """The file was written by a newer version of the portal."""


def migrate(path: Path, migrations: Path = MIGRATIONS) -> list[str]:
    """Create the file at `path` (mode 0600) if need be and apply what it lacks.

    Each migration is one transaction together with its number in `PRAGMA user_version`; gives
    the names of those applied. Raises `SchemaTooNew` or `sqlite3.Error`, the file unharmed.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
    scripts = sorted(migrations.glob("[0-9]*.sql"))
    with FileLock(path):
        connection = sqlite3.connect(path, isolation_level=None, timeout=BUSY_TIMEOUT)
        try:
            connection.execute("PRAGMA journal_mode=WAL")
            connection.execute("PRAGMA synchronous=FULL")
            version = schema_version(connection)
            if version > len(scripts):
                raise SchemaTooNew(f"{path}: {version} > {len(scripts)}")
            for number, script in enumerate(scripts[version:], start=version + 1):
                _apply(connection, number, script.read_text("utf-8"))
        finally:
            connection.close()
    return [script.stem for script in scripts[version:]]


def schema_version(connection: sqlite3.Connection) -> int:
    """The number of the last migration applied to the file; 0 for a new one."""
    return int(connection.execute("PRAGMA user_version").fetchone()[0])


async def version_of(db: Database) -> int:
    """The same of the open database."""
    row = await db.one("PRAGMA user_version")
    return int(row[0]) if row else 0


def pending(path: Path, migrations: Path = MIGRATIONS) -> int:
    """How many migrations the existing file at `path` lacks."""
    roll_back(path)
    connection = sqlite3.connect(address(path, "ro"), uri=True)
    try:
        return len(list(migrations.glob("[0-9]*.sql"))) - schema_version(connection)
    finally:
        connection.close()


def _apply(connection: sqlite3.Connection, number: int, script: str) -> None:
    connection.execute("BEGIN IMMEDIATE")
    try:
        for statement in _statements(script):
            connection.execute(statement)
        connection.execute(f"PRAGMA user_version = {number}")
        connection.execute("COMMIT")
    except BaseException:
        connection.execute("ROLLBACK")
        raise


def _statements(script: str) -> Iterator[str]:
    """The statements one by one: `executescript` would commit before it starts."""
    statement = ""
    for line in script.splitlines(keepends=True):
        statement += line
        if sqlite3.complete_statement(statement):
            yield statement
            statement = ""
    if statement.strip():
        yield statement
