"""Table `freeze_link`: the links of mails that let an address's holder freeze an access."""

from dataclasses import dataclass

from db.database import Reader, Transaction


@dataclass(frozen=True, slots=True)
class FreezeLink:
    """A link that still serves; `email` is where it was sent, `tries` those it has had."""

    member_id: int
    email: str
    tries: int


async def add(
    tx: Transaction, token_hash: bytes, member_id: int, email: str, expires_at: int
) -> bool:
    """Keep a link by its token's hash; False, and none is kept, when the access is frozen."""
    added = await tx.execute(
        "INSERT INTO freeze_link (token_hash, member_id, email, expires_at)"
        " SELECT ?, member_id, ?, ? FROM account WHERE member_id = ? AND frozen_at IS NULL",
        (token_hash, email, expires_at, member_id),
    )
    return added == 1


async def by_hash(db: Reader, token_hash: bytes, *, now: int, most_tries: int) -> FreezeLink | None:
    """The link of that token's hash, unless its term is over or its tries are used up."""
    row = await db.one(
        "SELECT member_id, email, tries FROM freeze_link"
        " WHERE token_hash = ? AND expires_at > ? AND tries < ?",
        (token_hash, now, most_tries),
    )
    return FreezeLink(*row) if row else None


async def count_try(tx: Transaction, token_hash: bytes) -> None:
    """Note one try at the link."""
    await tx.execute("UPDATE freeze_link SET tries = tries + 1 WHERE token_hash = ?", (token_hash,))


async def purge(tx: Transaction, now: int) -> int:
    """Erase those whose term is over; gives how many."""
    return await tx.execute("DELETE FROM freeze_link WHERE expires_at <= ?", (now,))


async def remove_all(tx: Transaction, member_id: int) -> None:
    """Void every link for that member's access."""
    await tx.execute("DELETE FROM freeze_link WHERE member_id = ?", (member_id,))
