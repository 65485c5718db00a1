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
    call_code: str | None = None,
    detail: str | None = None,
) -> None:
    """Append one event; `actor` is `member`, `visitor`, `office` or `portal`.

    `detail` holds words of ours (which facts differed, counts), never a value that was typed.
    """
    # Who was erased meanwhile is not named: the request under way ends as any other.
    await tx.execute(
        "INSERT INTO journal (at, event, member_id, actor, address, call_code, detail)"
        " VALUES (?, ?, (SELECT id FROM member WHERE id = ?), ?, ?, ?, ?)",
        (at, event, member_id, actor, address, call_code, detail),
    )


ENTRY = "id, at, event, actor, address, member_id, detail"


@dataclass(frozen=True, slots=True)
class Entry:
    """One event (`at` in seconds since 1970, UTC)."""

    id: int
    at: int
    event: str
    actor: str
    address: str | None
    member_id: int | None
    detail: str | None


async def of_member(db: Reader, member_id: int, most: int | None = None) -> list[Entry]:
    """The events about that member, all or the newest `most`, the newest first."""
    rows = await db.all(
        f"SELECT {ENTRY} FROM journal WHERE member_id = ? ORDER BY id DESC LIMIT ?",
        (member_id, -1 if most is None else most),
    )
    return [Entry(*row) for row in rows]


async def by_call_code(db: Reader, code: str) -> Entry | None:
    """The event with that call code (five characters, no hyphen), the newest if there are two."""
    row = await db.one(
        f"SELECT {ENTRY} FROM journal WHERE call_code = ? ORDER BY id DESC LIMIT 1", (code,)
    )
    return Entry(*row) if row else None


async def has_call_code(db: Reader, code: str, event: str, since: int) -> bool:
    """Whether that event has an entry with that call code since then."""
    row = await db.one(
        "SELECT 1 FROM journal WHERE call_code = ? AND event = ? AND at > ? LIMIT 1",
        (code, event, since),
    )
    return row is not None


async def sign_ins(db: Reader, member_id: int, *, most: int) -> list[int]:
    """When that member last signed in (seconds since 1970, UTC), the newest first."""
    rows = await db.all(
        "SELECT at FROM journal WHERE member_id = ?"
        " AND event IN ('signed_in', 'registered') ORDER BY at DESC, id DESC LIMIT ?",
        (member_id, most),
    )
    return [row[0] for row in rows]


@dataclass(frozen=True, slots=True)
class Around:
    """What is near an entry: the nearest ones in order, each with its member's matricule.

    The entry itself is among them; `left_out` counts those that are farther away in time.
    """

    entries: list[tuple[Entry, str | None]]
    left_out: int


async def around(db: Reader, entry: Entry, seconds: int, *, most: int) -> Around:
    """What happened to the same member or from the same address within `seconds` of `entry`."""
    found = """
        FROM journal
        WHERE at BETWEEN :at - :span AND :at + :span
          AND (member_id = :member_id OR address = :address OR id = :id)
        """
    values = {
        "id": entry.id,
        "at": entry.at,
        "span": seconds,
        "member_id": entry.member_id,
        "address": entry.address,
        "most": most,
    }
    rows = await db.all(
        f"""
        SELECT {ENTRY}, (SELECT matricule FROM member WHERE member.id = member_id)
        {found}
        ORDER BY abs(at - :at), abs(id - :id) LIMIT :most
        """,
        values,
    )
    counted = await db.all(f"SELECT count(*) {found}", values)
    near = sorted(((Entry(*row[:-1]), row[-1]) for row in rows), key=lambda pair: pair[0].id)
    return Around(near, counted[0][0] - len(near))


async def newest(db: Reader, event: str) -> Entry | None:
    """The newest entry of that event."""
    row = await db.one(f"SELECT {ENTRY} FROM journal WHERE event = ? ORDER BY id DESC", (event,))
    return Entry(*row) if row else None


async def newest_at(db: Reader) -> int | None:
    """The latest time of any entry (seconds since 1970, UTC)."""
    row = await db.one("SELECT max(at) FROM journal")
    return row[0] if row else None


async def busiest_address(db: Reader, since: int) -> tuple[int, str, int] | None:
    """How many members came by themselves since then, the address of most, and how many of it.

    None when nobody came.
    """
    row = await db.one(
        """
        WITH came AS (
            SELECT DISTINCT member_id, address FROM journal
            WHERE at >= ? AND member_id IS NOT NULL AND address IS NOT NULL
        )
        SELECT (SELECT count(DISTINCT member_id) FROM came), address, count(*)
        FROM came GROUP BY address ORDER BY 3 DESC, 2 LIMIT 1
        """,
        (since,),
    )
    return (row[0], row[1], row[2]) if row else None


async def purge(tx: Transaction, before: int) -> int:
    """Erase what is older than the journal is kept; gives how many rows."""
    return await tx.execute("DELETE FROM journal WHERE at < ?", (before,))
