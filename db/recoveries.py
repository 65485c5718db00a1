"""Table `recovery`: temporary passwords as keyed HMACs."""

from collections.abc import Sequence

from db.database import Reader, Transaction


async def add(
    tx: Transaction, code_hmac: bytes, member_id: int, issued_at: int, expires_at: int
) -> bool:
    """Keep a temporary password's HMAC until `expires_at`; False where no access can be opened."""
    added = await tx.execute(
        "INSERT INTO recovery (code_hmac, member_id, issued_at, expires_at)"
        " SELECT ?, member_id, ?, ? FROM account WHERE member_id = ? AND frozen_at IS NULL",
        (code_hmac, issued_at, expires_at, member_id),
    )
    return added == 1


async def holds(db: Reader, code_hmacs: Sequence[bytes], member_id: int, now: int) -> bool:
    """Whether one of these is an unexpired temporary password of that member."""
    places = ", ".join("?" * len(code_hmacs))
    row = await db.one(
        f"SELECT 1 FROM recovery WHERE code_hmac IN ({places})"
        " AND member_id = ? AND expires_at > ?",
        (*code_hmacs, member_id, now),
    )
    return row is not None


async def expiries(db: Reader, member_id: int) -> list[int]:
    """When each temporary password of that member expires (seconds since 1970, UTC)."""
    rows = await db.all(
        "SELECT expires_at FROM recovery WHERE member_id = ? ORDER BY expires_at", (member_id,)
    )
    return [row[0] for row in rows]


async def remove_all(tx: Transaction, member_id: int) -> int:
    """Void every temporary password of that member; gives how many there were."""
    return await tx.execute("DELETE FROM recovery WHERE member_id = ?", (member_id,))


async def empty(tx: Transaction) -> None:
    """Void every temporary password of everybody."""
    await tx.execute("DELETE FROM recovery")


async def purge(tx: Transaction, now: int) -> int:
    """Erase the expired ones; gives how many."""
    return await tx.execute("DELETE FROM recovery WHERE expires_at <= ?", (now,))
