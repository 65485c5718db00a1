"""Migrations that are interrupted at each statement: the file is as before, or as after."""

import os
import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from db.migrate import LATEST, MIGRATIONS, migrate
from tests.faults.conftest import ROOT

SCRIPT = """
import functools, os, shutil, signal, sqlite3, sys
from pathlib import Path
import db.migrate

class Fatal(sqlite3.Connection):
    left = 0
    def execute(self, *arguments):
        Fatal.left -= 1
        if Fatal.left == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        return super().execute(*arguments)

# One child for each statement: it is killed when it comes to it.
sqlite3.connect = functools.partial(sqlite3.connect, factory=Fatal)
folder, start, number = Path(sys.argv[1]), Path(sys.argv[2]), 0
while True:
    number += 1
    child = os.fork()
    if child == 0:
        if start.exists():
            shutil.copy(start, folder / f"{number}.db")
        Fatal.left = number
        db.migrate.migrate(folder / f"{number}.db")
        os._exit(0)
    _, status = os.waitpid(child, 0)
    if os.WIFEXITED(status):
        assert os.WEXITSTATUS(status) == 0
        break
print(number)
"""


FILLED = """
INSERT INTO member VALUES (1, '00875', 'Roy', 'Luc', 'roy', 'luc', '1950-01-02', 'H1H1H1', 'l@x',
 1);
INSERT INTO member VALUES (2, '00876', 'Roy', 'Léa', 'roy', 'lea', '1951-01-02', 'H1H1H1', NULL,
 0);
INSERT INTO account VALUES (1, 'L@example.com', 5, 'hash', 5, '2026', 5, 'fr', 5, NULL);
INSERT INTO email_change VALUES (1, 'm@example.com', 6);
INSERT INTO recovery VALUES (x'01', 1, 6, 7);
INSERT INTO session VALUES (x'02', 1, 'full', 6, 7);
INSERT INTO spent_challenge VALUES (x'03', 7);
INSERT INTO outbox VALUES (1, 'welcome', 1, 'L@example.com', 5, 1, 9, NULL, 'busy', NULL);
INSERT INTO outbox VALUES (2, 'welcome', 2, 'gone@example.com', 5, 1, NULL, NULL, NULL, 6);
INSERT INTO journal VALUES (1, 5, 'registered', 1, 'member', '192.0.2.1');
INSERT INTO journal VALUES (2, 6, 'imported', NULL, 'office', NULL);
"""
"""Of the first version, in every table of it."""


def state(path: Path) -> list[str]:
    """All that is in the file, which is sound."""
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        assert connection.execute("PRAGMA foreign_key_check").fetchall() == []
        (version,) = connection.execute("PRAGMA user_version").fetchone()
        return [f"-- {version}", *connection.iterdump()]


@pytest.fixture(scope="module")
def until(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """A folder with the first migrations alone, for each number of them."""
    folders = []
    for number in range(LATEST + 1):
        folder = tmp_path_factory.mktemp(f"until-{number}")
        for script in sorted(MIGRATIONS.glob("*.sql"))[:number]:
            shutil.copy(script, folder)
        folders.append(folder)
    return folders


@pytest.mark.parametrize("version", range(LATEST))
def test_killed_at_each_statement(tmp_path: Path, until: list[Path], version: int) -> None:
    """From nothing, and from each older version with rows in it."""
    start = tmp_path / "start.db"
    if version:
        migrate(start, until[1])
        with closing(sqlite3.connect(start)) as connection:
            connection.executescript(FILLED)
        migrate(start, until[version])
    states = []
    for number in range(version, LATEST + 1):
        reached = tmp_path / f"until-{number}.db"
        if version:
            shutil.copy(start, reached)
        migrate(reached, until[number])
        states.append(state(reached))
    assert len({"".join(each) for each in states}) == len(states)
    work = tmp_path / "work"
    work.mkdir()
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, str(work), str(start)],
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=True,
    )
    tries = int(done.stdout)
    assert tries > 3 * (LATEST - version)
    for number in range(1, tries + 1):
        path = work / f"{number}.db"
        assert state(path) in states, f"half a migration after statement {number}"
        migrate(path)
        assert state(path) == states[-1]


@pytest.mark.parametrize("number", range(1, LATEST + 1))
def test_a_migration_that_fails_leaves_the_file_as_it_was(tmp_path: Path, number: int) -> None:
    folder = tmp_path / "migrations"
    shutil.copytree(MIGRATIONS, folder)
    script = sorted(folder.glob("*.sql"))[number - 1]
    text = script.read_text("utf-8")
    script.write_text(text + "\nINSERT INTO nowhere VALUES (1);\n", encoding="utf-8")
    path = tmp_path / "portal.db"
    with pytest.raises(sqlite3.OperationalError, match="nowhere"):
        migrate(path, folder)
    assert state(path)[0] == f"-- {number - 1}"
    migrate(path)
    assert state(path)[0] == f"-- {LATEST}"
