"""A program of its own that opens a workbook from its standard input and tells what is in it.

Whoever reads a workbook needs memory for the whole rectangle of its cells: one cell at the far end
of a sheet is half a terabyte, and a damaged file may end the process. So this one is given limits
and may die; `roster.tables` starts it and says so in one sentence. Without an argument it tells
the sheets, with the place of one its rows that are not blank: a line of JSON each.
"""

import json
import resource
import sys
from collections.abc import Iterator
from datetime import date, datetime
from typing import Any

from python_calamine import CalamineWorkbook, PasswordError, SheetTypeEnum, SheetVisibleEnum

MEMORY = 1_500_000_000
"""Bytes of address space."""
SECONDS = 120
"""Of processor time."""
LOCKED = 3
"""The exit code for a workbook that wants a password."""


def main() -> None:
    """Tell; whatever is wrong with the workbook is another exit code than 0."""
    for limit, most in (
        (resource.RLIMIT_AS, MEMORY),
        (resource.RLIMIT_CPU, SECONDS),
        (resource.RLIMIT_CORE, 0),
    ):
        resource.setrlimit(limit, (most, most))
    with open(0, "rb") as file:
        try:
            workbook = CalamineWorkbook.from_filelike(file)
        except PasswordError:
            sys.exit(LOCKED)
        for told in _rows(workbook, int(sys.argv[1])) if sys.argv[1:] else _sheets(workbook):
            sys.stdout.write(json.dumps(told, default=_plain) + "\n")


def _sheets(workbook: CalamineWorkbook) -> Iterator[tuple[int, str, bool]]:
    for place, sheet in enumerate(workbook.sheets_metadata):
        if sheet.typ == SheetTypeEnum.WorkSheet:
            yield place, sheet.name, sheet.visible == SheetVisibleEnum.Visible


def _rows(workbook: CalamineWorkbook, place: int) -> Iterator[tuple[int, list[Any]]]:
    for number, cells in enumerate(workbook.get_sheet_by_index(place).iter_rows(), start=1):
        if any(cell != "" for cell in cells):
            yield number, cells


def _plain(value: object) -> str:
    """A day in ISO, without the time of day that a spreadsheet adds; other times as they look."""
    if isinstance(value, datetime):
        value = value.date()
    return value.isoformat() if isinstance(value, date) else str(value)


if __name__ == "__main__":
    main()
