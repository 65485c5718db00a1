"""Table `erasure`: who was erased; and the erasing itself, of every row that is about somebody."""

import hashlib
import secrets
import sqlite3
from collections.abc import Iterable
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from db.database import Reader, Transaction, address
from db.members import Member

ROUNDS = 1000
"""Of the hash: half a millisecond for a person, so that a list of hashes is no list of people."""


@dataclass(frozen=True, slots=True)
class Erasure:
    """A row of `member` that was erased (`at` in seconds since 1970, UTC).

    `person` is the salted hash of whoever asked for it; None where only the term was over, or the
    office has listed the person again since.
    """

    member_id: int
    at: int
    salt: bytes | None
    person: bytes | None


def person_hash(salt: bytes, matricule: str, birth_date: str, *keys: str) -> bytes:
    """What tells the person without naming anybody: matricule, ISO birth date and folded names.

    Not the matricule alone: who has it next is somebody else.
    """
    facts = "\0".join((matricule, birth_date, *keys)).encode("utf-8", "surrogatepass")
    return hashlib.pbkdf2_hmac("sha256", facts, salt, ROUNDS)


class Remembered:
    """The hashes of those who asked to be erased."""

    def __init__(self, erasures: Iterable[Erasure]) -> None:
        self._persons: dict[bytes, set[bytes]] = {}
        for one in erasures:
            if one.salt and one.person:
                self._persons.setdefault(one.salt, set()).add(one.person)

    def __bool__(self) -> bool:
        return bool(self._persons)

    def person(self, matricule: str, birth_date: str, *keys: str) -> bytes | None:
        """The hash of this person, with folded family and first name, where it is on the list."""
        for salt, persons in self._persons.items():
            found = person_hash(salt, matricule, birth_date, *keys)
            if found in persons:
                return found
        return None


async def everyone(db: Reader) -> list[Erasure]:
    """The whole list."""
    rows = await db.all("SELECT member_id, at, salt, person FROM erasure ORDER BY member_id")
    return [Erasure(*row) for row in rows]


async def erase(tx: Transaction, member: Member, *, now: int, asked: bool) -> None:
    """Delete every row about that member, and note on the list that the row is gone.

    The journal keeps what happened and when; no longer to whom, nor from which address. `asked`:
    the person is remembered by a hash, for a roster that still has them.
    """
    salt = person = None
    if asked:
        # One salt for all, so that a file of the roster is hashed once.
        row = await tx.one("SELECT salt FROM erasure WHERE salt IS NOT NULL LIMIT 1")
        salt = row[0] if row else secrets.token_bytes(32)
        person = person_hash(
            salt, member.matricule, member.birth_date, member.family_key, member.first_key
        )
    await keep(tx, [Erasure(member.id, now, salt, person)])
    await delete(tx, member.id)


async def delete(tx: Transaction, member_id: int) -> None:
    """Delete every row about that member; what hangs on it goes by its foreign keys."""
    await tx.execute(
        "UPDATE journal SET member_id = NULL, address = NULL, call_code = NULL WHERE member_id = ?",
        (member_id,),
    )
    await tx.execute("DELETE FROM member WHERE id = ?", (member_id,))


async def keep(tx: Transaction, erasures: Iterable[Erasure]) -> None:
    """Put these on the list, in place of what it says of the same rows."""
    await tx.execute_many(
        "INSERT OR REPLACE INTO erasure (member_id, at, salt, person) VALUES (?, ?, ?, ?)",
        [(one.member_id, one.at, one.salt, one.person) for one in erasures],
    )


async def forget(tx: Transaction, persons: Iterable[bytes]) -> None:
    """The office has listed these persons again; the rows that were erased stay on the list."""
    await tx.execute_many(
        "UPDATE erasure SET salt = NULL, person = NULL WHERE person = ?",
        [(person,) for person in persons],
    )


def of_file(path: Path) -> list[Erasure]:
    """The list of a file that nobody has open, as it stands; of an older version, an empty one.

    Raises `sqlite3.Error`.
    """
    with closing(sqlite3.connect(address(path, "ro"), uri=True)) as connection:
        if not connection.execute("SELECT 1 FROM sqlite_schema WHERE name = 'erasure'").fetchone():
            return []
        rows = connection.execute("SELECT member_id, at, salt, person FROM erasure")
        return [Erasure(*row) for row in rows]
