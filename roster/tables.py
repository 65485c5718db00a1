"""A file of the office becomes tables of cells: text in any of its encodings, or a workbook."""

import codecs
import csv
import json
import re
import subprocess
import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from roster import open_workbook

Cell = str | int | float
Row = tuple[int, list[Cell]]
"""A row's number in the file, counted from 1, and its cells."""

SEPARATORS = {";": "point-virgule", ",": "virgule", "\t": "tabulation"}
# UTF-32 before UTF-16, whose mark is the first half of its own.
_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig", "UTF-8"),
    (codecs.BOM_UTF32_LE, "utf-32", "UTF-32"),
    (codecs.BOM_UTF32_BE, "utf-32", "UTF-32"),
    (codecs.BOM_UTF16_LE, "utf-16", "UTF-16"),
    (codecs.BOM_UTF16_BE, "utf-16", "UTF-16"),
)
_ZIP = b"PK\x03\x04"
_OLE = b"\xd0\xcf\x11\xe0"
_CHUNK = 1 << 20
_SHOWN = 40
_NAMED = 12
_NOT_SHOWN = re.compile(r"[\s\x00-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]+")

# A long cell is for the rules to refuse, with its line alone.
csv.field_size_limit(sys.maxsize)


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


def tables(file: Path, sheet: str | None = None) -> list[Table]:
    """The tables that `file` may hold: a workbook's sheets, or a text cut at each separator.

    Hidden sheets come last; `sheet` names the only one wanted. Raises `UnreadableFile`,
    `UnknownSheet` or OSError. What a workbook is, its first bytes tell: offices have text files
    named .xls.
    """
    if file.exists() and not file.is_file() and not file.is_dir():
        raise UnreadableFile("il faut un fichier : enregistrez d’abord la liste, puis nommez-la.")
    with file.open("rb") as opened:
        start = opened.read(4)
    if not start:
        raise UnreadableFile("le fichier est vide.")
    if start in (_ZIP, _OLE):
        return _sheets(file, sheet)
    if sheet is not None:
        raise UnknownSheet("--sheet : ce fichier est un texte, il n’a pas de feuilles.")
    encoding, name = _encoding(file, start)
    return [
        Table(f"texte {name}, {words}", lambda sign=separator: _lines(file, encoding, sign))  # type: ignore[misc]
        for separator, words in SEPARATORS.items()
    ]


def shown(text: object) -> str:
    """What a file says, fit for one line of a terminal: no control characters, not too long."""
    words = _NOT_SHOWN.sub(" ", str(text)).strip()
    return words if len(words) <= _SHOWN else f"{words[: _SHOWN - 1]}…"


def listed(texts: Iterable[object]) -> str:
    """Several such texts in quotes, the first dozen; those that are blank are left out."""
    named = [f"« {words} »" for words in map(shown, texts) if words]
    more = f" et {len(named) - _NAMED} autre(s)" if len(named) > _NAMED else ""
    return ", ".join(named[:_NAMED]) + more


def _sheets(file: Path, wanted: str | None) -> list[Table]:
    sheets = sorted(_told(file), key=lambda sheet: not sheet[2])
    if wanted is not None:
        names = [name for _, name, _ in sheets]
        sheets = [sheet for sheet in sheets if _alike(sheet[1], wanted)]
        if not sheets:
            raise UnknownSheet(f"--sheet : aucune feuille « {shown(wanted)} » ; {listed(names)}.")
    return [
        Table(
            f"feuille{'' if visible else ' masquée'} « {shown(name)} »",
            lambda place=place: map(tuple, _told(file, str(place))),  # type: ignore[misc]
            name,
        )
        for place, name, visible in sheets
    ]


def _alike(name: str, wanted: str) -> bool:
    return name.strip().casefold() == wanted.strip().casefold()


def _told(file: Path, *sheet: str) -> Iterator[Any]:
    """What `open_workbook` tells of the file, or of that sheet of it."""
    # Not by its path: the library would go by the ending of the name.
    with (
        file.open("rb") as opened,
        subprocess.Popen(  # noqa: S603
            [sys.executable, "-I", open_workbook.__file__, *sheet],
            stdin=opened,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
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
    if code:
        raise UnreadableFile(
            "ce classeur ne s’ouvre pas (abîmé, ou une case s’y trouve très loin des autres) :"
            " copiez la liste dans un nouveau classeur, ou enregistrez-le en .csv."
        )


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
