"""Table `email_change`: the address that waits for its confirmation."""

from dataclasses import dataclass

from db.database import Reader, Transaction


@dataclass(frozen=True, slots=True)
class EmailChange:
    """A new address, asked for at `requested_at` (seconds since 1970, UTC)."""

    member_id: int
    email: str
    requested_at: int


async def by_member(db: Reader, member_id: int) -> EmailChange | None:
    """The change under way for that member."""
    row = await db.one(
        "SELECT member_id, email, requested_at FROM email_change WHERE member_id = ?",
        (member_id,),
    )
    return EmailChange(*row) if row else None


async def put(tx: Transaction, change: EmailChange) -> None:
    """Start a change; one that was under way is replaced."""
    await tx.execute(
        "INSERT OR REPLACE INTO email_change (member_id, email, requested_at) VALUES (?, ?, ?)",
        (change.member_id, change.email, change.requested_at),
    )


async def purge(tx: Transaction, requested_before: int) -> int:
    """Forget the addresses that were never confirmed, asked for before then; gives how many."""
    return await tx.execute("DELETE FROM email_change WHERE requested_at <= ?", (requested_before,))


async def remove(tx: Transaction, member_id: int) -> bool:
    """End the change under way; says whether there was one."""
    removed = await tx.execute("DELETE FROM email_change WHERE member_id = ?", (member_id,))
    return removed == 1
