"""The rows of the office's table become lines that went through the rules."""

import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import partial
from pathlib import Path

from roster import facts
from roster.dates import DateColumn, read, settle
from roster.facts import Remark, text_of
from roster.headings import Column, Headings, UnknownColumn, find_headings
from roster.opening import tables
from roster.tables import Cell, Fault, Row, UnreadableFile
from roster.tidying import tidied, touched
from rules import Refused
from rules.characters import folded_words

MOST_LINES = 200_000
"""Twice as many as there are matricules."""

_STATUSES = frozenset(
    "statut status etat actif active inactif situation deces decede decedee demission depart"
    " radie radiation suspendu".split()
)
_MOST_VALUES = 6
_SHORT = re.compile("[0-9]{1,4}")
_WORD = re.compile(r"[^\W0-9_]{3}")
_OLDEST = 110


@dataclass(frozen=True, slots=True)
class Choices:
    """What whoever imports says of a file beforehand.

    Which field is in which column, which sheet, in which order dates are written (of
    `dates.ORDERS`), which optional columns may erase what is on file by being blank, whether
    hidden rows count, and whether members may have postal codes of other countries.
    """

    mapping: Mapping[str, str] = field(default_factory=dict)
    sheet: str | None = None
    dates: str | None = None
    clear: frozenset[str] = frozenset()
    hidden: bool = True
    abroad: bool = False


@dataclass(frozen=True, slots=True)
class Line:
    """One member as the file has it; `birth_date` is ISO.

    `keeps_email` is whether the address on file stays, because the file's cannot be read.
    `remarks` are about a column each.
    """

    number: int
    matricule: str
    family_name: str
    first_name: str
    birth_date: str
    postal_code: str
    email: str | None
    keeps_email: bool = False
    remarks: tuple[tuple[str, Remark], ...] = ()


@dataclass(frozen=True, slots=True)
class RefusedLine:
    """A line that cannot be taken: its number in the file, and a reason for each wrong column.

    `matricule` is whom the line is about if that can be read, `probably` whom it is about if not:
    nobody is absent from the file because of a slip in the line about them. `nobody` is whether
    it looks like the total that some put below their list, `number_only` whether it waits for
    somebody: lists are numbered beforehand.
    """

    number: int
    reasons: tuple[tuple[str, Refused], ...]
    matricule: str | None = None
    probably: str | None = None
    nobody: bool = False
    number_only: bool = False


@dataclass(slots=True)
class Survey:
    """What all the rows below the headings show together, before any of them is read."""

    length: int = 0
    """How many lines there are to read."""
    hidden: list[int] = field(default_factory=list)
    repeated_headings: list[int] = field(default_factory=list)
    matricules: facts.Matricules = field(default_factory=facts.Matricules)
    dates: DateColumn = field(default_factory=DateColumn)
    has_addresses: bool = False
    values: dict[int, Counter[str]] = field(default_factory=dict)
    """What the columns that look like a member's status hold, by place."""
    unnamed: set[int] = field(default_factory=set)
    """Columns without a heading that hold something."""


class RosterFile:
    """A roster as the office's spreadsheet exports it, its columns found and its rows surveyed.

    Raises `UnreadableFile`, `UnknownColumn`, `UnknownSheet` (each with a French sentence) or
    OSError.
    """

    def __init__(self, file: Path, choices: Choices | None = None) -> None:
        self.choices = choices or Choices()
        self.headings: Headings = find_headings(
            tables(file, self.choices.sheet), self.choices.mapping
        )
        if self.headings.trouble:
            raise self.headings.trouble
        self._places = self.headings.places
        if not self.choices.clear <= self._places.keys():
            raise UnknownColumn(
                "--clear : le fichier n’a pas cette colonne, rien ne serait effacé."
            )
        self._words = self.headings.words
        self._heading = self._cells(self.headings.row)
        self.survey = self._surveyed()
        if not self.survey.length:
            raise UnreadableFile("aucune ligne sous les en-têtes.")
        born = self.headings.row.cells[self._places["date_naissance"]]
        self.dates = settle(self.survey.dates, str(born), self.choices.dates)

    @property
    def length(self) -> int:
        """How many lines there are to read."""
        return self.survey.length

    @property
    def has_emails(self) -> bool:
        """Whether the file says which addresses members have: a blank column says nothing."""
        return "courriel" in self._places and (
            self.survey.has_addresses or "courriel" in self.choices.clear
        )

    def lines(self, today: date) -> Iterator[Line | RefusedLine]:
        """Every line that is not blank, from the first; `today` is the rule of birth dates'."""
        for row, cells in self._body():
            if self.choices.hidden or not row.hidden:
                yield self._line(row, cells, today)

    def _surveyed(self) -> Survey:
        survey = Survey()
        columns = self.headings.columns
        blank = [column.place for column in columns if not column.heading]
        survey.values = {column.place: Counter() for column in columns if _is_status(column)}
        for row, cells in self._body(survey.repeated_headings):
            if row.hidden:
                survey.hidden.append(row.number)
                if not self.choices.hidden:
                    continue
            survey.length += 1
            if survey.length > MOST_LINES:
                raise UnreadableFile(
                    f"plus de {MOST_LINES} lignes : ce n’est pas une liste de membres."
                )
            survey.matricules.add(cells["matricule"])
            survey.dates.add(row.number, cells["date_naissance"])
            if not survey.has_addresses and "@" in str(address := cells.get("courriel", "")):
                survey.has_addresses = isinstance(facts.address_of(str(address)), str)
            if survey.values:
                _count_values(survey, row)
            if blank or len(row.cells) > len(columns):
                _note_unnamed(survey, row, [*blank, *range(len(columns), len(row.cells))])
        survey.matricules.settle()
        return survey

    def _body(self, repeated: list[int] | None = None) -> Iterator[tuple[Row, dict[str, Cell]]]:
        """The rows below the headings in which a field is not blank, and their fields' cells."""
        first = self._heading["matricule"]
        for row in self.headings.table.rows():
            if row.number <= self.headings.row.number:
                continue
            cells = self._cells(row)
            if all(cell == "" for cell in cells.values()):
                continue
            if cells["matricule"] == first and cells == self._heading:
                if repeated is not None:
                    repeated.append(row.number)
                continue
            yield row, cells

    def _cells(self, row: Row) -> dict[str, Cell]:
        width = len(row.cells)
        return {
            name: tidied(row.cells[place]) if place < width else ""
            for name, place in self._places.items()
        }

    def _line(self, row: Row, cells: dict[str, Cell], today: date) -> Line | RefusedLine:
        matricule = _ruled(cells["matricule"], self._matricule)
        if isinstance(matricule, str) and sum(cell != "" for cell in cells.values()) == 1:
            reason = (self._words["matricule"], facts.NUMBER_ONLY)
            return RefusedLine(row.number, (reason,), matricule, number_only=True)
        values = {
            "matricule": matricule,
            "nom": _ruled(cells["nom"], _family_name),
            "prenom": _ruled(cells["prenom"], _first_name),
            "date_naissance": _ruled(cells["date_naissance"], partial(self._born, today)),
            "code_postal": _ruled(cells["code_postal"], self._postal_code),
        }
        reasons = tuple(
            (self._words[name], value)
            for name, value in values.items()
            if isinstance(value, Refused)
        )
        if reasons:
            if _is_nobody(cells):
                reasons = ((self._words["matricule"], facts.NOBODY),)
                return RefusedLine(row.number, reasons, nobody=True)
            return RefusedLine(row.number, reasons, *_whom(matricule))
        remarks = list(self._remarks(row, cells, values, today))  # type: ignore[arg-type]
        address, remark = _address(cells.get("courriel", ""))
        if remark:
            remarks.append((self._words["courriel"], remark))
        facts_ = (*values.values(), address, remark is not None, tuple(remarks))
        return Line(row.number, *facts_)  # type: ignore[arg-type]

    def _matricule(self, cell: Cell) -> str | Refused:
        return facts.matricule_of(self.survey.matricules.digits(cell))

    def _postal_code(self, cell: Cell) -> str | Refused:
        return facts.postal_code_of(text_of(cell), abroad=self.choices.abroad)

    def _born(self, today: date, cell: Cell) -> str | Refused:
        born = read(cell, self.dates, self.headings.table.zero, today)
        return born if isinstance(born, Refused) else born.isoformat()

    def _remarks(
        self, row: Row, cells: Mapping[str, Cell], values: Mapping[str, str], today: date
    ) -> Iterator[tuple[str, Remark]]:
        words = self._words
        written = self.survey.matricules.written(cells["matricule"])
        if _SHORT.fullmatch(written):
            yield words["matricule"], facts.zeros_put_back(written, values["matricule"])
        for remark in facts.about_names(values["nom"], values["prenom"]):
            yield words["nom"], remark
        born = values["date_naissance"]
        if born in facts.STAND_IN_DATES or today.year - int(born[:4]) > _OLDEST:
            yield words["date_naissance"], facts.STAND_IN
        if about := facts.about_postal_code(values["code_postal"]):
            yield words["code_postal"], about
        for name, place in self._places.items():
            raw = row.cells[place] if place < len(row.cells) else ""
            if isinstance(raw, str) and (change := touched(raw)):
                told = facts.accents_put_right(raw, str(cells[name]))
                yield words[name], told if change == "accents" else facts.HIDDEN_SIGNS


def _ruled(cell: Cell, rule: Callable[[Cell], str | Refused]) -> str | Refused:
    if cell == "":
        return facts.EMPTY
    return facts.fault_of(cell) if isinstance(cell, Fault) else rule(cell)


def _family_name(cell: Cell) -> str | Refused:
    return facts.family_name_of(text_of(cell))


def _first_name(cell: Cell) -> str | Refused:
    return facts.first_name_of(text_of(cell))


def _address(cell: Cell) -> tuple[str | None, Remark | None]:
    """The e-mail address, or why the one on file stays: an optional column refuses nobody."""
    if cell == "":
        return None, None
    answer = (
        facts.address_in_error(cell) if isinstance(cell, Fault) else facts.address_of(str(cell))
    )
    return (None, answer) if isinstance(answer, Remark) else (answer, None)


def _whom(matricule: str | Refused) -> tuple[str | None, str | None]:
    if isinstance(matricule, str):
        return matricule, None
    offered = matricule.values.get("matricule")
    return None, str(offered) if offered else None


def _is_nobody(cells: Mapping[str, Cell]) -> bool:
    """Whether a line has no matricule (a word is none) and at most one other fact."""
    matricule = text_of(cells["matricule"])
    known = sum(cell != "" for name, cell in cells.items() if name != "matricule")
    return known <= 1 and (not matricule or _WORD.search(matricule) is not None)


def _is_status(column: Column) -> bool:
    return column.field is None and not _STATUSES.isdisjoint(folded_words(column.heading))


def _note_unnamed(survey: Survey, row: Row, places: list[int]) -> None:
    survey.unnamed.update(
        place for place in places if place < len(row.cells) and tidied(row.cells[place]) != ""
    )


def _count_values(survey: Survey, row: Row) -> None:
    for place, values in list(survey.values.items()):
        if place < len(row.cells) and (value := str(tidied(row.cells[place]))):
            values[value] += 1
            if len(values) > _MOST_VALUES:
                del survey.values[place]
