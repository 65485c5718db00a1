"""What is read of a file before anything in it is understood: tables of cells."""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import NamedTuple


@dataclass(frozen=True, slots=True)
class Fault:
    """A cell in which the spreadsheet shows an error, or (`shown` empty) has calculated nothing."""

    shown: str

    def __str__(self) -> str:
        return self.shown


Cell = str | int | float | date | Fault


class Row(NamedTuple):
    """A row's number in the file, counted from 1, its cells, and whether it is hidden there."""

    number: int
    cells: list[Cell]
    hidden: bool = False


EXCEL_ZERO = date(1899, 12, 30)
"""The day from which a workbook counts its days."""

_SHOWN = 40
_NAMED = 12
_NOT_SHOWN = re.compile(r"[\s\x00-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]+")


class UnreadableFile(ValueError):
    """The file as a whole cannot be taken; the message is one French sentence."""


class UnknownSheet(ValueError):
    """The file has no sheet of the name that the operator gave; the message is one sentence."""


@dataclass(frozen=True, slots=True)
class Table:
    """One way to read the file; `rows()` starts from the top each time, blank rows left out."""

    description: str
    rows: Callable[[], Iterator[Row]]
    sheet: str = ""
    """Its name where it is a workbook's sheet."""
    zero: date = EXCEL_ZERO
    """The day that a bare number in it counts from."""


def shown(text: object) -> str:
    """What a file says, fit for one line of a terminal: no control characters, not too long."""
    words = _NOT_SHOWN.sub(" ", str(text)).strip()
    return words if len(words) <= _SHOWN else f"{words[: _SHOWN - 1]}…"


def listed(texts: Iterable[object]) -> str:
    """Several such texts in quotes, the first dozen; those that are blank are left out."""
    named = [f"« {words} »" for words in map(shown, texts) if words]
    more = f" et {len(named) - _NAMED} autre(s)" if len(named) > _NAMED else ""
    return ", ".join(named[:_NAMED]) + more
