"""A file of the office becomes tables of cells: text in any of its encodings, or a workbook."""

import codecs
import csv
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from pathlib import Path

from python_calamine import CalamineError, CalamineSheet, CalamineWorkbook, SheetTypeEnum

Cell = str | int | float | date | datetime | time | timedelta
Row = tuple[int, list[Cell]]
"""A row's number in the file, counted from 1, and its cells."""

SEPARATORS = {";": "point-virgule", ",": "virgule", "\t": "tabulation"}
_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig", "UTF-8"),
    (codecs.BOM_UTF16_LE, "utf-16", "UTF-16"),
    (codecs.BOM_UTF16_BE, "utf-16", "UTF-16"),
)
_ZIP = b"PK\x03\x04"
_OLE = b"\xd0\xcf\x11\xe0"
_CHUNK = 1 << 20


class UnreadableFile(ValueError):
    """The file as a whole cannot be taken; the message is one French sentence."""


@dataclass(frozen=True, slots=True)
class Table:
    """One way to read the file; `rows()` starts from the top each time, blank rows left out."""

    description: str
    rows: Callable[[], Iterator[Row]]


def tables(file: Path) -> list[Table]:
    """The tables that `file` may hold: a workbook's sheets, or a text cut at each separator.

    Raises `UnreadableFile` or OSError. What a workbook is, its first bytes tell: offices have
    text files named .xls.
    """
    with file.open("rb") as opened:
        start = opened.read(4)
    if not start:
        raise UnreadableFile("le fichier est vide.")
    if start in (_ZIP, _OLE):
        return _sheets(file)
    encoding, name = _encoding(file, start)
    return [
        Table(f"texte {name}, {words}", lambda sign=separator: _lines(file, encoding, sign))  # type: ignore[misc]
        for separator, words in SEPARATORS.items()
    ]


def _sheets(file: Path) -> list[Table]:
    try:
        # Not by its path: the library would go by the ending of the name.
        with file.open("rb") as opened:
            workbook = CalamineWorkbook.from_filelike(opened)
        return [
            Table(f"feuille « {sheet.name} »", lambda name=sheet.name: _cells(workbook, name))  # type: ignore[misc]
            for sheet in workbook.sheets_metadata
            if sheet.typ == SheetTypeEnum.WorkSheet
        ]
    except CalamineError as error:
        raise UnreadableFile(
            "ce classeur ne s’ouvre pas (abîmé, ou protégé par un mot de passe)."
        ) from error


def _cells(workbook: CalamineWorkbook, name: str) -> Iterator[Row]:
    try:
        sheet: CalamineSheet = workbook.get_sheet_by_name(name)
    except CalamineError as error:
        raise UnreadableFile(f"la feuille « {name} » est illisible.") from error
    for number, cells in enumerate(sheet.iter_rows(), start=1):
        if any(cell != "" for cell in cells):
            yield number, list(cells)


def _encoding(file: Path, start: bytes) -> tuple[str, str]:
    """Codec and name: a byte order mark, else UTF-8, else Windows-1252; guessing gets French wrong.

    Raises `UnreadableFile` for what is no text.
    """
    for mark, codec, name in _MARKS:
        if start.startswith(mark):
            if _decodes(file, codec):
                return codec, name
            raise UnreadableFile(f"le fichier est abîmé : il s’annonce en {name} et ne l’est pas.")
    with file.open("rb") as opened:
        while chunk := opened.read(_CHUNK):
            if b"\x00" in chunk:
                raise UnreadableFile("ce n’est ni un classeur Excel ou ODS, ni un fichier texte.")
    if _decodes(file, "utf-8"):
        return "utf-8", "UTF-8"
    if _decodes(file, "cp1252"):
        return "cp1252", "Windows-1252"
    raise UnreadableFile("ce texte n’est ni en UTF-8, ni en Windows-1252.")


def _decodes(file: Path, codec: str) -> bool:
    try:
        with file.open(encoding=codec, newline="") as opened:
            while opened.read(_CHUNK):
                pass
    except UnicodeError:
        return False
    return True


def _lines(file: Path, encoding: str, separator: str) -> Iterator[Row]:
    with file.open(encoding=encoding, newline="") as opened:
        # Strict: a quote that is never closed would swallow the members after it without a word.
        reader = csv.reader(opened, delimiter=separator, strict=True)
        number = 1
        try:
            for cells in reader:
                if any(cell.strip() for cell in cells):
                    yield number, list(cells)
                number = reader.line_num + 1
        except csv.Error as error:
            raise UnreadableFile(
                f"ligne {number} : guillemets mal placés ou mal fermés."
            ) from error
