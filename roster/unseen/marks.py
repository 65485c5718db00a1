"""What a sheet has beside its values, as the reader of each kind of workbook tells it."""

from typing import NamedTuple, Protocol


class Unseen(NamedTuple):
    """Rows (counted from 0) that are hidden, and cells in error: column and what is shown, by row.

    What is shown is empty where a formula was never calculated.
    """

    hidden: set[int]
    faults: dict[int, list[tuple[int, str]]]


class Locked(Exception):
    """The workbook wants a password."""


class Foreign(Exception):
    """It is no workbook, or none of a kind that is read."""


class Book(Protocol):
    """A workbook of one kind."""

    @property
    def since_1904(self) -> bool:
        """Whether bare numbers count days from 1904."""

    def unseen(self, place: int, name: str) -> Unseen:
        """What its sheet of that place and name has beside its values."""
