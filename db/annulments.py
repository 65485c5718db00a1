"""Table `annulment`: whose access was taken back and who has no new one yet."""

import sqlite3
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from db.database import Reader, Transaction, address


@dataclass(frozen=True, slots=True)
class Annulment:
    """When the access was taken back (seconds since 1970, UTC), and the code for a new one.

    `mark` is what a token made since carries; the code is kept as a keyed HMAC, and there is none
    until the office makes one.
    """

    member_id: int
    at: int
    mark: int
    code_hmac: bytes | None = None
    expires_at: int | None = None


async def by_member(db: Reader, member_id: int) -> Annulment | None:
    """The annulment that this member's next access has to overcome."""
    row = await db.one(
        "SELECT member_id, at, mark, code_hmac, expires_at FROM annulment WHERE member_id = ?",
        (member_id,),
    )
    return Annulment(*row) if row else None


async def put(tx: Transaction, annulment: Annulment) -> None:
    """Keep it, in place of one from before."""
    await tx.execute(
        "INSERT OR REPLACE INTO annulment (member_id, at, mark, code_hmac, expires_at)"
        " VALUES (?, ?, ?, ?, ?)",
        (
            annulment.member_id,
            annulment.at,
            annulment.mark,
            annulment.code_hmac,
            annulment.expires_at,
        ),
    )


async def set_code(tx: Transaction, member_id: int, code_hmac: bytes, expires_at: int) -> bool:
    """Keep a code's HMAC, in place of one from before; False where nothing was taken back."""
    changed = await tx.execute(
        "UPDATE annulment SET code_hmac = ?, expires_at = ? WHERE member_id = ?",
        (code_hmac, expires_at, member_id),
    )
    return changed == 1


async def remove(tx: Transaction, member_id: int) -> None:
    """The member has a new access."""
    await tx.execute("DELETE FROM annulment WHERE member_id = ?", (member_id,))


async def void_codes(tx: Transaction) -> None:
    """Void every code of everybody; what was taken back stays so."""
    await tx.execute("UPDATE annulment SET code_hmac = NULL, expires_at = NULL")


async def purge(tx: Transaction, now: int) -> int:
    """Erase the expired codes; gives how many."""
    return await tx.execute(
        "UPDATE annulment SET code_hmac = NULL WHERE code_hmac IS NOT NULL AND expires_at <= ?",
        (now,),
    )


def of_file(path: Path) -> list[tuple[int, int]]:
    """Whose access was taken back, and when last, by the journal of a file that nobody has open.

    Raises `sqlite3.Error`.
    """
    with closing(sqlite3.connect(address(path, "ro"), uri=True)) as connection:
        rows = connection.execute(
            "SELECT member_id, max(at) FROM journal"
            " WHERE event = 'access_annulled' AND member_id IS NOT NULL GROUP BY member_id"
        )
        return [(member_id, at) for member_id, at in rows]
