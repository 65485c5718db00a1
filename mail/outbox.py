"""Queueing a mail inside the transaction that causes it, and telling what became of it."""

from collections.abc import Awaitable, Callable
from typing import Any

from db import outbox
from db.database import Reader, Transaction, transaction
from db.outbox import Mail
from mail import messages

MINUTE = 60
HOUR = 60 * MINUTE
DAY = 24 * HOUR

TERM = 5 * DAY
"""Seconds within which a mail may leave: as long as mail servers try (RFC 5321, 4.5.4.1)."""
RECOVERY_TERM = 6 * HOUR
"""The same for the answer to a recovery: later, it only puzzles who asked."""
RECOVERY = frozenset(
    {
        messages.temporary_password.__name__,
        messages.not_registered.__name__,
        messages.access_reopened.__name__,
    }
)
TOLD = frozenset(
    {
        messages.welcome.__name__,
        messages.confirm_address.__name__,
        messages.password_changed.__name__,
    }
)
"""The mails whose state is shown to the signed-in member who caused them."""
TOLD_FOR = 10 * MINUTE
"""Seconds that a mail's state is shown; one that could not leave, for as long as `TERM`."""

MessageFunction = Callable[..., Awaitable[Any]]


async def queue(
    tx: Transaction,
    message: MessageFunction,
    recipient: str | None,
    *,
    now: int,
    member_id: int | None,
    about: str = "",
) -> None:
    """Queue `message` (a function of `mail.messages`) to `recipient`; with None nothing leaves.

    `about` holds names of ours that the message needs, never text that somebody typed.
    """
    kind = message.__name__
    await outbox.add(
        tx,
        kind,
        recipient,
        now=now,
        lapses_at=_lapses_at(kind, now),
        member_id=member_id,
        about=about,
    )


async def told(db: Reader, member_id: int, now: int) -> Mail | None:
    """The mail whose state the member's page shows; None when there is nothing to say."""
    mail = await outbox.newest_of(db, member_id, TOLD)
    if mail is None:
        return None
    term = TERM if mail.state == "failed" else TOLD_FOR
    return mail if now - mail.queued_at < term else None


@transaction
async def retry(tx: Transaction, mail_id: int, now: int) -> bool:
    """Let a mail that did not leave be tried anew, its term too; False when there is none such."""
    mail = await outbox.by_id(tx, mail_id)
    return mail is not None and await outbox.requeue(tx, mail_id, now, _lapses_at(mail.kind, now))


def _lapses_at(kind: str, now: int) -> int:
    return now + (RECOVERY_TERM if kind in RECOVERY else TERM)
