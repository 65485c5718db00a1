"""A file beside the roster, before anything is written."""

import json
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from db.staging import Change
from roster.planning import plan_import
from roster.reading import RosterFile
from roster.report import report
from tests.people import ANDRE, FRANCOIS, GASTON, MARIE, NICOLE, SYLVIE
from tests.roster.conftest import ROSTER, TODAY, Office, line

WriteFile = Callable[..., Path]


async def test_the_same_roster_changes_nothing_and_is_noted(
    office: Office, write_file: WriteFile
) -> None:
    before = office.all("SELECT * FROM member")
    plan = await office.load(write_file(*ROSTER, ROSTER[0]), deactivate=True, successors=True)
    assert (plan.unchanged_count, plan.repeated_count) == (5, 1)
    assert plan.change_count(deactivate=True, successors=True) == 0
    assert office.all("SELECT * FROM member") == before
    ((event, detail),) = office.all("SELECT event, detail FROM journal")
    assert event == "roster_imported"
    counts = {name: count for name, count in json.loads(detail).items() if count}
    assert counts == {"unchanged": 5, "repeated": 1}


async def test_planning_writes_nothing(
    office: Office, write_file: WriteFile, digest: Callable[[], str]
) -> None:
    before = digest()
    plan = await office.plan(
        write_file(line(SYLVIE, postal_code="H2H 2H2"), "12345;A;B;1/1/1950;H1H 1H1;")
    )
    assert (plan.new_count, plan.changed_count, plan.absent_count) == (1, 1, 4)
    assert digest() == before


async def test_a_change_is_told_by_its_fields(office: Office, write_file: WriteFile) -> None:
    plan = await office.plan(
        write_file(
            line(SYLVIE, family_name="Lapointe-Roy", postal_code="h2h2h2"),
            line(FRANCOIS, email="nouveau@example.org"),
            line(GASTON),
            line(MARIE, birth_date="1944-02-28"),
            line(ANDRE, first_name="André-Guy"),
        )
    )
    assert [
        (line.number, line.matricule, [change.field for change in line.changes])
        for line in plan.changed
    ] == [
        (2, SYLVIE.matricule, ["family_name", "postal_code"]),
        (3, FRANCOIS.matricule, ["email"]),
        (4, GASTON.matricule, ["active"]),
        (5, MARIE.matricule, ["birth_date"]),
        (6, ANDRE.matricule, ["first_name"]),
    ]
    assert plan.changed[0].changes[1] == Change("postal_code", SYLVIE.postal_code, "H2H 2H2")
    said = "\n".join(report(plan, deactivate=False))
    assert "ligne 2, 33163 : nom, code postal" in said
    assert "    ligne 2, 33163 : Lapointe → Lapointe-Roy" in said
    assert (
        "Modifiés : 5 (nom : 1, prénom : 1, date de naissance : 1, code postal : 1, courriel : 1,"
        " de nouveau membre : 1)" in said
    )


async def test_a_file_without_a_column_of_addresses_leaves_them_alone(
    office: Office, write_file: WriteFile
) -> None:
    headings = "matricule;nom;prenom;naissance;cp"
    same = line(FRANCOIS).rpartition(";")[0]
    plan = await office.load(write_file(same, headings=headings))
    assert plan.unchanged_count == 1
    await office.load(write_file(same.replace("J7J 8G8", "J7J 8G9"), headings=headings))
    assert office.all("SELECT email, postal_code FROM member WHERE matricule = '00875'") == [
        (FRANCOIS.email, "J7J 8G9")
    ]


async def test_another_spelling_is_no_other_person(office: Office, write_file: WriteFile) -> None:
    plan = await office.plan(
        write_file(
            line(MARIE, family_name="SAINT ONGE D'AMOURS", birth_date="28/02/1944"),
            line(FRANCOIS, family_name="Roy"),
        )
    )
    assert plan.successions == []
    assert plan.changed_count == 2


async def test_name_and_birth_date_both_changed_is_another_person(
    office: Office, write_file: WriteFile
) -> None:
    plan = await office.plan(
        write_file(line(FRANCOIS, family_name="Roy", first_name="Zoé", birth_date="1/1/1960"))
    )
    (one,) = plan.successions
    assert (one.number, one.matricule) == (2, "00875")
    assert plan.changed_count == 0
    said = "\n".join(report(plan, deactivate=False))
    assert "ligne 2, 00875 : François Lapointe devient Zoé Roy" in said


async def test_a_matricule_twice_with_different_facts_refuses_both_lines(
    office: Office, write_file: WriteFile
) -> None:
    plan = await office.plan(
        write_file(
            line(SYLVIE),
            line(SYLVIE, postal_code="H2H 2H2"),
            line(MARIE),
            line(MARIE, family_name=""),
            line(NICOLE),
            line(NICOLE),
        )
    )
    assert [refused.number for refused in plan.refused] == [2, 3, 4, 5]
    assert (plan.unchanged_count, plan.repeated_count) == (1, 1)


async def test_nobody_is_absent_because_of_a_slip_in_their_line(
    office: Office, write_file: WriteFile
) -> None:
    plan = await office.plan(
        write_file(
            line(SYLVIE, postal_code="nowhere"),
            line(FRANCOIS, matricule="875"),
            line(MARIE, matricule="1O411"),
            "01234;Roy;Luc;1/1/1950;H1H 1H1;",
        )
    )
    assert [matricule for matricule, _ in plan.absent] == ["10411", "20001", "20002"]
    assert plan.without_matricule == 1
    assert plan.accepted_count == 1


@pytest.mark.parametrize(
    "total", [";Total;;;;", "Total : 5;;;;;", ";;;5;;", "TOTAL DES MEMBRES;5;;;;"]
)
async def test_a_total_below_the_list_is_about_nobody(
    office: Office, write_file: WriteFile, total: str
) -> None:
    plan = await office.plan(write_file(*ROSTER, ";;;;;", total, total))
    assert len(plan.refused) == 2
    assert plan.without_matricule == 0


@pytest.mark.parametrize("somebody", [";Roy;Luc;;;", "1E411;Roy;;;;", "?;Roy;;;;"])
async def test_a_line_about_somebody_is_no_total(
    office: Office, write_file: WriteFile, somebody: str
) -> None:
    assert (await office.plan(write_file(*ROSTER, somebody))).without_matricule == 1


async def test_a_total_is_at_the_end(office: Office, write_file: WriteFile) -> None:
    assert (await office.plan(write_file(";Roy;;;;", *ROSTER))).without_matricule == 1


async def test_the_writer_is_free_while_a_file_is_planned(
    office: Office, write_file: WriteFile
) -> None:
    written = 0

    def write_meanwhile() -> None:
        nonlocal written
        with closing(sqlite3.connect(office.db.path, timeout=0)) as other:
            other.execute("INSERT INTO journal (at, event, actor) VALUES (1, 'x', 'member')")
            other.commit()
        written += 1

    await plan_import(office.db, RosterFile(write_file(*ROSTER)), TODAY, write_meanwhile)
    assert written == len(ROSTER)
