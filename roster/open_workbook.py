"""A program of its own that opens a workbook from its standard input and tells what is in it.

Whoever reads a workbook needs memory for the whole rectangle of its cells: one cell at the far end
of a sheet is half a terabyte, and a damaged file may end the process. So this one is given limits
and may die; `roster.workbooks` starts it and says so in one sentence. Without an argument it tells
the sheets (place, name, whether it is seen, whether its days count from 1904), with the place of
one its rows that are not blank (number, cells, which of them are days, whether it is hidden, cells
in error): a line of JSON each.
"""

import json
import resource
import sys
from collections.abc import Iterator
from datetime import date, datetime
from typing import Any

from python_calamine import CalamineWorkbook, SheetTypeEnum, SheetVisibleEnum

from roster.unseen import open_book
from roster.unseen.marks import Book, Foreign, Locked

MEMORY = 1_500_000_000
"""Bytes of address space."""
SECONDS = 120
"""Of processor time."""
LOCKED = 3
"""The exit code for a workbook that wants a password."""
FOREIGN = 4
"""The exit code for what is no workbook that can be read."""
LONGEST = 1_000
"""Characters of a cell that are told: no rule takes as many."""


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
            book = open_book(file)
        except (Locked, Foreign) as error:
            sys.exit(LOCKED if isinstance(error, Locked) else FOREIGN)
        file.seek(0)
        values = CalamineWorkbook.from_filelike(file)
        for told in (
            _rows(values, book, int(sys.argv[1])) if sys.argv[1:] else _sheets(values, book)
        ):
            sys.stdout.write(json.dumps(told) + "\n")


def _sheets(values: CalamineWorkbook, book: Book) -> Iterator[tuple[int, str, bool, bool]]:
    for place, sheet in enumerate(values.sheets_metadata):
        if sheet.typ == SheetTypeEnum.WorkSheet:
            yield place, sheet.name, sheet.visible == SheetVisibleEnum.Visible, book.since_1904


def _rows(
    values: CalamineWorkbook, book: Book, place: int
) -> Iterator[tuple[int, list[Any], list[int], bool, list[tuple[int, str]]]]:
    sheet = values.get_sheet_by_index(place)
    hidden, faults = book.unseen(place, sheet.name)
    left = [""] * (sheet.start[1] if sheet.start else 0)  # the library starts where cells do
    for row, cells in enumerate(sheet.iter_rows()):
        wrong = faults.get(row, [])
        if wrong or any(cell != "" for cell in cells):
            told = left + [_told(cell) for cell in cells]
            days = [place for place, cell in enumerate(cells, len(left)) if isinstance(cell, date)]
            yield row + 1, told, days, row in hidden, wrong


def _told(cell: Any) -> str | float:
    """A day in ISO, without the time of day that a spreadsheet adds; other times as they look."""
    if isinstance(cell, str):
        return cell[:LONGEST]
    if isinstance(cell, int | float) and not isinstance(cell, bool):
        return cell
    if isinstance(cell, datetime):
        cell = cell.date()
    return cell.isoformat() if isinstance(cell, date) else str(cell)


if __name__ == "__main__":
    main()
