"""The rows of the office's table become lines that went through the rules."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from pathlib import Path

from roster.headings import Headings, find_headings
from roster.tables import Cell, Row, UnreadableFile, tables
from rules import N_, Refused
from rules.birth_date import birth_date
from rules.characters import trimmed
from rules.email import email
from rules.matricule import matricule
from rules.name import family_name, first_name
from rules.postal_code import postal_code

EMPTY = Refused(N_("La case est vide."))

_EXCEL_ZERO = date(1899, 12, 30)
# A number from 1900 to 2100 in a date's cell is a year alone, not one of Excel's days of 1905.
_EXCEL_DAYS = range(2101, 100_000)
_MIDNIGHT = re.compile(r"[ T]0?0:00(:00(\.0+)?)?$")
# What the export puts before a text that a spreadsheet would take for a formula.
_NEUTRALISED = re.compile(r"^'(?=[=+\-@＝＋－＠])")
_SHORT = re.compile("[0-9]{1,4}")
_WORD = re.compile(r"[^\W0-9_]{3}")
_LONGEST = 500
"""Characters of a cell that are read: no rule takes as many."""

# The same names, days and postal codes come back all over a long roster.
_family_name = lru_cache(10_000)(family_name)
_first_name = lru_cache(10_000)(first_name)
_postal_code = lru_cache(20_000)(postal_code)
_birth_date = lru_cache(30_000)(birth_date)


@dataclass(frozen=True, slots=True)
class Line:
    """One member as the file has it; `birth_date` is ISO."""

    number: int
    matricule: str
    family_name: str
    first_name: str
    birth_date: str
    postal_code: str
    email: str | None


@dataclass(frozen=True, slots=True)
class RefusedLine:
    """A line that cannot be taken: its number in the file, and a reason for each wrong column.

    `matricule` is whom the line is about if that can be read, `probably` whom it is about if not:
    nobody is absent from the file because of a slip in the line about them. `nobody` is whether
    it looks like the total that some put below their list.
    """

    number: int
    reasons: tuple[tuple[str, Refused], ...]
    matricule: str | None = None
    probably: str | None = None
    nobody: bool = False


class RosterFile:
    """A roster as the office's spreadsheet exports it, its columns found.

    `sheet` names the sheet of a workbook. Raises `UnreadableFile`, `UnknownColumn`, `UnknownSheet`
    (each with a French sentence) or OSError.
    """

    def __init__(
        self, file: Path, mapping: Mapping[str, str] | None = None, sheet: str | None = None
    ) -> None:
        self.headings: Headings = find_headings(tables(file, sheet), mapping or {})
        self.has_emails = "courriel" in self.headings.places
        self.length = 0
        """How many lines stand below the headings."""
        self.zeros_lost = True
        """Whether no matricule written as text starts with 0, so that short ones lost theirs."""
        self.completed = 0
        """How many of the lines read so far got their matricule's zeros back."""
        for _, row in self._rows():
            self.length += 1
            written = self._cell(row, "matricule")
            if isinstance(written, str) and len(written) > 1 and written[0] == "0":
                self.zeros_lost = False
        if self.length == 0:
            raise UnreadableFile("aucune ligne sous les en-têtes.")

    def lines(self, today: date) -> Iterator[Line | RefusedLine]:
        """Every line that is not blank, from the first; `today` is the rule of birth dates'."""
        self.completed = 0
        for number, row in self._rows():
            cells = {field: self._cell(row, field) for field in self.headings.places}
            yield self._line(number, cells, today)

    def _rows(self) -> Iterator[Row]:
        for number, row in self.headings.table.rows():
            if number > self.headings.row and any(
                self._cell(row, field) != "" for field in self.headings.places
            ):
                yield number, row

    def _cell(self, row: list[Cell], field: str) -> Cell:
        place = self.headings.places[field]
        return _tidied(row[place]) if place < len(row) else ""

    def _line(self, number: int, cells: dict[str, Cell], today: date) -> Line | RefusedLine:
        address = _text(cells.get("courriel", ""))
        values = {
            "matricule": _ruled(self._matricule(cells["matricule"]), matricule),
            "nom": _ruled(_text(cells["nom"]), _family_name),
            "prenom": _ruled(_text(cells["prenom"]), _first_name),
            "date_naissance": _ruled(
                _date(cells["date_naissance"]), lambda text: _iso(_birth_date(text, today))
            ),
            "code_postal": _ruled(_text(cells["code_postal"]), _postal_code),
            "courriel": email(address) if address else None,
        }
        reasons = tuple(
            (self.headings.words[field], value)
            for field, value in values.items()
            if isinstance(value, Refused)
        )
        if reasons:
            return RefusedLine(number, reasons, *_whom(values["matricule"]), _is_nobody(cells))
        self.completed += _SHORT.fullmatch(_text(cells["matricule"])) is not None
        return Line(number, *values.values())  # type: ignore[arg-type]

    def _matricule(self, cell: Cell) -> str:
        """The matricule's text, with the zeros that a number lost on its way."""
        text = _text(cell)
        lost = self.zeros_lost or not isinstance(cell, str)
        return text.zfill(5) if lost and _SHORT.fullmatch(text) else text


def _ruled(text: str, rule: Callable[[str], str | Refused]) -> str | Refused:
    return rule(text) if text else EMPTY


def _whom(value: str | Refused | None) -> tuple[str | None, str | None]:
    if not isinstance(value, Refused):
        return value, None
    offered = value.values.get("matricule")
    return None, str(offered) if offered else None


def _is_nobody(cells: Mapping[str, Cell]) -> bool:
    """Whether a line has no matricule (a word is none) and at most one other fact."""
    matricule = _text(cells["matricule"])
    facts = sum(cell != "" for field, cell in cells.items() if field != "matricule")
    return facts <= 1 and (not matricule or _WORD.search(matricule) is not None)


def _iso(born: date | Refused) -> str | Refused:
    return born if isinstance(born, Refused) else born.isoformat()


def _tidied(cell: Cell) -> Cell:
    return _NEUTRALISED.sub("", trimmed(cell)[:_LONGEST]) if isinstance(cell, str) else cell


def _text(cell: Cell) -> str:
    """A cell as one reads it: whole numbers without a decimal point."""
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return str(cell)


def _date(cell: Cell) -> str:
    """A date's cell as the rule reads it: Excel's day numbers in ISO, midnight cut."""
    if isinstance(cell, str):
        return _MIDNIGHT.sub("", cell)
    if cell in _EXCEL_DAYS:
        return (_EXCEL_ZERO + timedelta(days=int(cell))).isoformat()
    # A number such as 7111950 is JJMMAAAA without its zero.
    text = _text(cell)
    return text.zfill(8) if len(text) == 7 else text
