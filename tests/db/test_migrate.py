"""Migrations, on a real file."""

import sqlite3
import stat
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from db import migrate as module
from db.migrate import MIGRATIONS, SchemaTooNew, migrate, pending, schema_version

FIRST = "CREATE TABLE a (x TEXT) STRICT;\n"
SECOND = """
-- A comment; with a semicolon.
ALTER TABLE a ADD COLUMN y TEXT;
CREATE TRIGGER t AFTER INSERT ON a BEGIN
    UPDATE a SET y = ';' WHERE x = NEW.x;
    UPDATE a SET y = y || 'é';
END;
INSERT INTO a (x) VALUES ('one;two');
CREATE INDEX i ON a (x)
"""


@pytest.fixture
def scripts(tmp_path: Path) -> Path:
    """A folder with the first migration, applied to no file yet."""
    folder = tmp_path / "migrations"
    folder.mkdir()
    (folder / "0001_first.sql").write_text(FIRST)
    (folder / "README.md").write_text("not one")
    return folder


@contextmanager
def opened(path: Path) -> Iterator[sqlite3.Connection]:
    with closing(sqlite3.connect(path)) as connection:
        yield connection


def dump(path: Path) -> tuple[int, list[str]]:
    with opened(path) as connection:
        return schema_version(connection), list(connection.iterdump())


def test_a_fresh_file_gets_everything(tmp_path: Path) -> None:
    path = tmp_path / "var" / "portal.db"
    names = sorted(script.stem for script in MIGRATIONS.glob("*.sql"))
    assert migrate(path) == names
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    with opened(path) as connection:
        assert schema_version(connection) == len(names)
        assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        assert connection.execute("PRAGMA foreign_key_check").fetchall() == []
        tables = connection.execute(
            "SELECT name, strict FROM pragma_table_list WHERE schema = 'main' AND type = 'table'"
            " AND name NOT LIKE 'sqlite_%'"
        ).fetchall()
    assert len(tables) >= 8
    assert all(strict for _, strict in tables)


def test_migrations_are_numbered_without_a_gap() -> None:
    numbers = [int(script.name[:4]) for script in sorted(MIGRATIONS.glob("*.sql"))]
    assert numbers == list(range(1, len(numbers) + 1))


def test_a_second_time_changes_nothing(tmp_path: Path) -> None:
    path = tmp_path / "portal.db"
    migrate(path)
    before = dump(path)
    assert migrate(path) == []
    assert dump(path) == before


def test_what_is_lacking_is_applied(tmp_path: Path, scripts: Path) -> None:
    path = tmp_path / "portal.db"
    assert migrate(path, scripts) == ["0001_first"]
    with opened(path) as connection:
        connection.execute("INSERT INTO a VALUES ('kept')")
        connection.commit()
    (scripts / "0002_second.sql").write_text(SECOND)
    assert pending(path, scripts) == 1
    assert migrate(path, scripts) == ["0002_second"]
    assert pending(path, scripts) == 0
    with opened(path) as connection:
        assert connection.execute("SELECT x, y FROM a").fetchall() == [
            ("kept", None),
            ("one;two", ";é"),
        ]
        assert connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'i'").fetchone()


def statements() -> list[str]:
    return list(module._statements(SECOND))


def test_a_script_is_cut_into_its_statements() -> None:
    assert len(statements()) == 4
    assert "".join(statements()) == SECOND


@pytest.mark.parametrize("number", range(5))
def test_interrupted_at_any_statement_the_file_is_as_before(
    tmp_path: Path, scripts: Path, number: int
) -> None:
    path = tmp_path / "portal.db"
    migrate(path, scripts)
    before = dump(path)
    broken = [*statements()[:number], "\nSELECT * FROM torn;\n", *statements()[number:]]
    broken[-1] = broken[-1].rstrip() + ";"
    if number == 4:
        broken[3] += ";"
    second = scripts / "0002_second.sql"
    second.write_text("".join(broken))
    with pytest.raises(sqlite3.OperationalError, match="torn"):
        migrate(path, scripts)
    assert dump(path) == before
    second.write_text(SECOND)
    assert migrate(path, scripts) == ["0002_second"]


@pytest.mark.parametrize("number", range(4))
def test_killed_at_any_statement_the_file_is_as_before(
    tmp_path: Path, scripts: Path, number: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "portal.db"
    migrate(path, scripts)
    before = dump(path)
    (scripts / "0002_second.sql").write_text(SECOND)

    done = statements()[:number]

    def interrupted(script: str) -> Iterator[str]:
        yield from done
        raise KeyboardInterrupt

    monkeypatch.setattr(module, "_statements", interrupted)
    with pytest.raises(KeyboardInterrupt):
        migrate(path, scripts)
    assert dump(path) == before


def test_an_earlier_migration_stays_when_a_later_one_fails(tmp_path: Path, scripts: Path) -> None:
    path = tmp_path / "portal.db"
    (scripts / "0002_second.sql").write_text("CREATE TABLE b (x TEXT);")
    (scripts / "0003_third.sql").write_text("CREATE TABLE b (x TEXT);")
    with pytest.raises(sqlite3.OperationalError):
        migrate(path, scripts)
    version, schema = dump(path)
    assert version == 2
    assert any("TABLE b" in line for line in schema)


def test_a_file_of_a_newer_portal_is_left_alone(tmp_path: Path, scripts: Path) -> None:
    path = tmp_path / "portal.db"
    migrate(path, scripts)
    with opened(path) as connection:
        connection.execute("PRAGMA user_version = 2")
    before = dump(path)
    with pytest.raises(SchemaTooNew):
        migrate(path, scripts)
    assert dump(path) == before
    assert pending(path, scripts) == -1


def test_a_file_that_is_no_database_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "portal.db"
    path.write_bytes(b"matricule,nom\n" * 100)
    with pytest.raises(sqlite3.DatabaseError):
        migrate(path)
    assert path.read_bytes() == b"matricule,nom\n" * 100


def test_a_missing_file_is_pending_for_nobody(tmp_path: Path) -> None:
    with pytest.raises(sqlite3.OperationalError):
        pending(tmp_path / "none.db")
    assert list(tmp_path.iterdir()) == []


def test_the_journal_is_append_only(tmp_path: Path) -> None:
    path = tmp_path / "portal.db"
    migrate(path)
    with opened(path) as connection:
        connection.execute("INSERT INTO journal (at, event, actor) VALUES (1, 'x', 'portal')")
        with pytest.raises(sqlite3.IntegrityError, match="append-only"):
            connection.execute("UPDATE journal SET event = 'y'")
