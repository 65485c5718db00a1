"""SIGKILL of a real import of a long file, at many moments: the roster is the old or the new."""

import fcntl
import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from tests.faults.conftest import ROOT, Served

OLD, LINES = 2_000, 50_000
HEADINGS = "matricule;nom;prenom;date_naissance;code_postal"
SCRIPT = """
import functools, os, shutil, signal, sqlite3, sys
from pathlib import Path
from manage import commands

class Fatal(sqlite3.Connection):
    left, writing = -1, False
    def reached(self, sql):
        Fatal.writing = Fatal.writing or sql.startswith("BEGIN IMMEDIATE")
        if Fatal.writing:
            Fatal.left -= 1
            if Fatal.left == 0:
                os.kill(os.getpid(), signal.SIGKILL)
    def execute(self, sql, *arguments):
        self.reached(sql)
        return super().execute(sql, *arguments)
    def executemany(self, sql, *arguments):
        self.reached(sql)
        return super().executemany(sql, *arguments)

# One child for each statement from the first that writes: it is killed when it comes to it.
sqlite3.connect = functools.partial(sqlite3.connect, factory=Fatal)
folder, start, number = Path(sys.argv[1]), Path(sys.argv[2]), 0
while True:
    number += 1
    child = os.fork()
    if child == 0:
        os.environ["PORTAL_DATABASE"] = str(folder / f"{number}.db")
        shutil.copy(start, folder / f"{number}.db")
        Fatal.left = number
        try:
            commands(sys.argv[3:])
        except SystemExit as end:
            os._exit(end.code or 0)
    _, status = os.waitpid(child, 0)
    if os.WIFEXITED(status):
        assert os.WEXITSTATUS(status) == 0
        break
print(number)
"""
Roster = tuple[int, int, int]
"""How many members there are, how many are active, how many have the new file's postal code."""


def roster_file(file: Path, numbers: range, postal_code: str) -> Path:
    lines = (
        f"{n:05d};Roy;Luc;{1 + n % 28:02d}/0{1 + n % 9}/{1930 + n % 60};{postal_code}"
        for n in numbers
    )
    file.write_text("\n".join([HEADINGS, *lines, ""]), "utf-8")
    return file


def roster(database: Path) -> Roster:
    """What is on the roster, in a file that is sound."""
    with closing(sqlite3.connect(database)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        assert connection.execute("PRAGMA foreign_key_check").fetchall() == []
        found: Roster = connection.execute(
            "SELECT count(*), sum(active), sum(postal_code = 'K1K 1K1') FROM member"
        ).fetchone()
        return found


def is_writing(database: Path) -> bool:
    """Whether somebody is inside a transaction of the database."""
    with database.with_name(database.name + ".lock").open("rb") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        return False


def has_staged(process: subprocess.Popen[bytes]) -> bool:
    """Whether it has read lines: its memory holds them."""
    status = Path(f"/proc/{process.pid}/status").read_text("ascii")
    resident = next(line for line in status.splitlines() if line.startswith("VmRSS"))
    return int(resident.split()[1]) > 55_000


def planning(database: Path, process: subprocess.Popen[bytes]) -> bool:
    return has_staged(process)


def applying(database: Path, process: subprocess.Popen[bytes]) -> bool:
    return is_writing(database)


@pytest.mark.parametrize(
    ("stage", "later"),
    [(planning, 0.0), (planning, 0.3), *((applying, ms / 1000) for ms in (0, 30, 80, 130, 200))],
    ids=lambda value: getattr(value, "__name__", str(value)),
)
def test_an_import_killed_half_way(
    served: Served,
    tmp_path: Path,
    stage: Callable[[Path, subprocess.Popen[bytes]], bool],
    later: float,
) -> None:
    old = roster_file(tmp_path / "old.csv", range(OLD), "H1H 1H1")
    assert served.manage("import", str(old), "--yes").returncode == 0
    # Half of the old members change, the others are absent, all the rest are new.
    new = roster_file(tmp_path / "new.csv", range(OLD // 2, OLD // 2 + LINES), "K1K 1K1")
    load = ["import", str(new), "--yes", "--absent", "deactivate", "--force"]
    before: Roster = (OLD, OLD, 0)
    after: Roster = (OLD // 2 + LINES, LINES, LINES)

    process = subprocess.Popen(
        [sys.executable, str(ROOT / "manage.py"), *load],
        env=served.environ,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    while process.poll() is None and not stage(served.database, process):
        time.sleep(0.001)
    time.sleep(later)
    os.kill(process.pid, signal.SIGKILL)
    # A fast machine may have come to the end by the last moments.
    assert process.wait() == -signal.SIGKILL or later > 0.1, "it was done before it was killed"

    found = roster(served.database)
    assert found in (before, after)
    if stage is planning:
        assert found == before
    assert served.manage(*load).returncode == 0
    assert roster(served.database) == after


def whole(database: Path) -> list[object]:
    """The roster, its accesses and what the journal says, without times."""
    roster(database)
    with closing(sqlite3.connect(database)) as connection:
        columns = "matricule, family_name, birth_date, postal_code, active, member.id"
        return [
            connection.execute(sql).fetchall()
            for sql in (
                f"SELECT {columns} FROM member ORDER BY matricule, member.id",
                "SELECT member_id, email FROM account ORDER BY 1",
                "SELECT member_id FROM session ORDER BY 1",
                "SELECT event, member_id, detail FROM journal ORDER BY id",
            )
        ]


def test_an_import_killed_at_each_statement(served: Served, tmp_path: Path) -> None:
    """One that adds, changes, deactivates, and gives a matricule to another person."""
    old = roster_file(tmp_path / "old.csv", range(100, 140), "H1H 1H1")
    assert served.manage("import", str(old), "--yes").returncode == 0
    with closing(sqlite3.connect(served.database, isolation_level=None)) as connection:
        connection.execute("PRAGMA journal_mode=DELETE")
        ids = [row[0] for row in connection.execute("SELECT id FROM member ORDER BY id")]
        for member in (ids[0], ids[19], ids[20]):  # absent, changed, another person
            account = (
                f"INSERT INTO account VALUES ({member}, 'x@y', 1, '', 1, '', 1, 'fr', 1, NULL, 2)"
            )
            connection.execute(account)
            connection.execute(
                f"INSERT INTO session VALUES (x'{member:016x}', {member}, 'full', 1, 1)"
            )
        connection.execute("PRAGMA journal_mode=WAL")
    new = roster_file(tmp_path / "new.csv", range(110, 150), "K1K 1K1")
    text = new.read_text("utf-8")
    line = next(line for line in text.splitlines() if line.startswith("00120"))
    new.write_text(text.replace(line, "00120;Gagnon;Zoé;31/12/1999;K1K 1K1"), "utf-8")
    load = ["import", str(new), "--yes", "--absent", "deactivate", "--force", "--successors"]

    work = tmp_path / "work"
    work.mkdir()
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT, str(work), str(served.database), *load],
        env=served.environ | {"PYTHONPATH": str(ROOT), "PORTAL_SECRET_KEY": "k" * 40},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    tries = int(done.stdout.split()[-1])
    before, after = whole(served.database), whole(work / f"{tries}.db")
    assert tries > 10
    for was, became in zip(before, after, strict=True):
        assert was != became  # so that a half would show anywhere
    found = [whole(work / f"{number}.db") for number in range(1, tries + 1)]
    assert all(each in (before, after) for each in found)
    assert found[0] == before
