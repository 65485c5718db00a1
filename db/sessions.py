"""Table `session`: signed-in browsers, keyed by the hash of their cookie."""

from dataclasses import dataclass

from db.database import Reader, Transaction


@dataclass(frozen=True, slots=True)
class Overview:
    """What a member's first page tells; times are seconds since 1970, UTC."""

    matricule: str
    first_name: str
    family_name: str
    email: str
    email_confirmed_at: int | None
    new_email: str | None
    """The address that waits for its confirmation."""
    previous_sign_in: int | None
    """When the member signed in the time before this one."""
    last_mail: int | None
    """When the newest mail to the member was queued."""


@dataclass(frozen=True, slots=True)
class Session:
    """A signed-in browser; `scope` is `full`, or `choose` for choosing a password only."""

    id_hash: bytes
    member_id: int
    scope: str
    last_seen_at: int
    member: Overview


async def by_hash(
    db: Reader, id_hash: bytes, *, seen_after: int, created_after: int
) -> Session | None:
    """The session of that cookie's hash, unless it is past its idle or absolute term.

    A member who was deactivated or frozen has none. One read for all that the page seen most
    needs: a second one would cost as much as the whole of its template.
    """
    row = await db.one(
        """
        SELECT id_hash, session.member_id, scope, last_seen_at,
            matricule, first_name, family_name, account.email, email_confirmed_at,
            email_change.email,
            (SELECT at FROM journal
             WHERE journal.member_id = session.member_id
               AND event IN ('signed_in', 'registered')
             ORDER BY at DESC, id DESC LIMIT 1 OFFSET 1),
            (SELECT queued_at FROM outbox
             WHERE outbox.member_id = session.member_id ORDER BY id DESC LIMIT 1)
        FROM session
        JOIN account USING (member_id)
        JOIN member ON member.id = session.member_id
        LEFT JOIN email_change USING (member_id)
        WHERE id_hash = ? AND last_seen_at > ? AND session.created_at > ?
          AND active AND frozen_at IS NULL
        """,
        (id_hash, seen_after, created_after),
    )
    if row is None:
        return None
    _, member_id, scope, last_seen_at, *member = row
    return Session(id_hash, member_id, scope, last_seen_at, Overview(*member))


async def add(tx: Transaction, id_hash: bytes, member_id: int, scope: str, now: int) -> None:
    """Keep a new session."""
    await tx.execute(
        "INSERT INTO session (id_hash, member_id, scope, created_at, last_seen_at)"
        " VALUES (?, ?, ?, ?, ?)",
        (id_hash, member_id, scope, now, now),
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
