"""Table `device`: browsers that signed in before, by the hash of an opaque cookie."""

from db.database import Reader, Transaction


async def knows(db: Reader, cookie_hash: bytes, member_id: int, seen_after: int) -> bool:
    """Whether that member signed in from this browser since `seen_after`."""
    row = await db.one(
        "SELECT 1 FROM device WHERE cookie_hash = ? AND member_id = ? AND seen_at > ?",
        (cookie_hash, member_id, seen_after),
    )
    return row is not None


async def owner(db: Reader, cookie_hash: bytes, seen_after: int) -> int | None:
    """The member who signed in from this browser since `seen_after`; of several, always one."""
    row = await db.one(
        "SELECT min(member_id) FROM device WHERE cookie_hash = ? AND seen_at > ?",
        (cookie_hash, seen_after),
    )
    return row[0] if row else None


async def remember(tx: Transaction, cookie_hash: bytes, member_id: int, now: int) -> None:
    """Note that the member signed in from this browser."""
    await tx.execute(
        "INSERT INTO device (cookie_hash, member_id, seen_at) VALUES (?, ?, ?)"
        " ON CONFLICT DO UPDATE SET seen_at = excluded.seen_at",
        (cookie_hash, member_id, now),
    )


async def rename(tx: Transaction, old_hash: bytes, new_hash: bytes) -> None:
    """Give a browser's rows their new cookie."""
    await tx.execute(
        "UPDATE device SET cookie_hash = ? WHERE cookie_hash = ?", (new_hash, old_hash)
    )


async def remove_all(tx: Transaction, member_id: int) -> None:
    """Forget every browser of that member."""
    await tx.execute("DELETE FROM device WHERE member_id = ?", (member_id,))


async def purge(tx: Transaction, seen_before: int) -> int:
    """Forget browsers not seen since; gives how many."""
    return await tx.execute("DELETE FROM device WHERE seen_at <= ?", (seen_before,))


async def hashes(db: Reader, member_id: int) -> list[bytes]:
    """The cookie's hash of each known browser of that member."""
    rows = await db.all("SELECT cookie_hash FROM device WHERE member_id = ?", (member_id,))
    return [row[0] for row in rows]


async def sharing(db: Reader, member_id: int) -> list[int]:
    """Who signed in from the known browsers of that member: couples share a tablet."""
    rows = await db.all(
        "SELECT DISTINCT other.member_id FROM device AS own"
        " JOIN device AS other USING (cookie_hash)"
        " WHERE own.member_id = ? AND other.member_id <> own.member_id",
        (member_id,),
    )
    return [row[0] for row in rows]


async def last_seen(db: Reader, member_id: int) -> list[int]:
    """When each known browser of that member last signed in (seconds since 1970, UTC)."""
    rows = await db.all(
        "SELECT seen_at FROM device WHERE member_id = ? ORDER BY seen_at", (member_id,)
    )
    return [row[0] for row in rows]
