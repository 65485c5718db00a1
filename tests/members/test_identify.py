"""Who is recognised: the list's names are names that its members can type."""

from datetime import date

import pytest

from db.database import Database
from members.identify import Facts, Near, recognise
from tests.people import Person, enrol


@pytest.mark.parametrize(
    ("family", "first", "typed"),
    [
        ("Lévesque née Roy", "Anne", ["Lévesque", "Roy", "LEVESQUE ROY", "Anne Roy"]),
        ("Mme Gagnon", "Lise", ["Gagnon", "Gagnon Lise"]),
        ("Tremblay Jr", "Luc", ["Tremblay", "Tremblay Jr"]),
        ("Tremblay Jean", "Jean", ["Tremblay", "Jean Tremblay"]),
        ("Roy et Gagnon", "Anne et Luc", ["Roy", "Luc Gagnon"]),
    ],
)
async def test_a_member_types_a_name_of_the_list(
    db: Database, family: str, first: str, typed: list[str]
) -> None:
    await enrol(db, [Person("40001", family, first, "07/11/1950", "J7J 8G8")])
    for name in typed:
        found = await recognise(db, Facts("40001", name, date(1950, 11, 7), "J7J 8G8"))
        assert not isinstance(found, Near), name
    wrong = await recognise(db, Facts("40001", "Dion", date(1950, 11, 7), "J7J 8G8"))
    assert isinstance(wrong, Near)
    assert wrong.differing == ("family_name",)
