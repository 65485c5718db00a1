"""The operator's commands, as a shell runs them."""

import os
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from manage import commands

ROOT = Path(__file__).parents[1]
DEMO = ROOT / "roster" / "demo.csv"
HEADER = "matricule,nom,prenom,date_naissance,code_postal,courriel\n"

Manage = Callable[..., Result]


@pytest.fixture
def database(tmp_path: Path) -> Path:
    return tmp_path / "var" / "portal.db"


@pytest.fixture
def manage(tmp_path: Path, database: Path, monkeypatch: pytest.MonkeyPatch) -> Manage:
    """Runs a command with its database in the test's own folder."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PORTAL_DATABASE", str(database))

    def run(*arguments: str | Path) -> Result:
        return CliRunner().invoke(commands, [str(argument) for argument in arguments])

    return run


def refused(result: Result, *, code: int = 2) -> str:
    """The one line of a command that ended with that exit code."""
    assert result.exit_code == code, result.output
    assert result.stdout == ""
    (line,) = result.stderr.splitlines()
    return line


def roster(database: Path) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(database)) as connection:
        return connection.execute("SELECT * FROM member ORDER BY id").fetchall()


def test_init_creates_the_database_then_changes_nothing(manage: Manage, database: Path) -> None:
    first = manage("init")
    assert first.exit_code == 0
    assert str(database) in first.stdout
    assert "0 migration(s)" not in first.stdout
    second = manage("init")
    assert second.exit_code == 0
    assert "0 migration(s)" in second.stdout


def test_import_takes_the_demo_roster_and_a_second_time_changes_nothing(
    manage: Manage, database: Path
) -> None:
    manage("init")
    first = manage("import", DEMO, "--yes")
    assert first.exit_code == 0, first.output
    assert "Nouveaux : 200" in first.stdout
    taken = roster(database)
    assert len(taken) == 200
    assert {"00875", "33163"} <= {row[1] for row in taken}
    second = manage("import", DEMO, "--yes")
    assert second.exit_code == 0
    assert "Nouveaux : 0" in second.stdout
    assert "Inchangés : 200" in second.stdout
    assert roster(database) == taken


def test_a_dry_run_writes_nothing(manage: Manage, database: Path) -> None:
    manage("init")
    result = manage("import", DEMO, "--dry-run")
    assert result.exit_code == 0
    assert "Nouveaux : 200" in result.stdout
    assert roster(database) == []


def test_a_line_that_cannot_be_taken_is_named_and_the_others_are_taken(
    manage: Manage, database: Path, tmp_path: Path
) -> None:
    manage("init")
    file = tmp_path / "liste.csv"
    file.write_text(
        HEADER
        + "00001,Roy,Anne,01/02/1950,J7J 8G8,\n"
        + "2,Roy,Luc,01/02/1950,J7J 8G8,\n"
        + "00003,Roy,Guy,31/02/1950,J7J 8G8,\n"
    )
    result = manage("import", file, "--yes")
    assert result.exit_code == 0
    assert "ligne 3, matricule" in result.stdout
    assert "ligne 4, date_naissance" in result.stdout
    assert [row[1] for row in roster(database)] == ["00001"]


@pytest.mark.parametrize("content", [b"", b"a,b\n1,2\n", b"\xff\xfe\x00", b"PK\x03\x04\xe9"])
def test_a_wrong_file_is_refused_in_one_line(
    manage: Manage, tmp_path: Path, database: Path, content: bytes
) -> None:
    manage("init")
    file = tmp_path / "liste.csv"
    file.write_bytes(content)
    assert str(file) in refused(manage("import", file, "--yes"))
    assert roster(database) == []


def test_a_missing_file_or_a_folder_is_refused_in_one_line(manage: Manage, tmp_path: Path) -> None:
    manage("init")
    for path in (tmp_path / "none.csv", tmp_path):
        assert str(path) in refused(manage("import", path, "--yes"))


@pytest.mark.parametrize("command", [("import", DEMO, "--yes"), ("serve",)])
def test_without_a_database_a_command_says_what_to_do(
    manage: Manage, database: Path, command: tuple[str | Path, ...]
) -> None:
    line = refused(manage(*command))
    assert "manage.py init" in line
    assert not database.exists()


@pytest.mark.parametrize("command", [("import", DEMO, "--yes"), ("serve",)])
def test_an_unmigrated_database_is_refused(
    manage: Manage, database: Path, command: tuple[str | Path, ...]
) -> None:
    database.parent.mkdir()
    with closing(sqlite3.connect(database)) as connection:
        connection.execute("VACUUM")
    line = refused(manage(*command))
    assert "à mettre à niveau" in line
    assert "manage.py init" in line


@pytest.mark.parametrize("command", [("init",), ("import", DEMO, "--yes"), ("serve",)])
def test_a_database_of_a_newer_portal_is_refused(
    manage: Manage, database: Path, command: tuple[str | Path, ...]
) -> None:
    manage("init")
    with closing(sqlite3.connect(database)) as connection:
        connection.execute("PRAGMA user_version = 9999")
    assert "version plus récente" in refused(manage(*command))


@pytest.mark.parametrize("command", [("init",), ("import", DEMO, "--yes"), ("serve",)])
def test_a_file_that_is_no_database_is_refused(
    manage: Manage, database: Path, command: tuple[str | Path, ...]
) -> None:
    database.parent.mkdir()
    database.write_bytes(b"matricule,nom\n" * 100)
    line = refused(manage(*command))
    assert str(database) in line
    assert "n’existe pas" not in line
    assert database.read_bytes() == b"matricule,nom\n" * 100


@pytest.mark.parametrize("command", [("init",), ("import", DEMO, "--yes"), ("serve",)])
def test_a_wrong_setting_ends_a_command_with_its_name(
    manage: Manage, monkeypatch: pytest.MonkeyPatch, command: tuple[str | Path, ...]
) -> None:
    monkeypatch.setenv("PORTAL_BASE_URL", "exemple.org")
    assert refused(manage(*command)).startswith("PORTAL_BASE_URL : ")


HOLD = """
import fcntl, os, sys, time
fcntl.flock(os.open(sys.argv[1], os.O_RDWR | os.O_CREAT), fcntl.LOCK_EX)
print("held", flush=True)
time.sleep(0.4)
"""


def test_a_busy_database_is_said_in_one_line(
    manage: Manage, database: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    manage("init")
    monkeypatch.setattr("db.database.BUSY_TIMEOUT", 0.01)
    lock = database.with_name("portal.db.lock")
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, str(lock)], stdout=subprocess.PIPE
    ) as holder:
        assert holder.stdout
        assert holder.stdout.readline() == b"held\n"
        line = refused(manage("purge"), code=1)
    assert line == "La base de données est occupée : réessayez dans une minute."


def test_a_command_ends_its_process(database: Path, tmp_path: Path) -> None:
    """A connection left open would keep it for ever."""
    environ = os.environ | {"PORTAL_DATABASE": str(database)}
    for arguments in (
        ["init"],
        ["import", "--yes", str(DEMO)],
        ["import", "--yes", str(tmp_path / "none.csv")],
    ):
        ended = subprocess.run(
            [sys.executable, str(ROOT / "manage.py"), *arguments],
            env=environ,
            cwd=tmp_path,
            timeout=30,
            capture_output=True,
            check=False,
        )
        assert ended.returncode == (2 if "none.csv" in arguments[-1] else 0)
        assert b"Traceback" not in ended.stderr
