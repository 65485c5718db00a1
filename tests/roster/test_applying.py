"""A plan becomes the roster, whole or not at all."""

import json
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from roster.applying import RosterMoved, apply_plan
from tests.people import ANDRE, FRANCOIS, GASTON, SYLVIE
from tests.roster.conftest import ROSTER, Office, line

WriteFile = Callable[..., Path]


async def test_the_plan_is_written_and_the_journal_keeps_the_counts(
    office: Office, write_file: WriteFile
) -> None:
    await office.load(
        write_file(
            line(SYLVIE, postal_code="h2h2h2"),
            line(GASTON),
            line(FRANCOIS),
            "01234;St-Roy;Luc;1/1/1950;h1h1h1;luc@example.org",
            "12A45;Roy;Luc;1/1/1950;h1h1h1;",
        ),
    )
    assert office.all(
        "SELECT family_name, first_name, family_key, first_key, birth_date, postal_code, email,"
        " active FROM member WHERE matricule = '01234'"
    ) == [("St-Roy", "Luc", "saintroy", "luc", "1950-01-01", "H1H 1H1", "luc@example.org", 1)]
    assert office.all(
        "SELECT postal_code, active FROM member WHERE matricule IN ('33163', '77777') ORDER BY id"
    ) == [("H2H 2H2", 1), (GASTON.postal_code, 1)]
    ((event, actor, at, detail),) = office.all("SELECT event, actor, at, detail FROM journal")
    assert (event, actor, at) == ("roster_imported", "office", office.clock())
    assert json.loads(detail) == {
        "new": 1,
        "changed": 2,
        "unchanged": 1,
        "repeated": 0,
        "successors": 0,
        "successors_left": 0,
        "deactivated": 0,
        "absent_kept": 3,
        "refused": 1,
        "erased_left": 0,
        "erased_back": 0,
    }


async def test_absent_members_are_kept_unless_the_office_says_otherwise(
    office: Office, write_file: WriteFile
) -> None:
    await office.sign_up(SYLVIE)
    await office.sign_up(FRANCOIS)
    file = write_file(*(text for text in ROSTER if not text.startswith(SYLVIE.matricule)))
    await office.load(file)
    assert office.all("SELECT count(*) FROM member WHERE active") == [(5,)]
    assert office.all("SELECT count(*) FROM session") == [(2,)]

    await office.load(file, deactivate=True)
    assert office.all("SELECT matricule FROM member WHERE NOT active ORDER BY 1") == [
        (SYLVIE.matricule,),
        (GASTON.matricule,),
    ]
    assert office.all("SELECT id_hash FROM session") == [(FRANCOIS.matricule.encode(),)]
    assert office.all(
        "SELECT matricule FROM journal JOIN member ON member.id = member_id"
        " WHERE event = 'member_deactivated'"
    ) == [(SYLVIE.matricule,)]
    # The access itself waits for a roster that has her again.
    await office.load(write_file(*ROSTER))
    assert office.all("SELECT count(*) FROM account") == [(2,)]


async def test_a_successor_inherits_nothing(office: Office, write_file: WriteFile) -> None:
    former = await office.sign_up(FRANCOIS)
    await office.sign_up(SYLVIE)
    file = write_file(
        line(FRANCOIS, family_name="Roy", first_name="Zoé", birth_date="1/1/1960").rpartition(";")[
            0
        ],
        line(ANDRE, family_name="Roy", first_name="Guy", birth_date="1/1/1970").rpartition(";")[0],
        headings="matricule;nom;prenom;naissance;cp",
    )
    await office.load(file, successors=False)
    assert office.all("SELECT id, first_name FROM member WHERE matricule = '00875'") == [
        (former, "François")
    ]

    await office.load(file, successors=True)
    ((successor, first_name, email),) = office.all(
        "SELECT id, first_name, email FROM member WHERE matricule = '00875'"
    )
    assert (first_name, email) == ("Zoé", None)
    # A new id, used by nobody before: a token that names the former one leads nowhere.
    assert successor > 6
    assert office.all("SELECT count(*) FROM member") == [(6,)]
    for table in ("account", "session", "outbox"):
        assert office.all(f"SELECT count(*) FROM {table}") == [(1,)], table
        assert office.all(f"SELECT count(*) FROM {table} WHERE member_id = ?", [successor]) == [
            (0,)
        ]
    assert office.all("SELECT event FROM journal WHERE member_id = ?", [successor]) == [
        ("access_annulled",)
    ]
    assert office.all("SELECT count(*) FROM journal WHERE event = 'access_annulled'") == [(1,)]
    assert office.all("SELECT member_id FROM journal WHERE event = 'registered' ORDER BY id") == [
        (None,),
        (2,),
    ]


async def test_a_successor_of_the_newest_member_gets_an_id_of_their_own(
    office: Office, write_file: WriteFile
) -> None:
    ((newest,),) = office.all("SELECT max(id) FROM member")
    await office.load(
        write_file(line(GASTON, family_name="Roy", birth_date="1/1/1960")), successors=True
    )
    ((own, active),) = office.all("SELECT id, active FROM member WHERE matricule = '77777'")
    assert own > newest
    assert active


async def test_a_plan_that_another_import_overtook_is_not_written(
    office: Office, write_file: WriteFile
) -> None:
    plan = await office.plan(write_file(line(SYLVIE, postal_code="h2h2h2")))
    with closing(sqlite3.connect(office.db.path)) as other:
        other.execute("INSERT INTO journal (at, event, actor) VALUES (1, 'roster_imported', 'x')")
        other.commit()
    with pytest.raises(RosterMoved):
        await apply_plan(office.db, plan, deactivate=False, successors=False, now=office.clock())
    assert office.all("SELECT postal_code FROM member WHERE matricule = '33163'") == [
        (SYLVIE.postal_code,)
    ]
