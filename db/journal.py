"""Table `journal`: what happened, append-only; never a value that was typed."""

from dataclasses import dataclass

from db.database import Reader, Transaction


async def write(
    tx: Transaction,
    event: str,
    *,
    at: int,
    member_id: int | None = None,
    actor: str = "member",
    address: str | None = None,
) -> None:
    """Append one event; `actor` is `member`, `visitor`, `office` or `portal`."""
    await tx.execute(
        "INSERT INTO journal (at, event, member_id, actor, address) VALUES (?, ?, ?, ?, ?)",
        (at, event, member_id, actor, address),
    )


async def previous_sign_in(db: Reader, member_id: int) -> int | None:
    """When the member signed in the time before this one (seconds since 1970, UTC)."""
    row = await db.one(
        "SELECT at FROM journal WHERE member_id = ? AND event IN ('signed_in', 'registered')"
        " ORDER BY id DESC LIMIT 1 OFFSET 1",
        (member_id,),
    )
    return row[0] if row else None


@dataclass(frozen=True, slots=True)
class Entry:
    """One event (`at` in seconds since 1970, UTC)."""

    at: int
    event: str
    actor: str
    address: str | None


async def of_member(db: Reader, member_id: int, most: int = 200) -> list[Entry]:
    """The newest events about that member, the newest first."""
    rows = await db.all(
        "SELECT at, event, actor, address FROM journal WHERE member_id = ?"
        " ORDER BY id DESC LIMIT ?",
        (member_id, most),
    )
    return [Entry(*row) for row in rows]


async def purge(tx: Transaction, before: int) -> int:
    """Erase what is older than the journal is kept; gives how many rows."""
    return await tx.execute("DELETE FROM journal WHERE at < ?", (before,))
