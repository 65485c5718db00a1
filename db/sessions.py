"""Table `session`: signed-in browsers, keyed by the hash of their cookie."""

from dataclasses import dataclass

from db.database import Reader, Transaction


@dataclass(frozen=True, slots=True)
class Session:
    """A signed-in browser; `scope` is `full`, or `choose` for choosing a password only."""

    id_hash: bytes
    member_id: int
    scope: str
    created_at: int
    last_seen_at: int


async def by_hash(
    db: Reader, id_hash: bytes, *, seen_after: int, created_after: int
) -> Session | None:
    """The session of that cookie's hash, unless it is past its idle or absolute term.

    A member who was deactivated or frozen has none.
    """
    row = await db.one(
        """
        SELECT id_hash, session.member_id, scope, session.created_at, last_seen_at
        FROM session
        JOIN account USING (member_id)
        JOIN member ON member.id = session.member_id
        WHERE id_hash = ? AND last_seen_at > ? AND session.created_at > ?
          AND active AND frozen_at IS NULL
        """,
        (id_hash, seen_after, created_after),
    )
    return Session(*row) if row else None


async def add(tx: Transaction, session: Session) -> None:
    """Keep a new session."""
    await tx.execute(
        "INSERT INTO session (id_hash, member_id, scope, created_at, last_seen_at)"
        " VALUES (?, ?, ?, ?, ?)",
        (
            session.id_hash,
            session.member_id,
            session.scope,
            session.created_at,
            session.last_seen_at,
        ),
    )


async def touch(tx: Transaction, id_hash: bytes, now: int) -> None:
    """Note that the session was used."""
    await tx.execute("UPDATE session SET last_seen_at = ? WHERE id_hash = ?", (now, id_hash))


async def remove(tx: Transaction, id_hash: bytes) -> int | None:
    """End one session; gives its member's id."""
    row = await tx.one("DELETE FROM session WHERE id_hash = ? RETURNING member_id", (id_hash,))
    return row[0] if row else None


async def remove_choosing(tx: Transaction, member_id: int) -> None:
    """End the sessions of that member that a temporary password opened."""
    await tx.execute("DELETE FROM session WHERE member_id = ? AND scope = 'choose'", (member_id,))


async def remove_all(tx: Transaction, member_id: int) -> None:
    """End every session of that member."""
    await tx.execute("DELETE FROM session WHERE member_id = ?", (member_id,))


async def beginnings(db: Reader, member_id: int) -> list[int]:
    """When each session of that member began (seconds since 1970, UTC)."""
    rows = await db.all(
        "SELECT created_at FROM session WHERE member_id = ? ORDER BY created_at", (member_id,)
    )
    return [row[0] for row in rows]


async def empty(tx: Transaction) -> None:
    """End every session of everybody."""
    await tx.execute("DELETE FROM session")


async def purge(tx: Transaction, *, idle_since: int, begun_before: int) -> int:
    """Erase the sessions whose term is over; gives how many."""
    return await tx.execute(
        "DELETE FROM session WHERE last_seen_at <= ? OR created_at <= ?",
        (idle_since, begun_before),
    )
