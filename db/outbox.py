"""Table `outbox`: mails to send; kind and recipient only, never rendered text or a secret."""

from dataclasses import dataclass

from db.database import Reader, Transaction

COLUMNS = "id, kind, member_id, recipient, queued_at, attempts, about"


@dataclass(frozen=True, slots=True)
class Mail:
    """A mail that waits; `attempts` counts the tries so far, this one included once claimed."""

    id: int
    kind: str
    member_id: int | None
    recipient: str
    queued_at: int
    attempts: int
    about: str = ""


async def add(
    tx: Transaction,
    kind: str,
    recipient: str | None,
    now: int,
    member_id: int | None,
    about: str = "",
) -> None:
    """Queue a mail, due at once.

    Without a recipient nothing is queued, by the same statement: who asks for a recovery must
    not be able to tell by the time it takes whether a mail leaves.
    """
    await tx.execute(
        """
        INSERT INTO outbox (kind, recipient, queued_at, next_attempt_at, member_id, about)
        SELECT :kind, :recipient, :now, :now, :member_id, :about WHERE :recipient IS NOT NULL
        """,
        {
            "kind": kind,
            "recipient": recipient,
            "now": now,
            "member_id": member_id,
            "about": about,
        },
    )


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
    return Mail(*row) if row else None


async def next_due(db: Reader) -> int | None:
    """When the next mail is due (seconds since 1970, UTC); None when nothing waits."""
    row = await db.one(
        "SELECT min(max(next_attempt_at, coalesce(leased_until, 0))) FROM outbox"
        " WHERE next_attempt_at IS NOT NULL"
    )
    return row[0] if row else None


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
        "UPDATE outbox SET last_error = ?, next_attempt_at = ?, leased_until = NULL WHERE id = ?",
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


async def purge(tx: Transaction, queued_before: int) -> int:
    """Erase mails that left or were given up, queued before then; gives how many."""
    return await tx.execute(
        "DELETE FROM outbox WHERE next_attempt_at IS NULL AND queued_at < ?", (queued_before,)
    )


@dataclass(frozen=True, slots=True)
class Trace:
    """What became of a mail; times are seconds since 1970, UTC."""

    id: int
    kind: str
    recipient: str
    queued_at: int
    attempts: int
    next_attempt_at: int | None
    last_error: str | None
    sent_at: int | None


async def of_member(db: Reader, member_id: int, most: int | None = None) -> list[Trace]:
    """The mails about that member, all or the newest `most`, the newest first."""
    rows = await db.all(
        "SELECT id, kind, recipient, queued_at, attempts, next_attempt_at, last_error, sent_at"
        " FROM outbox WHERE member_id = ? ORDER BY id DESC LIMIT ?",
        (member_id, -1 if most is None else most),
    )
    return [Trace(*row) for row in rows]
