"""`make bench`: measure, print the table, write it as `bench/results.md`."""

import shutil
import tempfile
import time
import traceback
from collections.abc import Callable, Iterable, Iterator
from datetime import date
from pathlib import Path

from bench import browser, guard, imports, report, sign_ins, speed, weight, wire
from bench.office import found
from bench.report import Row, at_most
from bench.servers import PORTAL, REFERENCE, Server


def measure(folder: Path) -> Iterator[Callable[[], Iterable[Row]]]:
    """The measures, each run when it is called: one that fails does not stop the others."""
    office = found(folder, 1_000)
    with Server(PORTAL, office.environ) as portal:
        session = speed.session_of(portal, office)
        with Server(REFERENCE, _likeness(folder, portal, session)) as reference:
            yield lambda: speed.speed(portal, reference, session)
            yield lambda: weight.weight(portal, office)
            chromium = shutil.which("chromium") or shutil.which("chromium-browser")
            if chromium:
                yield lambda: browser.phone(chromium, portal, reference, office)
            else:
                print("Chromium is not installed: what needs it is left out.")
        yield lambda: sign_ins.sign_in(portal, office)
        yield lambda: sign_ins.beside_a_flood(portal, office)
        yield lambda: guard.guard(portal, office)
    if chromium:
        yield lambda: wire.wire(chromium, office)
    yield lambda: _start(folder)
    yield lambda: sign_ins.rosters(folder)
    yield lambda: imports.imports(folder)


def _likeness(folder: Path, portal: Server, session: str) -> dict[str, str]:
    """What the reference needs to answer like the portal: its bytes, its size."""
    same = folder / "same.br"
    same.write_bytes(portal.answer("GET", "/").body)
    page = portal.answer("GET", "/membre", cookie=f"session={session}", accept_encoding="identity")
    return {"BENCH_SAME": str(same), "BENCH_SIZE": str(len(page.body))}


def _start(folder: Path) -> Iterator[Row]:
    with Server(PORTAL, found(folder, 200).environ) as portal:
        for path in ("/", "/inscription", "/aide", "/mot-de-passe-oublie"):
            portal.answer("GET", path)
        time.sleep(1)
        yield at_most("start to first answer", 2, portal.seconds_to_answer, "s")
        yield at_most("resident memory when idle", 120, portal.memory(), "MB")


def main() -> None:
    """Print each row as it is measured, and write the table; never fails for a figure."""
    begun, machine = time.monotonic(), report.machine()
    rows: list[Row] = []
    with tempfile.TemporaryDirectory() as folder:
        for measured in measure(Path(folder)):
            try:
                for row in measured():
                    rows.append(row)
                    print(report.line(row), flush=True)
            except Exception:  # one broken measure must not hide the others
                traceback.print_exc()
    minutes, seconds = divmod(round(time.monotonic() - begun), 60)
    took = f"Measured on {date.today().isoformat()} in {minutes} min {seconds} s on:"
    table = report.table(rows)
    report.RESULTS.write_text(f"# `make bench`\n\n{took}\n{machine}\n\n{table}\n", "utf-8")


if __name__ == "__main__":
    main()
