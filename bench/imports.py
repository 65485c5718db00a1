"""An import of 100,000 lines, through the real command, while members sign in."""

import csv
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from threading import Event, Thread
from typing import Self

from xlsxwriter import Workbook

from bench import load
from bench.office import FIRST_NAMES, facts_of, found
from bench.report import Row, at_most
from bench.servers import PORTAL, ROOT, Server
from bench.sign_ins import sign_in_requests
from db.database import FileLock

LINES = 100_000
HEADINGS = ("Matricule", "Nom", "Prénom", "Date de naissance", "Code postal")
EVERY = 0.05
"""Seconds between two sign-ins."""


def imports(folder: Path) -> Iterator[Row]:
    """A `.csv` whose lines are new, then an `.xlsx` that changes every one of them."""
    office = found(folder / "imports", 1_000)
    new, changed = folder / "membres.csv", folder / "membres.xlsx"
    with new.open("w", encoding="utf-8", newline="") as out:
        csv.writer(out, delimiter=";").writerows([HEADINGS, *_lines("J")])
    with Workbook(changed, {"constant_memory": True}) as book:
        sheet = book.add_worksheet()
        for number, line in enumerate([HEADINGS, *_lines("K")]):
            sheet.write_row(number, 0, line)
    signing_in = sign_in_requests(office, 500)
    with Server(PORTAL, office.environ) as portal:
        for file, what in ((new, "99,000 of them new"), (changed, "all of them changed")):
            office.forgive()
            environ = {**os.environ, **office.environ}
            begun = time.perf_counter()
            process = subprocess.Popen(
                [sys.executable, "manage.py", "import", str(file), "--yes", "--force"],
                cwd=ROOT,
                env=environ,
                stdout=subprocess.DEVNULL,
            )
            running = load.Running(portal.port, signing_in, seconds=60, pause=EVERY)
            with _Waits(office.database) as waits:
                memory = _most_memory(process)
            seconds = time.perf_counter() - begun
            assert process.returncode == 0, process.returncode
            meanwhile = running.stop()
            assert set(meanwhile.statuses) == {303}, set(meanwhile.statuses)
            title = f"import of {LINES:,} lines, {file.suffix}, {what}"
            yield at_most(title, 20, seconds, "s")
            yield at_most(f"{title}: memory", 200, memory, "MB")
            slowest = max(meanwhile.milliseconds)
            note = f"slowest of {len(meanwhile.statuses)} sign-ins {slowest:.0f} ms"
            yield at_most(f"{title}: longest wait for the writer", 500, waits.longest, "ms", note)


def _most_memory(process: subprocess.Popen[bytes]) -> float:
    """Wait for it; the most that it and what it starts held at a time (MB, resident).

    Looked up as it runs: what the system tells at the end begins with the memory of this process.
    """
    most = 0.0
    while process.poll() is None:
        held = 0.0
        with suppress(OSError):
            children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text("ascii")
            for each in (str(process.pid), *children.split()):
                pages = Path(f"/proc/{each}/statm").read_text("ascii").split()[1]
                held += int(pages) * os.sysconf("SC_PAGE_SIZE") / 2**20
        most = max(most, held)
        time.sleep(0.01)
    return most


class _Waits:
    """Asks for the writer again and again, as requests do, and keeps the longest wait (ms)."""

    def __init__(self, database: Path) -> None:
        self.longest = 0.0
        self._lock = FileLock(database)
        self._over = Event()
        self._thread = Thread(target=self._ask)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def _ask(self) -> None:
        while not self._over.wait(0.02):
            begun = time.perf_counter()
            with self._lock:
                self.longest = max(self.longest, (time.perf_counter() - begun) * 1000)


def _lines(letter: str) -> Iterator[list[str]]:
    for number in range(LINES):
        facts = facts_of(number)
        yield [
            facts["matricule"],
            facts["family_name"],
            FIRST_NAMES[number % len(FIRST_NAMES)],
            facts["birth_date"],
            letter + facts["postal_code"][1:],
        ]
