"""Table `throttle`: how often a key was tried; keys are HMACs, times are milliseconds."""

from db.database import Counter, Reader, Transaction


async def take_quota(db: Counter, key: bytes, *, now: int, every: int, burst: int) -> int:
    """Count one try against a quota of `burst` at once and one more each `every` milliseconds.

    Gives 0 when it is let through, else the milliseconds to wait. One statement (GCRA): `until`
    is the time at which the bucket would be empty again.
    """
    rows = await db.count(
        """
        INSERT INTO throttle (key, tries, until, allowed, forget)
        VALUES (:key, 1, :now + :every, 1, :now + :every)
        ON CONFLICT (key) DO UPDATE SET
            allowed = max(until, :now) <= :now + :every * (:burst - 1),
            tries = tries + (max(until, :now) <= :now + :every * (:burst - 1)),
            refused = refused + (max(until, :now) > :now + :every * (:burst - 1)),
            until = max(until, :now)
                + iif(max(until, :now) <= :now + :every * (:burst - 1), :every, 0),
            forget = max(until, :now) + :every
        RETURNING allowed, until
        """,
        {"key": key, "now": now, "every": every, "burst": burst},
    )
    allowed, until = rows[0]
    return 0 if allowed else int(until) - (now + every * (burst - 1))


async def take_growing(
    db: Counter, key: bytes, *, now: int, free: int, first: int, longest: int, memory: int
) -> int:
    """Count one try; after `free` of them each waits twice as long, from `first` to `longest`.

    Gives 0 when it is let through, else the milliseconds to wait. One statement: the try counts
    as failed until it is given back, so that many at once cannot slip through. A try made while
    waiting does not lengthen the wait; all is forgotten `memory` milliseconds after the first.
    """
    rows = await db.count(
        """
        INSERT INTO throttle (key, tries, until, allowed, forget)
        VALUES (:key, 1, :now, 1, :now + :memory)
        ON CONFLICT (key) DO UPDATE SET
            allowed = until <= :now,
            refused = refused + (until > :now),
            tries = iif(forget <= :now, 1, tries + (until <= :now)),
            until = CASE
                WHEN forget <= :now OR tries + 1 < :free THEN max(until, :now)
                WHEN until > :now THEN until
                ELSE :now + min(:longest, :first << min(tries + 1 - :free, 20))
            END,
            forget = iif(forget <= :now OR tries = 0, :now + :memory, forget)
        RETURNING allowed, until
        """,
        {
            "key": key,
            "now": now,
            "free": free,
            "first": first,
            "longest": longest,
            "memory": memory,
        },
    )
    allowed, until = rows[0]
    return 0 if allowed else int(until) - now


async def give_back(db: Counter, key: bytes, cost: int) -> None:
    """Undo one try that was let through; `cost` are a quota's milliseconds, 0 in a soft lock."""
    await db.count(
        "UPDATE throttle SET tries = max(0, tries - 1), until = iif(?2, until - ?2, 0)"
        " WHERE key = ?1 RETURNING 1",
        (key, cost),
    )


async def clear(db: Counter, head: bytes) -> None:
    """Forget every try at the keys that begin so."""
    await db.count("DELETE FROM throttle WHERE key BETWEEN ? AND ? RETURNING 1", (head, head + END))


async def empty(tx: Transaction) -> None:
    """Forget every try."""
    await tx.execute("DELETE FROM throttle")


async def purge(tx: Transaction, now: int) -> int:
    """Drop what no longer counts; gives how many rows (`now` in milliseconds)."""
    return await tx.execute("DELETE FROM throttle WHERE forget <= ?", (now,))


async def until(db: Reader, key: bytes) -> int | None:
    """What `until` is for that key; None when it was never tried."""
    row = await db.one("SELECT until FROM throttle WHERE key = ?", (key,))
    return row[0] if row else None


async def under(db: Reader, head: bytes) -> list[tuple[bytes, int]]:
    """The keys that begin so, each with its `until`."""
    rows = await db.all(
        "SELECT key, until FROM throttle WHERE key BETWEEN ? AND ?", (head, head + END)
    )
    return [(row[0], row[1]) for row in rows]


END = b"\xff" * 16
"""Comes after whatever follows a head."""
