"""The same thing of many lines is said once."""

import pytest

from roster.facts import Remark
from roster.grouping import Groups, lines_named
from rules import Refused


@pytest.mark.parametrize(
    ("numbers", "named"),
    [
        ([4], "ligne 4"),
        ([4, 5], "lignes 4 et 5"),
        ([4, 5, 6], "lignes 4 à 6 (3)"),
        ([30, 4, 7, 8, 9], "lignes 4, 7 à 9 et 30 (5)"),
        (list(range(2, 402)), "lignes 2 à 401 (400)"),
        (list(range(0, 60, 2)), "lignes 0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22… (30 en tout)"),
    ],
)
def test_lines_are_named_shortly(numbers: list[int], named: str) -> None:
    assert lines_named(numbers) == named


def test_groups_are_by_column_and_sentence() -> None:
    empty = Refused("vide")
    groups = Groups([(2, "Nom", empty), (3, "Nom", empty), (3, "CP", empty)])
    groups.add(4, "CP", Remark("lu %(n)s", {"n": 1}))
    groups.add(5, "CP", Remark("lu %(n)s", {"n": 2}))
    assert [(group.column, group.numbers, group.alike) for group in groups.all()] == [
        ("Nom", [2, 3], True),
        ("CP", [3], True),
        ("CP", [4, 5], False),
    ]
