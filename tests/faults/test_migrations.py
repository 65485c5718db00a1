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
import functools, os, signal, sqlite3, sys
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
folder, number = Path(sys.argv[1]), 0
while True:
    number += 1
    child = os.fork()
    if child == 0:
        Fatal.left = number
        db.migrate.migrate(folder / f"{number}.db")
        os._exit(0)
    _, status = os.waitpid(child, 0)
    if os.WIFEXITED(status):
        assert os.WEXITSTATUS(status) == 0
        break
print(number)
"""


def schema(path: Path) -> list[tuple[object, ...]]:
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        return [
            *connection.execute("PRAGMA user_version"),
            *connection.execute("SELECT type, name, sql FROM sqlite_schema ORDER BY 1, 2"),
        ]


def test_killed_at_each_statement(tmp_path: Path) -> None:
    whole = tmp_path / "whole.db"
    migrate(whole)
    states: list[list[tuple[object, ...]]] = [[(0,)]]
    for number in range(1, LATEST + 1):
        folder = tmp_path / str(number)
        folder.mkdir()
        for script in sorted(MIGRATIONS.glob("*.sql"))[:number]:
            shutil.copy(script, folder)
        migrate(tmp_path / f"until-{number}.db", folder)
        states.append(schema(tmp_path / f"until-{number}.db"))
    work = tmp_path / "work"
    work.mkdir()
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, str(work)],
        cwd=ROOT,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=True,
    )
    tries = int(done.stdout)
    assert tries > 30
    for number in range(1, tries + 1):
        path = work / f"{number}.db"
        assert schema(path) in states, f"half a migration after statement {number}"
        migrate(path)
        assert schema(path) == schema(whole)


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
    assert schema(path)[0] == (number - 1,)
    migrate(path)
    assert schema(path)[0] == (LATEST,)
