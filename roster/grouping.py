"""The same thing said of many lines is said once, with their numbers."""

from collections.abc import Iterable
from dataclasses import dataclass, field

from roster.facts import Remark
from rules import Refused

Said = Refused | Remark

_NAMED = 12


@dataclass(slots=True)
class Group:
    """What is said of a column, and the numbers of the lines of which it is said.

    `said` is that of the first line; `alike` is whether its values are those of all others.
    """

    column: str
    said: Said
    numbers: list[int] = field(default_factory=list)
    alike: bool = True


class Groups:
    """Groups by column and sentence, in the order in which they were first added to."""

    def __init__(self, items: Iterable[tuple[int, str, Said]] = ()) -> None:
        self._groups: dict[tuple[str, str], Group] = {}
        for item in items:
            self.add(*item)

    def add(self, number: int, column: str, said: Said) -> None:
        """Say it of one more line."""
        key = column, said.sentence
        group = self._groups.get(key)
        if group is None:
            group = self._groups[key] = Group(column, said)
        elif group.said.values != said.values:
            group.alike = False
        group.numbers.append(number)

    def all(self) -> list[Group]:
        """The groups."""
        return list(self._groups.values())


def lines_named(numbers: list[int]) -> str:
    """Numbers of lines in words: « ligne 4 », « lignes 4, 7 à 12 et 30 (8) »."""
    if len(numbers) == 1:
        return f"ligne {numbers[0]}"
    runs: list[list[int]] = []
    for number in sorted(numbers):
        if runs and number == runs[-1][1] + 1:
            runs[-1][1] = number
        else:
            runs.append([number, number])
    named: list[str] = []
    for first, last in runs[:_NAMED]:
        named += [f"{first} à {last}"] if last - first > 1 else map(str, range(first, last + 1))
    if len(runs) > _NAMED:
        return f"lignes {', '.join(named)}… ({len(numbers)} en tout)"
    together = " et ".join([", ".join(named[:-1]), named[-1]]) if len(named) > 1 else named[0]
    return f"lignes {together}" + (f" ({len(numbers)})" if len(numbers) > 2 else "")
