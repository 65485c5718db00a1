"""SIGKILL under load: what was acknowledged is there, and the file is sound."""

import asyncio
import re
import sqlite3
from contextlib import closing, suppress
from dataclasses import dataclass, field
from pathlib import Path

import httpx
from argon2 import PasswordHasher
from argon2.exceptions import VerifyMismatchError

from db.copies import examine
from db.database import Database
from tests.faults.conftest import Served
from tests.given import hidden
from tests.people import Person, enrol

ROUNDS = 2
CLIENTS = 4
BEFORE_THE_KILL = 8
"""Acknowledged acts of a round: then the server is killed, whatever the others are at."""
FIRST, SECOND = "rive42sud7", "nord55lac8"


def crowd(number: int) -> list[Person]:
    """Members of their own."""
    return [
        Person(
            f"{n:05d}", "Untel", "Un", f"{1 + n % 28:02d}/0{1 + n % 9}/{1940 + n % 50}", "H2L 4K1"
        )
        for n in range(number)
    ]


@dataclass
class Acknowledged:
    """What the server said is done: matricule to password."""

    passwords: dict[str, str] = field(default_factory=dict)
    count: int = 0
    enough: asyncio.Event = field(default_factory=asyncio.Event)

    def note(self, person: Person, password: str) -> None:
        self.passwords[person.matricule] = password
        self.count += 1
        if self.count >= BEFORE_THE_KILL:
            self.enough.set()


async def live(url: str, people: list[Person], acknowledged: Acknowledged) -> None:
    """Register, then change the password, one person after the other, until nobody answers."""
    while people:
        person = people.pop()
        address = {"X-Forwarded-For": f"198.51.100.{int(person.matricule) % 250}"}
        async with httpx.AsyncClient(base_url=url, headers=address, timeout=30) as browser:
            step_one = await browser.post("/inscription", data=person.facts, follow_redirects=True)
            token = re.findall(r'name="token" value="([^"]+)"', step_one.text)
            assert token, step_one.text
            done = await browser.post(
                "/inscription/acces", data=person.access(token[0], password=FIRST)
            )
            assert (done.status_code, done.headers.get("location")) == (303, "/membre"), done.text
            acknowledged.note(person, FIRST)
            form = await browser.get("/membre/mot-de-passe")
            change = {
                "made_for": hidden(form, "made_for"),
                "current_password": FIRST,
                "password": SECOND,
                "password_again": SECOND,
            }
            done = await browser.post("/membre/mot-de-passe", data=change)
            assert done.status_code == 303, done.text
            acknowledged.note(person, SECOND)


async def test_what_was_acknowledged_survives_a_killed_server(served: Served) -> None:
    people = crowd(400)
    db = await Database.open(served.database)
    await enrol(db, people)
    await db.close()
    acknowledged = Acknowledged()
    for _ in range(ROUNDS):
        acknowledged.count = 0
        acknowledged.enough.clear()
        await asyncio.to_thread(served.start)
        clients = [
            asyncio.create_task(live(served.url, people, acknowledged)) for _ in range(CLIENTS)
        ]
        enough = asyncio.create_task(acknowledged.enough.wait())
        await asyncio.wait([enough, *clients], return_when=asyncio.FIRST_COMPLETED)
        await asyncio.to_thread(served.kill)
        for client in clients:
            with suppress(httpx.TransportError):
                await client
        assert acknowledged.count >= BEFORE_THE_KILL
        held = hashes(served.database)
        for matricule, password in acknowledged.passwords.items():
            assert matricule in held, f"{matricule} was acknowledged and is missing"
            # A change may be done whose answer was not heard; never the reverse.
            assert any(is_hash_of(held[matricule], each) for each in {password, SECOND}), matricule
    await asyncio.to_thread(served.start)
    await asyncio.to_thread(served.stop)
    examine(served.database)


def hashes(database: Path) -> dict[str, str]:
    with closing(sqlite3.connect(database)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        return dict(
            connection.execute(
                "SELECT matricule, password_hash FROM account JOIN member ON id = member_id"
            )
        )


def is_hash_of(password_hash: str, password: str) -> bool:
    with suppress(VerifyMismatchError):
        return PasswordHasher().verify(password_hash, password)
    return False
