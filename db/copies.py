"""Whole copies of the file: taking one while others write, and looking whether one is sound."""

import sqlite3
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from db.database import BUSY_TIMEOUT, address, roll_back
from db.migrate import schema_version


class Unsound(Exception):
    """The file is no sound database; the message says what SQLite found."""


@dataclass(frozen=True, slots=True)
class Content:
    """What a file holds: the number of its last migration, and the rows of each table."""

    schema: int
    rows: dict[str, int]


def copy(source: Path, target: Path) -> Content:
    """Copy the database into the new file `target`; gives what the source held.

    Counted and copied in one read transaction, so that both are of the same moment whatever is
    written meanwhile; in one step, since a stepped backup begins anew at each write. The copy
    is then vacuumed: it holds nothing that was deleted. Raises `sqlite3.Error`.
    """
    roll_back(source)
    with closing(_open(source, "ro")) as reading, closing(_open(target, "rwc")) as writing:
        reading.execute("BEGIN")
        content = _content(reading)
        reading.backup(writing)
        reading.execute("COMMIT")
        # Personal facts are not for a temporary folder.
        for statement in ("temp_store=MEMORY", "journal_mode=DELETE", "synchronous=FULL"):
            writing.execute(f"PRAGMA {statement}")
        writing.execute("VACUUM")
    return content


def examine(path: Path) -> Content:
    """Read a whole copy that nobody writes to; gives what it holds. Raises `Unsound`."""
    try:
        with closing(_open(path, "ro", immutable=True)) as connection:
            faults = [row[0] for row in connection.execute("PRAGMA integrity_check(3)")]
            orphans = connection.execute("PRAGMA foreign_key_check").fetchall()
            if faults != ["ok"] or orphans:
                raise Unsound(" ; ".join(faults) if faults != ["ok"] else "foreign_key_check")
            return _content(connection)
    except sqlite3.Error as error:
        raise Unsound(str(error)) from error


def rows_of(path: Path, table: str) -> int:
    """How many rows a table of the live file has, which is left as it is.

    Raises `sqlite3.Error`.
    """
    roll_back(path)
    with closing(_open(path, "ro")) as connection:
        return _content(connection).rows.get(table, 0)


def quick_check(path: Path) -> str:
    """What SQLite finds wrong in the live file, an empty string when nothing.

    Raises `sqlite3.Error` where it cannot look.
    """
    roll_back(path)
    with closing(_open(path, "ro")) as connection:
        answer = str(connection.execute("PRAGMA quick_check(1)").fetchone()[0])
    return "" if answer == "ok" else answer


def fold_wal(path: Path) -> None:
    """Bring what the write-ahead log still holds into the file itself; nobody may use it.

    The file stays one that has a log. Raises `sqlite3.Error`.
    """
    with closing(_open(path, "rw")) as connection:
        connection.execute("PRAGMA journal_mode=WAL").fetchone()
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()


def _content(connection: sqlite3.Connection) -> Content:
    tables = connection.execute(
        "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
        " ORDER BY name"
    ).fetchall()
    rows = {
        name: int(connection.execute(f'SELECT count(*) FROM "{name}"').fetchone()[0])
        for (name,) in tables
    }
    return Content(schema_version(connection), rows)


def _open(path: Path, mode: str, *, immutable: bool = False) -> sqlite3.Connection:
    where = address(path, mode) + ("&immutable=1" if immutable else "")
    return sqlite3.connect(where, uri=True, isolation_level=None, timeout=BUSY_TIMEOUT)
