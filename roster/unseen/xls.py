"""Hidden rows and errors of an `.xls` (MS-XLS, in the compound file of MS-CFB)."""

from collections.abc import Iterator
from struct import unpack_from
from typing import BinaryIO

from roster.unseen.marks import Foreign, Locked, Unseen

_FREE = 0xFFFFFFFA
"""From here on a sector's number means something else."""
_ERRORS = {
    0x00: "#NULL!",
    0x07: "#DIV/0!",
    0x0F: "#VALUE!",
    0x17: "#REF!",
    0x1D: "#NAME?",
    0x24: "#NUM!",
    0x2A: "#N/A",
}
# Types of records, by their names in MS-XLS, 2.3.
_FORMULA, _EOF, _DATE_1904, _FILE_PASS, _BOUND_SHEET = 0x06, 0x0A, 0x22, 0x2F, 0x85
_BOOL_ERR, _ROW, _BOF = 0x205, 0x208, 0x809


class XlsBook:
    """The workbook of an `.xls`. Raises `Locked`, or `Foreign` where it is another document."""

    def __init__(self, file: BinaryIO) -> None:
        streams = dict(_streams(file.read()))
        if "EncryptedPackage" in streams:
            raise Locked
        self._stream = streams.get("Workbook") or streams.get("Book") or b""
        if not self._stream:
            raise Foreign
        self.since_1904 = False
        self._sheets: list[int] = []
        for kind, body in _records(self._stream, 0):
            if kind == _FILE_PASS:
                raise Locked
            if kind == _DATE_1904:
                self.since_1904 = body[:1] == b"\1"
            elif kind == _BOUND_SHEET:
                self._sheets.append(unpack_from("<I", body)[0])

    def unseen(self, place: int, name: str) -> Unseen:
        """What the sheet of that place has beside its values."""
        unseen = Unseen(set(), {})
        if place >= len(self._sheets):
            return unseen
        for kind, body in _records(self._stream, self._sheets[place]):
            if kind == _ROW and unpack_from("<H", body, 12)[0] & 0x20:
                unseen.hidden.add(unpack_from("<H", body)[0])
            code = None
            if kind == _BOOL_ERR and body[7]:
                code = body[6]
            elif kind == _FORMULA and body[12:14] == b"\xff\xff" and body[6] == 2:
                code = body[8]
            if code is not None:
                row, column = unpack_from("<HH", body)
                unseen.faults.setdefault(row, []).append((column, _ERRORS.get(code, "#")))
        return unseen


def _records(stream: bytes, start: int) -> Iterator[tuple[int, bytes]]:
    """The records from there to the end of that part; those of a chart in it are left out."""
    depth = 0
    while start + 4 <= len(stream):
        kind, size = unpack_from("<HH", stream, start)
        start += 4 + size
        if kind == _BOF:
            depth += 1
        elif kind == _EOF:
            depth -= 1
            if depth == 0:
                return
        elif depth == 1:
            yield kind, stream[start - size : start]


def _streams(file: bytes) -> Iterator[tuple[str, bytes]]:
    """The streams of a compound file by their names; of small ones, whose place is elsewhere, and
    of the wrapper of an encrypted workbook only the name."""
    size = 1 << unpack_from("<H", file, 30)[0]
    first_directory = unpack_from("<I", file, 48)[0]
    smallest = unpack_from("<I", file, 56)[0]

    def sector(number: int) -> bytes:
        return file[(number + 1) * size : (number + 2) * size]

    def whole(number: int) -> bytes:
        parts: list[bytes] = []
        while number < _FREE and len(parts) <= len(table):
            parts.append(sector(number))
            number = table[number]
        return b"".join(parts)

    places = [number for number in unpack_from("<109I", file, 76) if number < _FREE]
    more = unpack_from("<I", file, 68)[0]
    while more < _FREE and len(places) * size <= len(file):
        *numbers, more = unpack_from(f"<{size // 4}I", sector(more))
        places += [number for number in numbers if number < _FREE]
    table: list[int] = []
    for number in places:
        table += unpack_from(f"<{size // 4}I", sector(number))
    directory = whole(first_directory)
    for start in range(0, len(directory), 128):
        length, kind = unpack_from("<HB", directory, start + 64)
        name = directory[start : start + max(length - 2, 0)].decode("utf-16-le", "replace")
        first, extent = unpack_from("<II", directory, start + 116)
        if kind == 2:
            wanted = name in ("Workbook", "Book") and extent >= smallest
            yield name, whole(first)[:extent] if wanted else b""
