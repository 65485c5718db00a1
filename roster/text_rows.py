"""A text file cut into rows: quotes of Excel, and quotes that are none."""

import csv
import re
import sys
from collections import deque
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TextIO

from roster.tables import Cell, Row, UnreadableFile

LONGEST_LINE = 1_000_000
"""Characters of a line of the file: a longer one is no member's."""
_LONGEST_RECORD = 250_000
"""Characters of a row whose cells have line breaks in them."""

_QUOTED = re.compile('^"(.*)"$')

# The rows are bounded before csv sees them.
csv.field_size_limit(sys.maxsize)


class _Lines:
    """The file's lines, those of the present row held so that it can be cut again."""

    def __init__(self, file: TextIO) -> None:
        self.number = 0
        """Of the last line that was given."""
        self.held: list[str] = []
        self._file = file
        self._again: deque[str] = deque()
        self._length = 0

    def __iter__(self) -> "_Lines":
        return self

    def __next__(self) -> str:
        if self._length > _LONGEST_RECORD:
            raise csv.Error
        line = self._again.popleft() if self._again else self._file.readline(LONGEST_LINE + 1)
        if not line:
            raise StopIteration
        self.number += 1
        if len(line) > LONGEST_LINE:
            raise UnreadableFile(
                f"ligne {self.number} : plus d’un million de signes, ce n’est pas une liste."
            )
        self.held.append(line)
        self._length += len(line)
        return line

    def begin(self) -> None:
        """Hold the lines of another row from now on."""
        self.held.clear()
        self._length = 0

    def give_back(self) -> None:
        """Take back all but the first of the held lines, to be given again."""
        others = self.held[1:]
        self._again.extendleft(reversed(others))
        self.number -= len(others)


def rows(file: Path, encoding: str, separator: str) -> Iterator[Row]:
    """The rows that are not blank.

    A quote that is never closed would swallow the members after it without a word: it is taken
    for a sign like another where the line alone makes a row. Raises `UnreadableFile`.
    """
    with file.open(encoding=encoding, newline="") as opened:
        lines = _Lines(opened)
        reader = csv.reader(lines, delimiter=separator, strict=True)
        widest = 0
        while True:
            number = lines.number + 1
            lines.begin()
            cells: list[str] | None = None
            try:
                cells = next(reader)
            except StopIteration:
                return
            except csv.Error:
                pass
            if cells is None or _swallows(lines.held, separator, widest):
                alone = _cut_alone(lines.held[0], separator)
                fits = not widest or len(alone) < widest
                if len(alone) == widest or (cells is None and fits):
                    cells = alone
                    lines.give_back()
            if cells is None:
                raise UnreadableFile(f"ligne {number} : guillemets mal placés ou mal fermés.")
            widest = max(widest, len(cells))
            if any(cell.strip() for cell in cells):
                yield Row(number, list[Cell](cells))


def _swallows(held: Sequence[str], separator: str, widest: int) -> bool:
    """Whether a cell over several lines seems to have whole rows in it."""
    return widest > 2 and any(line.count(separator) >= widest - 1 for line in held[1:])


def _cut_alone(line: str, separator: str) -> list[str]:
    """The line as a row of its own, whatever its quotes mean."""
    if line.count('"') % 2 == 0:  # « "6" de neige »
        return next(csv.reader([line], delimiter=separator), [])
    return [_QUOTED.sub(r"\1", cell) for cell in line.rstrip("\r\n").split(separator)]
