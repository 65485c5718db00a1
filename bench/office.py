"""A database with a roster of any size; every second member has an access."""

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from db import members
from db.database import Database
from db.migrate import migrate
from rules.name import name_key
from security.passwords import HASHER

PASSWORD = "rive42sud7"
ADDRESS = "louise.cote@example.org"
ACCESS = {
    "email": ADDRESS,
    "email_again": ADDRESS,
    "password": PASSWORD,
    "password_again": PASSWORD,
}
"""What a member types at step two."""
FAMILIES = ("Tremblay", "Gagnon", "Roy", "Côté", "Bouchard", "Gauthier", "Morin", "Lavoie")
FIRST_NAMES = ("Marie", "Jean", "Louise", "Pierre", "Sylvie")


@dataclass(frozen=True, slots=True)
class Office:
    """An office whose roster has the matricules from 00000 up to `size` - 1."""

    database: Path
    size: int

    @property
    def environ(self) -> dict[str, str]:
        """The settings of its portal, behind a proxy as in production."""
        return {
            "PORTAL_DATABASE": str(self.database),
            "PORTAL_MAIL_DIR": str(self.database.parent / "mail"),
            "PORTAL_TRUSTED_PROXIES": "127.0.0.1",
            "PORTAL_OFFICE_NAME": "Association de démonstration",
            "PORTAL_OFFICE_PHONE": "450 555-0100",
            "PORTAL_OFFICE_EMAIL": "bureau@example.org",
            "PORTAL_PRIVACY_OFFICER": "Jeanne Tremblay",
        }

    def with_access(self, count: int) -> list[str]:
        """The matricules of so many members who have an access, from all over the roster."""
        return [f"{number:05d}" for number in self._spread(count)]

    def without_access(self, count: int) -> list[dict[str, str]]:
        """The four facts of so many members who have none, as the form's body has them."""
        return [facts_of(number + 1) for number in self._spread(count)]

    def _spread(self, count: int) -> range:
        step = self.size // count & ~1
        return range(0, step * count, step)

    def forgive(self) -> None:
        """Forget every try, so that a measure does not meet the throttle."""

        async def work() -> None:
            db = await Database.open(self.database)
            try:
                await db.count("DELETE FROM throttle RETURNING 1")
            finally:
                await db.close()

        asyncio.run(work())


def found(folder: Path, size: int) -> Office:
    """Make the database of an office with `size` members (even, at most 100,000) in `folder`."""
    office = Office(folder / f"{size}.db", size)
    migrate(office.database)

    async def fill() -> None:
        db = await Database.open(office.database)
        try:
            await db.write(lambda tx: members.save(tx, list(_lines(size))))
            await db.write(
                lambda tx: tx.execute(
                    """
                    INSERT INTO account (member_id, email, email_confirmed_at, password_hash,
                        password_changed_at, consent_version, consented_at, language, created_at)
                    SELECT id, matricule || '@example.org', 1, ?, 1, '1', 1, 'fr', 1
                    FROM member WHERE matricule % 2 = 0
                    """,
                    (HASHER.hash(PASSWORD),),
                )
            )
        finally:
            await db.close()

    asyncio.run(fill())
    return office


def facts_of(number: int) -> dict[str, str]:
    """The four facts of the member of that matricule, on the roster or not."""
    return {
        "matricule": f"{number:05d}",
        "family_name": FAMILIES[number % len(FAMILIES)],
        "birth_date": f"{number % 28 + 1:02d}/{number % 12 + 1:02d}/{1930 + number % 60}",
        "postal_code": f"J{number % 10}K {number // 10 % 10}L{number // 100 % 10}",
    }


def _lines(size: int) -> Iterator[tuple[str | None, ...]]:
    for number in range(size):
        facts = facts_of(number)
        day, month, year = facts["birth_date"].split("/")
        first = FIRST_NAMES[number % len(FIRST_NAMES)]
        yield (
            facts["matricule"],
            facts["family_name"],
            first,
            name_key(facts["family_name"]),
            name_key(first),
            f"{year}-{month}-{day}",
            facts["postal_code"],
            None,
        )
