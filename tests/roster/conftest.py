"""Fixtures: an empty roster, and files of the office brought into it."""

import sqlite3
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import closing
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from db import accounts, journal, outbox, sessions
from db.accounts import Account
from db.database import Database, Transaction
from roster.applying import apply_plan
from roster.planning import Plan, plan_import
from roster.reading import Choices, RosterFile
from settings import Settings
from tests.conftest import TurnedClock
from tests.people import EVERYONE, GASTON, Person

HEADINGS = "matricule;nom;prenom;date_naissance;code_postal;courriel"
TODAY = date(2026, 11, 23)


def line(person: Person, **changed: str) -> str:
    facts = {
        "matricule": person.matricule,
        "family_name": person.family_name,
        "first_name": person.first_name,
        "birth_date": person.birth_date,
        "postal_code": person.postal_code,
        "email": person.email or "",
    } | changed
    return ";".join(facts.values())


ROSTER = [line(person) for person in EVERYONE if person is not GASTON]


@pytest.fixture
async def empty(settings: Settings) -> AsyncIterator[Database]:
    """The database with nobody on its roster."""
    database = await Database.open(settings.database)
    yield database
    await database.close()


@pytest.fixture
def write_file(tmp_path: Path) -> Callable[..., Path]:
    """Writes a CSV file: `write_file("00875;…", …, headings=…, encoding=…)`."""

    def write(*lines: str, headings: str = HEADINGS, encoding: str = "utf-8") -> Path:
        file = tmp_path / "liste.csv"
        file.write_text("\r\n".join([headings, *lines, ""]), encoding, newline="")
        return file

    return write


class Office:
    """The office at its roster: what is on file, and files to load."""

    def __init__(self, db: Database, clock: TurnedClock) -> None:
        self.db = db
        self.clock = clock

    async def plan(self, file: Path, choices: Choices | None = None) -> Plan:
        return await plan_import(self.db, RosterFile(file, choices), TODAY)

    async def load(
        self,
        file: Path,
        choices: Choices | None = None,
        *,
        deactivate: bool = False,
        successors: bool = False,
        returning: bool = False,
    ) -> Plan:
        plan = await self.plan(file, choices)
        await apply_plan(
            self.db,
            plan,
            deactivate=deactivate,
            successors=successors,
            returning=returning,
            now=self.clock(),
        )
        return plan

    def all(self, sql: str, parameters: Iterable[Any] = ()) -> list[tuple[Any, ...]]:
        """What another process reads in the file."""
        with closing(sqlite3.connect(self.db.path)) as connection:
            return connection.execute(sql, tuple(parameters)).fetchall()

    async def sign_up(self, person: Person) -> int:
        """Give the person an access, a session and a mail that waits; gives their id."""
        ((member_id,),) = self.all("SELECT id FROM member WHERE matricule = ?", [person.matricule])
        account = Account(member_id, "x@example.org", 1, "hash", 1, "2026", 1, "fr", 1, None)

        async def write(tx: Transaction) -> None:
            await accounts.add(tx, account)
            await sessions.add(tx, person.matricule.encode(), member_id, "full", 1)
            await journal.write(tx, "registered", at=1, member_id=member_id)
            await outbox.add(
                tx,
                "temporary_password",
                account.email,
                now=1,
                lapses_at=2,
                member_id=member_id,
            )

        await self.db.write(write)
        return int(member_id)


@pytest.fixture
def office(db: Database, clock: TurnedClock) -> Office:
    """The office with the cast of `tests.people` on its roster."""
    return Office(db, clock)


@pytest.fixture
def new_office(empty: Database, clock: TurnedClock) -> Office:
    """The office with an empty roster."""
    return Office(empty, clock)
