"""Hidden rows and errors of an `.ods` (OpenDocument 1.3, part 3, chapter 9)."""

import re
from typing import IO
from xml.parsers.expat import ParserCreate
from zipfile import ZipFile

from roster.unseen.marks import Foreign, Locked, Unseen

_MOST_REPEATED = 1_000
"""Rows alike beyond these are the blank ones below the list."""
_TABLE = "urn:oasis:names:tc:opendocument:xmlns:table:1.0 "
_CELLS = (f"{_TABLE}table-cell", f"{_TABLE}covered-table-cell")
_VALUE_TYPE = "urn:org:documentfoundation:names:experimental:calc:xmlns:calcext:1.0 value-type"
_ERROR = re.compile(r"#\S+|Err:[0-9]+")


class OdsBook:
    """The parts of an `.ods`. Raises `Locked`, or `Foreign` where it is another document."""

    def __init__(self, archive: ZipFile) -> None:
        self._archive = archive
        if b"spreadsheet" not in archive.read("mimetype"):
            raise Foreign
        if "META-INF/manifest.xml" in archive.namelist() and b"encryption-data" in archive.read(
            "META-INF/manifest.xml"
        ):
            raise Locked
        self._content: _Content | None = None

    @property
    def since_1904(self) -> bool:
        """Whether bare numbers count days from 1904."""
        return self._read().since_1904

    def unseen(self, place: int, name: str) -> Unseen:
        """What the sheet of that place has beside its values."""
        sheets = self._read().sheets
        return sheets[place] if place < len(sheets) else Unseen(set(), {})

    def _read(self) -> "_Content":
        if self._content is None:
            self._content = _Content()
            with self._archive.open("content.xml") as opened:
                self._content.read(opened)
        return self._content


class _Content:
    """Goes through the document's XML once, with nothing kept but what is told."""

    def __init__(self) -> None:
        self.since_1904 = False
        self.sheets: list[Unseen] = []
        self._row = self._column = 0
        self._rows = self._columns = 1
        self._error = False
        self._text = ""
        self._in_cell = False

    def read(self, opened: IO[bytes]) -> None:
        parser = ParserCreate(namespace_separator=" ")
        parser.buffer_text = True
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._characters
        parser.ParseFile(opened)

    def _start(self, tag: str, attributes: dict[str, str]) -> None:
        if tag in _CELLS:
            self._columns = int(attributes.get(f"{_TABLE}number-columns-repeated", 1))
            self._error = attributes.get(_VALUE_TYPE) == "error"
            self._in_cell = True
            self._text = ""
        elif tag == f"{_TABLE}table-row":
            self._rows = int(attributes.get(f"{_TABLE}number-rows-repeated", 1))
            self._column = 0
            if attributes.get(f"{_TABLE}visibility") in ("collapse", "filter") and self.sheets:
                repeated = min(self._rows, _MOST_REPEATED)
                self.sheets[-1].hidden.update(range(self._row, self._row + repeated))
        elif tag == f"{_TABLE}table":
            self.sheets.append(Unseen(set(), {}))
            self._row = 0
        elif tag == f"{_TABLE}null-date":
            self.since_1904 = attributes.get(f"{_TABLE}date-value", "").startswith("1904")

    def _characters(self, text: str) -> None:
        if self._in_cell and len(self._text) < 20:
            self._text += text

    def _end(self, tag: str) -> None:
        if tag in _CELLS:
            self._in_cell = False
            if self._error and self.sheets:
                shown = _ERROR.match(self._text.strip())
                fault = (self._column, shown[0] if shown else "#")
                self.sheets[-1].faults.setdefault(self._row, []).append(fault)
            self._column += self._columns
        elif tag == f"{_TABLE}table-row":
            self._row += self._rows
