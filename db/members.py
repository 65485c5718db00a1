"""Table `member`: the office's roster."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from db.database import Reader, Row, Transaction

COLUMNS = (
    "id, matricule, family_name, first_name, family_key, first_key, birth_date, postal_code,"
    " email, active"
)


@dataclass(frozen=True, slots=True)
class Member:
    """One line of the roster; `birth_date` is ISO `AAAA-MM-JJ`, the keys are folded names."""

    id: int
    matricule: str
    family_name: str
    first_name: str
    family_key: str
    first_key: str
    birth_date: str
    postal_code: str
    email: str | None
    active: bool

    @property
    def own_facts(self) -> tuple[str, ...]:
        """The facts that a password must not be made of, in the shapes people type them."""
        year, month, day = self.birth_date.split("-")
        return (
            self.matricule,
            self.family_name,
            *re.findall(r"[\w’'-]+", self.family_name),  # « Lapointe (née Roy) »
            self.first_name,
            self.family_key,
            self.first_key,
            year,
            day + month + year,
            year + month + day,
            f"{day}/{month}/{year}",
            self.postal_code.replace(" ", ""),
        )


async def by_matricule(db: Reader, matricule: str) -> Member | None:
    """The member of that matricule, active or not."""
    row = await db.one(f"SELECT {COLUMNS} FROM member WHERE matricule = ?", (matricule,))
    return _member(row) if row else None


async def by_id(db: Reader, member_id: int) -> Member | None:
    """The member of that internal id, active or not."""
    row = await db.one(f"SELECT {COLUMNS} FROM member WHERE id = ?", (member_id,))
    return _member(row) if row else None


async def without_matricule(db: Reader, birth_date: str, postal_code: str) -> list[Member]:
    """The members of that ISO birth date and postal code, active or not."""
    rows = await db.all(
        f"SELECT {COLUMNS} FROM member WHERE birth_date = ? AND postal_code = ?",
        (birth_date, postal_code),
    )
    return [_member(row) for row in rows]


async def everyone(tx: Transaction) -> list[Member]:
    """Every member, active or not."""
    return [_member(row) for row in await tx.all(f"SELECT {COLUMNS} FROM member ORDER BY id")]


@dataclass(frozen=True, slots=True)
class Listed:
    """A member as the export lists them, with the state of the access if there is one."""

    matricule: str
    family_name: str
    first_name: str
    birth_date: str
    postal_code: str
    email: str | None
    access_email: str | None
    access_created_at: int | None
    access_confirmed_at: int | None
    access_frozen_at: int | None


async def listed(db: Reader, after: str, limit: int) -> list[Listed]:
    """The active members whose matricule comes after that one, in order."""
    rows = await db.all(
        """
        SELECT matricule, family_name, first_name, birth_date, postal_code, member.email,
               account.email, created_at, email_confirmed_at, frozen_at
        FROM member LEFT JOIN account ON account.member_id = member.id
        WHERE active AND matricule > ? ORDER BY matricule LIMIT ?
        """,
        (after, limit),
    )
    return [Listed(*row) for row in rows]


async def save(tx: Transaction, lines: Sequence[tuple[str | None, ...]]) -> None:
    """Insert or overwrite members by matricule.

    A line is (matricule, family name, first name, family key, first key, ISO birth date, postal
    code, e-mail or None).
    """
    await tx.execute_many(
        """
        INSERT INTO member (matricule, family_name, first_name, family_key, first_key,
                            birth_date, postal_code, email)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?)
        ON CONFLICT (matricule) DO UPDATE SET
            family_name = excluded.family_name, first_name = excluded.first_name,
            family_key = excluded.family_key, first_key = excluded.first_key,
            birth_date = excluded.birth_date, postal_code = excluded.postal_code,
            email = excluded.email, active = 1, inactive_since = NULL
        """,
        lines,
    )


def _member(row: Row) -> Member:
    *facts, active = row
    return Member(*facts, bool(active))  # type: ignore[call-arg]


async def deactivate(tx: Transaction, member_id: int, now: int) -> bool:
    """Take the member off the active ones; what is on file stays. Says whether it was one."""
    changed = await tx.execute(
        "UPDATE member SET active = 0, inactive_since = ? WHERE id = ? AND active", (now, member_id)
    )
    return changed > 0


async def inactive_since(db: Reader, member_id: int) -> int | None:
    """When the member was deactivated (seconds since 1970, UTC), as far as that is known."""
    row = await db.one("SELECT inactive_since FROM member WHERE id = ?", (member_id,))
    return row[0] if row else None


async def inactive_before(tx: Transaction, now: int, before: int) -> list[Member]:
    """Who has been inactive since before then; where it is not known since when, it is from now."""
    await tx.execute(
        "UPDATE member SET inactive_since = ? WHERE NOT active AND inactive_since IS NULL", (now,)
    )
    rows = await tx.all(
        f"SELECT {COLUMNS} FROM member WHERE NOT active AND inactive_since <= ?", (before,)
    )
    return [_member(row) for row in rows]


@dataclass(frozen=True, slots=True)
class Counts:
    """How many members there are, and how many of the active ones have an access."""

    members: int
    active: int
    accesses: int


async def counts(db: Reader) -> Counts:
    """The roster in three numbers."""
    row = await db.one(
        "SELECT count(*), coalesce(sum(active), 0),"
        " coalesce(sum(active AND EXISTS (SELECT 1 FROM account WHERE member_id = id)), 0)"
        " FROM member"
    )
    assert row
    return Counts(*row)
