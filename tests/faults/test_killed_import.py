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
