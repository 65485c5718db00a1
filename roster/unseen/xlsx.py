"""Hidden rows and errors of an `.xlsx` or `.xlsm` (ECMA-376, part 1, 18.2 and 18.3)."""

import re
from collections.abc import Iterator
from posixpath import join, normpath
from typing import IO
from xml.etree.ElementTree import Element, parse
from xml.parsers.expat import ParserCreate
from zipfile import ZipFile

from roster.unseen.marks import Foreign, Unseen

_CHUNK = 1 << 20
_LONGEST_SIGN = 64
# Most sheets have none of these: to look for them costs a tenth of parsing.
_SIGNS = re.compile(rb"""hidden=["'](?:1|true)|\bt=["']e["']|<(?:\w+:)?f[\s/>]""")


class XlsxBook:
    """The parts of an `.xlsx`. Raises `Foreign` where its main part is no workbook in XML."""

    def __init__(self, archive: ZipFile) -> None:
        self._archive = archive
        main = next(
            (at for kind, at in self._targets("_rels/.rels") if kind == "officeDocument"), ""
        )
        if not main.endswith(".xml") or "/" not in main:
            raise Foreign
        self._workbook = self._tree(main)
        if _local(self._workbook.tag) != "workbook":
            raise Foreign
        folder, _, name = main.rpartition("/")
        self._places = dict(self._by_id(f"{folder}/_rels/{name}.rels", folder))

    @property
    def since_1904(self) -> bool:
        """Whether bare numbers count days from 1904."""
        return any(
            _is_true(node.get("date1904"))
            for node in self._workbook
            if _local(node.tag) == "workbookPr"
        )

    def unseen(self, place: int, name: str) -> Unseen:
        """What the sheet of that name has beside its values."""
        part = self._part_of(name)
        sheet = _Sheet()
        if part:
            with self._archive.open(part) as opened:
                worthwhile = _has_signs(opened)
            if worthwhile:
                with self._archive.open(part) as opened:
                    sheet.read(opened)
        return Unseen(sheet.hidden, sheet.faults)

    def _part_of(self, name: str) -> str | None:
        for node in self._workbook.iter():
            if _local(node.tag) == "sheet" and node.get("name") == name:
                ids = [value for key, value in node.items() if _local(key) == "id"]
                return next((self._places[one] for one in ids if one in self._places), None)
        return None

    def _tree(self, part: str) -> Element:
        with self._archive.open(part) as opened:
            return parse(opened).getroot()  # noqa: S314 (in the child, within its limits)

    def _relations(self, part: str) -> Iterator[Element]:
        return (node for node in self._tree(part) if _local(node.tag) == "Relationship")

    def _targets(self, part: str) -> Iterator[tuple[str, str]]:
        for node in self._relations(part):
            yield node.get("Type", "").rpartition("/")[2], node.get("Target", "").lstrip("/")

    def _by_id(self, part: str, folder: str) -> Iterator[tuple[str, str]]:
        for node in self._relations(part):
            target = node.get("Target", "")
            yield node.get("Id", ""), normpath(join("/", folder, target)).lstrip("/")


class _Sheet:
    """Goes through a sheet's XML once, with nothing kept but what is told."""

    def __init__(self) -> None:
        self.hidden: set[int] = set()
        self.faults: dict[int, list[tuple[int, str]]] = {}
        self._row = self._column = -1
        self._kind = ""
        self._formula = False
        self._text: list[str] | None = None

    def read(self, opened: IO[bytes]) -> None:
        parser = ParserCreate()
        parser.buffer_text = True
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._characters
        parser.ParseFile(opened)

    def _start(self, tag: str, attributes: dict[str, str]) -> None:
        tag = tag.rpartition(":")[2]
        if tag == "c":
            self._column = _column(attributes["r"]) if "r" in attributes else self._column + 1
            self._kind = attributes.get("t", "n")
            self._formula = False
            self._value = ""
        elif tag == "v":
            self._text = []
        elif tag == "f":
            self._formula = True
        elif tag == "row":
            self._row = int(attributes["r"]) - 1 if "r" in attributes else self._row + 1
            self._column = -1
            if _is_true(attributes.get("hidden")):
                self.hidden.add(self._row)

    def _characters(self, text: str) -> None:
        if self._text is not None:
            self._text.append(text)

    def _end(self, tag: str) -> None:
        if tag[-1] == "v" and tag.rpartition(":")[2] == "v":
            self._value = "".join(self._text or ())
            self._text = None
        elif tag[-1] == "c" and tag.rpartition(":")[2] == "c":
            # A formula whose text is empty is calculated; one without any value is not.
            never = self._formula and not self._value and self._kind != "str"
            if self._kind == "e" or never:
                self.faults.setdefault(self._row, []).append((self._column, self._value))


def _has_signs(opened: IO[bytes]) -> bool:
    rest = b""
    while chunk := opened.read(_CHUNK):
        if _SIGNS.search(rest + chunk):
            return True
        rest = chunk[-_LONGEST_SIGN:]
    return False


def _column(reference: str) -> int:
    """The column of « AB12 », from 0."""
    number = 0
    for letter in reference:
        if not letter.isalpha():
            break
        number = number * 26 + ord(letter.upper()) - 64
    return number - 1


def _local(name: str) -> str:
    return name.rpartition("}")[2]


def _is_true(value: str | None) -> bool:
    return value in ("1", "true", "on")
