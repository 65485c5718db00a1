"""Workbooks, read by a child process that may die of them."""

import json
import subprocess
import sys
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

from roster import open_workbook
from roster.tables import EXCEL_ZERO, Fault, Row, Table, UnknownSheet, UnreadableFile, listed, shown

_ZERO_OF_1904 = date(1904, 1, 1)
_ROOT = Path(__file__).parents[1]


def sheets(file: Path, wanted: str | None) -> list[Table]:
    """The sheets of a workbook, hidden ones last; `wanted` names the only one to be read.

    Raises `UnreadableFile` or `UnknownSheet`.
    """
    told = sorted(_told(file), key=lambda sheet: not sheet[2])
    if wanted is not None:
        names = [name for _, name, _, _ in told]
        told = [sheet for sheet in told if _alike(sheet[1], wanted)]
        if not told:
            raise UnknownSheet(f"--sheet : aucune feuille « {shown(wanted)} » ; {listed(names)}.")
    return [
        Table(
            f"feuille{'' if visible else ' masquée'} « {shown(name)} »",
            lambda place=place: map(_row, _told(file, str(place))),  # type: ignore[misc]
            name,
            _ZERO_OF_1904 if since_1904 else EXCEL_ZERO,
        )
        for place, name, visible, since_1904 in told
    ]


def _row(told: list[Any]) -> Row:
    number, cells, days, hidden, faults = told
    for place in days:
        cells[place] = date.fromisoformat(cells[place])
    for place, error in faults:
        cells.extend([""] * (place + 1 - len(cells)))
        cells[place] = Fault(error)
    return Row(number, cells, hidden)


def _alike(name: str, wanted: str) -> bool:
    return name.strip().casefold() == wanted.strip().casefold()


def _told(file: Path, *sheet: str) -> Iterator[Any]:
    """What `open_workbook` tells of the file, or of that sheet of it."""
    # Not by its path: the library would go by the ending of the name.
    with (
        file.open("rb") as opened,
        subprocess.Popen(  # noqa: S603
            [sys.executable, "-E", "-s", "-m", open_workbook.__name__, *sheet],
            stdin=opened,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            cwd=_ROOT,
            process_group=0,  # Ctrl-C is for the command, which then ends this one
        ) as process,
    ):
        assert process.stdout
        try:
            for line in process.stdout:
                if not line.endswith(b"\n"):
                    break  # it died over this one
                yield json.loads(line)
            code = process.wait()
        finally:
            process.kill()
    if code == open_workbook.LOCKED:
        raise UnreadableFile("ce classeur est protégé par un mot de passe : enlevez-le d’abord.")
    if code == open_workbook.FOREIGN:
        raise UnreadableFile(
            "ce n’est pas un classeur .xlsx, .ods ou .xls : ouvrez la liste dans votre tableur et"
            " enregistrez-la en .xlsx."
        )
    if code:
        raise UnreadableFile(
            "ce classeur ne s’ouvre pas (abîmé, ou une case s’y trouve très loin des autres) :"
            " copiez la liste dans un nouveau classeur, ou enregistrez-le en .csv."
        )
