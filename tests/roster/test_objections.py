"""Plans that look like an accident."""

from collections.abc import Callable
from pathlib import Path

import pytest

from roster.objections import objections
from roster.planning import Plan
from roster.reading import Choices
from roster.report import report
from tests.roster.conftest import Office

WriteFile = Callable[..., Path]
COUNT = 12


def listed(**columns: list[str]) -> list[str]:
    """The lines of a dozen members; `columns` says what stands in one of theirs instead."""
    lines = {
        "matricule": [f"{20101 + n}" for n in range(COUNT)],
        "nom": [f"Roy-{chr(65 + n)}" for n in range(COUNT)],
        "prenom": [f"Luc-{chr(65 + n)}" for n in range(COUNT)],
        "born": [f"19{40 + n}-0{n % 9 + 1}-{28 - n}" for n in range(COUNT)],
        "code": [f"J{n % 10}J {n % 10}G{n % 10}" for n in range(COUNT)],
        "email": [f"m{n}@example.org" for n in range(COUNT)],
    } | columns
    return [";".join(line) for line in zip(*lines.values(), strict=True)]


def shifted(column: str) -> list[str]:
    """A column as it is when it was moved down by one cell."""
    place = ("matricule", "nom", "prenom", "born", "code", "email").index(column)
    cells = [line.split(";")[place] for line in listed()]
    return [cells[-1], *cells[:-1]]


def insisted(plan: Plan, *, deactivate: bool = False) -> str:
    return " ".join(one.sentence % one.values for one in objections(plan, deactivate=deactivate))


@pytest.mark.parametrize(
    ("column", "said"),
    [
        ("nom", "12 membres sur 12 changeraient de nom de famille"),
        ("prenom", "12 membres sur 12 changeraient de prénom"),
        ("born", "12 membres sur 12 changeraient de date de naissance"),
        ("code", "membres sur 12 changeraient de code postal"),
        ("email", "12 membres sur 12 changeraient de courriel"),
        ("matricule", "12 matricules sur 12 passeraient à une autre personne"),
    ],
)
async def test_a_column_that_was_moved_is_not_applied_by_itself(
    new_office: Office, write_file: WriteFile, column: str, said: str
) -> None:
    await new_office.load(write_file(*listed()))
    plan = await new_office.plan(write_file(*listed(**{column: shifted(column)})))
    assert said in insisted(plan)
    if column != "matricule":
        name = {"nom": "nom", "prenom": "prénom", "born": "date de naissance"}.get(column, "co")
        told = [line for line in report(plan, deactivate=False) if " → " in line]
        assert len(told) == 3
        assert any(line.startswith(f"  {name}") for line in report(plan, deactivate=False))


async def test_days_and_months_that_were_exchanged_neither(
    new_office: Office, write_file: WriteFile
) -> None:
    born = [f"19{40 + n}-0{n % 9 + 1}-1{n % 3}" for n in range(COUNT)]
    await new_office.load(write_file(*listed(born=born)))
    exchanged = [f"{one[5:7]}/{one[8:]}/{one[:4]}" for one in born]
    plan = await new_office.plan(write_file(*listed(born=exchanged)))
    assert "changeraient de date de naissance" in insisted(plan)


async def test_what_is_no_accident_is_not_objected_to(
    new_office: Office, write_file: WriteFile
) -> None:
    bare = [""] * COUNT
    await new_office.load(write_file(*listed(email=bare)))
    shouted = [f"ROY {chr(65 + n)}" for n in range(COUNT)]
    for file in (
        write_file(*listed()),  # addresses that nobody had yet
        write_file(*listed(nom=shouted)),  # the same names, spelt otherwise
        write_file(*listed(nom=shouted)[:1], *listed(nom=shouted)[2:]),
    ):
        assert insisted(await new_office.plan(file)) == ""
        await new_office.load(file)
    one_moved = listed(nom=shouted)
    one_moved[3] = one_moved[3].replace("J3J 3G3", "H9H 9H9")
    assert insisted(await new_office.plan(write_file(*one_moved))) == ""


async def test_addresses_are_not_emptied_by_the_way(
    new_office: Office, write_file: WriteFile
) -> None:
    await new_office.load(write_file(*listed()))
    addresses = "SELECT count(email) FROM member"
    blank = write_file(*listed(email=[""] * COUNT))
    plan = await new_office.load(blank)
    assert (plan.unchanged_count, plan.changed_count) == (COUNT, 0)
    few = await new_office.plan(write_file(*listed(email=["m0@example.org", *[""] * (COUNT - 1)])))
    assert "11 membres sur 12 changeraient de courriel ou n’en auraient plus" in insisted(few)
    for words in ("aucun", "#N/A", "N/A", "?"):
        cells = [words] * (COUNT - 1)
        await new_office.load(write_file(*listed(email=["m0@example.org", *cells])))
        assert new_office.all(addresses) == [(COUNT,)]
    meant = Choices(clear=frozenset({"courriel"}))
    blank = write_file(*listed(email=[""] * COUNT))
    assert insisted(await new_office.plan(blank, meant)) == ""
    await new_office.load(blank, meant)
    assert new_office.all(addresses) == [(0,)]
