"""The table: what, its bound, what was measured, the ratio of the two."""

import os
import platform
import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

RESULTS = Path(__file__).parent / "results.md"


@dataclass(frozen=True, slots=True)
class Row:
    """One line; `ratio` is what `bound` speaks of, or else what was measured over the bound."""

    what: str
    bound: str
    measured: str
    ratio: float
    holds: bool


def at_most(what: str, limit: float, measured: float, unit: str, note: str = "") -> Row:
    """A figure with an upper bound in its own unit; `note` is printed behind it."""
    return Row(
        what,
        f"≤ {limit:g} {unit}".rstrip(),
        f"{measured:.4g} {unit}".rstrip() + (f" ({note})" if note else ""),
        measured / limit if limit else measured,
        measured <= limit,
    )


def at_most_times(what: str, limit: float, mine: float, theirs: float, unit: str, of: str) -> Row:
    """A time that may be `limit` × that of the reference `of`."""
    return Row(
        what,
        f"≤ {limit:g} × {of}",
        f"{mine:.3g} {unit} ({theirs:.3g} {unit})",
        mine / theirs,
        mine <= limit * theirs,
    )


def at_least_times(what: str, limit: float, mine: float, theirs: float, of: str) -> Row:
    """Requests a second that must be `limit` × those of the reference `of`."""
    return Row(
        what,
        f"≥ {limit:g} × {of}",
        f"{mine:,.0f}/s ({theirs:,.0f}/s)",
        mine / theirs,
        mine >= limit * theirs,
    )


def table(rows: Iterable[Row]) -> str:
    """The rows as Markdown."""
    head = ["| what | bound | measured | ratio | holds |", "| --- | --- | --- | ---: | --- |"]
    return "\n".join(head + [line(row) for row in rows])


def line(row: Row) -> str:
    """One row as Markdown."""
    holds = "yes" if row.holds else "**no**"
    return f"| {row.what} | {row.bound} | {row.measured} | {row.ratio:.2f} | {holds} |"


def machine() -> str:
    """The machine's line: processor, memory, system, versions."""
    info = Path("/proc/cpuinfo").read_text("utf-8")
    models = [line.split(":")[1].strip() for line in info.splitlines() if "model name" in line]
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return (
        f"{models[0] if models else platform.machine()}, {os.cpu_count()} cores, "
        f"{memory:.0f} GB, load {os.getloadavg()[0]:.1f} before, "
        f"{platform.system()} {platform.release()}, "
        f"Python {platform.python_version()}, SQLite {sqlite3.sqlite_version}, "
        + ", ".join(f"{name} {version(name)}" for name in ("starlette", "uvicorn", "argon2-cffi"))
    )
