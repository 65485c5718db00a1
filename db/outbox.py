"""Table `outbox`: mails to send; kind and recipient only, never rendered text or a secret."""

from collections.abc import Collection
from dataclasses import dataclass

from db.database import Reader, Row, Transaction

COLUMNS = (
    "id, kind, member_id, recipient, queued_at, lapses_at, attempts, next_attempt_at, last_error,"
    " sent_at, about"
)


@dataclass(frozen=True, slots=True)
class Mail:
    """A mail; times are seconds since 1970, UTC.

    `attempts` counts the tries so far, this one included once claimed; past `lapses_at` it is
    not worth sending any more. It waits while `next_attempt_at` is set.
    """

    id: int
    kind: str
    member_id: int | None
    recipient: str
    queued_at: int
    lapses_at: int
    attempts: int
    next_attempt_at: int | None
    last_error: str | None
    sent_at: int | None
    about: str

    @property
    def state(self) -> str:
        """`sent`, `waiting`, or `failed`: given up until somebody asks for another try."""
        if self.sent_at is not None:
            return "sent"
        return "failed" if self.next_attempt_at is None else "waiting"

    @property
    def soon(self) -> bool:
        """Whether it waits for its first try."""
        return self.state == "waiting" and not self.last_error


async def add(
    tx: Transaction,
    kind: str,
    recipient: str | None,
    *,
    now: int,
    lapses_at: int,
    member_id: int | None,
    about: str = "",
    counted: bool = True,
) -> None:
    """Queue a mail, due at once; a `counted` one is among those that `full_until` counts.

    Without a recipient nothing is queued, by the same statement: who asks for a recovery must
    not be able to tell by the time it takes whether a mail leaves. Nor about who was erased.
    """
    await tx.execute(
        """
        INSERT INTO outbox
            (kind, recipient, queued_at, next_attempt_at, lapses_at, member_id, about, counted)
        SELECT :kind, :recipient, :now, :now, :lapses_at, :member_id, :about, :counted
        WHERE :recipient IS NOT NULL
            AND (:member_id IS NULL OR EXISTS (SELECT 1 FROM member WHERE id = :member_id))
        """,
        {
            "kind": kind,
            "recipient": recipient,
            "now": now,
            "lapses_at": lapses_at,
            "member_id": member_id,
            "about": about,
            "counted": counted,
        },
    )


async def full_until(
    db: Reader,
    kind: str,
    *,
    member_id: int | None,
    recipient: str | None,
    now: int,
    seconds: int,
    most: int,
    most_to_one: int,
) -> int:
    """Until when no more mail of that kind may be queued about that member or to that recipient.

    Within `seconds` there are `most` about a member, `most_to_one` to an address in any case of
    its letters. Gives 0 where there is room.
    """
    row = await db.one(
        """
        SELECT :seconds + max(
            ifnull((
                SELECT queued_at FROM outbox
                WHERE member_id = :member_id AND kind = :kind AND counted
                  AND queued_at > :now - :seconds
                ORDER BY queued_at DESC LIMIT 1 OFFSET :most - 1
            ), -:seconds),
            ifnull((
                SELECT queued_at FROM outbox
                WHERE recipient = :recipient COLLATE NOCASE AND kind = :kind AND counted
                  AND queued_at > :now - :seconds
                ORDER BY queued_at DESC LIMIT 1 OFFSET :most_to_one - 1
            ), -:seconds)
        )
        """,
        {
            "kind": kind,
            "member_id": member_id,
            "recipient": recipient,
            "now": now,
            "seconds": seconds,
            "most": most,
            "most_to_one": most_to_one,
        },
    )
    assert row
    return int(row[0])


async def forgive(tx: Transaction, member_id: int) -> None:
    """Count none of the mails about that member any more."""
    await tx.execute("UPDATE outbox SET counted = 0 WHERE member_id = ? AND counted", (member_id,))


async def claim(tx: Transaction, now: int, leased_until: int) -> Mail | None:
    """Take the mail that has been due for longest; nobody else gets it before `leased_until`."""
    row = await tx.one(
        f"""
        UPDATE outbox SET leased_until = :until, attempts = attempts + 1
        WHERE id = (
            SELECT id FROM outbox
            WHERE next_attempt_at <= :now AND (leased_until IS NULL OR leased_until <= :now)
            ORDER BY next_attempt_at, id LIMIT 1
        )
        RETURNING {COLUMNS}
        """,
        {"now": now, "until": leased_until},
    )
    return _mail(row)


async def due(db: Reader, now: int) -> int:
    """How many mails could be claimed now."""
    row = await db.one(
        "SELECT count(*) FROM outbox"
        " WHERE next_attempt_at <= ? AND (leased_until IS NULL OR leased_until <= ?)",
        (now, now),
    )
    return row[0] if row else 0


async def mark_sent(tx: Transaction, mail_id: int, now: int) -> None:
    """Note that the mail was accepted."""
    await tx.execute(
        "UPDATE outbox SET sent_at = ?, next_attempt_at = NULL, leased_until = NULL,"
        " last_error = NULL WHERE id = ?",
        (now, mail_id),
    )


async def mark_failed(
    tx: Transaction, mail_id: int, error: str, next_attempt_at: int | None
) -> None:
    """Note a failure and when to try again; None gives the mail up."""
    await tx.execute(
        "UPDATE outbox SET last_error = ?, next_attempt_at = ?, leased_until = NULL"
        " WHERE id = ? AND sent_at IS NULL",
        (error, next_attempt_at, mail_id),
    )


async def due_since(db: Reader) -> int | None:
    """Since when the mail that is due for longest has been (seconds since 1970, UTC)."""
    row = await db.one("SELECT min(next_attempt_at) FROM outbox WHERE next_attempt_at IS NOT NULL")
    return row[0] if row else None


async def given_up_since(db: Reader, since: int) -> int:
    """How many of the mails queued since then did not leave and never will by themselves."""
    row = await db.one(
        "SELECT count(*) FROM outbox"
        " WHERE sent_at IS NULL AND next_attempt_at IS NULL AND queued_at >= ?",
        (since,),
    )
    return row[0] if row else 0


async def hold(tx: Transaction, reason: str) -> int:
    """Have no mail leave until somebody asks for another try; gives how many were to leave."""
    return await tx.execute(
        "UPDATE outbox SET next_attempt_at = NULL, leased_until = NULL, last_error = ?"
        " WHERE next_attempt_at IS NOT NULL",
        (reason,),
    )


async def mark_unreachable(tx: Transaction, error: str, lapsed: str, now: int) -> None:
    """Note on every due mail why none can leave; those past their term are given up, as `lapsed`.

    It is no attempt at any of them.
    """
    await tx.execute(
        """
        UPDATE outbox SET
            last_error = iif(lapses_at <= :now, :lapsed, :error),
            next_attempt_at = iif(lapses_at <= :now, NULL, next_attempt_at)
        WHERE next_attempt_at <= :now AND (leased_until IS NULL OR leased_until <= :now)
          AND (last_error IS NOT :error OR lapses_at <= :now)
        """,
        {"now": now, "error": error, "lapsed": lapsed},
    )


async def requeue(tx: Transaction, mail_id: int, now: int, lapses_at: int) -> bool:
    """Have a mail that did not leave tried anew from now on; False when there is none such.

    One that a deliverer holds this moment is left alone.
    """
    changed = await tx.execute(
        "UPDATE outbox SET attempts = 0, next_attempt_at = ?, lapses_at = ?, last_error = NULL,"
        " leased_until = NULL"
        " WHERE id = ? AND sent_at IS NULL AND (leased_until IS NULL OR leased_until <= ?)",
        (now, lapses_at, mail_id, now),
    )
    return changed == 1


async def by_id(db: Reader, mail_id: int) -> Mail | None:
    """The mail of that number."""
    return _mail(await db.one(f"SELECT {COLUMNS} FROM outbox WHERE id = ?", (mail_id,)))


async def newest(db: Reader, *, failed: bool, limit: int) -> list[Mail]:
    """The newest mails, or only those that were given up; the newest first."""
    only = "WHERE sent_at IS NULL AND next_attempt_at IS NULL" if failed else ""
    rows = await db.all(f"SELECT {COLUMNS} FROM outbox {only} ORDER BY id DESC LIMIT ?", (limit,))
    return [Mail(*row) for row in rows]


async def newest_of(db: Reader, member_id: int, kinds: Collection[str]) -> Mail | None:
    """The newest mail of these kinds that an act of the member caused."""
    places = ", ".join("?" * len(kinds))
    row = await db.one(
        f"SELECT {COLUMNS} FROM outbox WHERE member_id = ? AND kind IN ({places})"
        " ORDER BY id DESC LIMIT 1",
        (member_id, *kinds),
    )
    return _mail(row)


async def purge(tx: Transaction, queued_before: int) -> int:
    """Erase mails that left or were given up, queued before then; gives how many."""
    return await tx.execute(
        "DELETE FROM outbox WHERE next_attempt_at IS NULL AND queued_at < ?", (queued_before,)
    )


async def of_member(db: Reader, member_id: int, most: int | None = None) -> list[Mail]:
    """The mails about that member, all or the newest `most`, the newest first."""
    rows = await db.all(
        f"SELECT {COLUMNS} FROM outbox WHERE member_id = ? ORDER BY id DESC LIMIT ?",
        (member_id, -1 if most is None else most),
    )
    return [Mail(*row) for row in rows]


async def cancel(tx: Transaction, member_id: int, recipient: str) -> None:
    """Drop the member's mails to that address that have not left."""
    await tx.execute(
        "DELETE FROM outbox WHERE member_id = ? AND recipient = ? AND sent_at IS NULL",
        (member_id, recipient),
    )


def _mail(row: Row | None) -> Mail | None:
    return Mail(*row) if row else None
