"""Queueing a mail inside the transaction that causes it, and telling what became of it."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
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


@dataclass(frozen=True, slots=True)
class Most:
    """How many mails of one kind may be queued within `seconds`, about a member and to an address.

    The second is wider: couples share an address, and none of them uses up what all have.
    """

    seconds: int
    member: int
    recipient: int


SHORT = Most(3 * HOUR, member=4, recipient=16)
DAILY = Most(DAY, member=12, recipient=48)
QUOTAS: dict[str, tuple[Most, ...]] = {
    # A stranger who knows the four facts may use it up, and closes nothing: one that is left out
    # comes within three hours of another, whose password serves for four. Hence none by day.
    messages.temporary_password.__name__: (SHORT,),
    messages.not_registered.__name__: (SHORT,),
    # To the office, from all members.
    messages.correction_requested.__name__: (
        replace(SHORT, recipient=64),
        replace(DAILY, recipient=192),
    ),
}
"""The quotas of a kind that are not as all others, which have (SHORT, DAILY)."""


class TooManyMails(Exception):
    """No more mail of that kind may be queued for `seconds`; the act that causes it is undone."""

    def __init__(self, seconds: int) -> None:
        super().__init__(seconds)
        self.seconds = seconds


async def queue(
    tx: Transaction,
    message: MessageFunction,
    recipient: str | None,
    *,
    now: int,
    member_id: int | None,
    about: str = "",
    counted: bool = True,
    quietly: bool = False,
) -> None:
    """Queue `message` (a function of `mail.messages`) to `recipient`; with None nothing leaves.

    `about` holds names of ours that the message needs, never text that somebody typed. Raises
    `TooManyMails` over the quota of its kind (SECURITY X3): no act is done whose notice could not
    leave. Left out `quietly` instead where the answer must not tell. Not `counted` are the
    office's own, and what must leave and is bounded by the mail that it answers.
    """
    kind = message.__name__
    if counted:
        seconds = await wait(tx, kind, member_id=member_id, recipient=recipient, now=now)
        if seconds and not quietly:
            raise TooManyMails(seconds)
        recipient = None if seconds else recipient
    await outbox.add(
        tx,
        kind,
        recipient,
        now=now,
        lapses_at=_lapses_at(kind, now),
        member_id=member_id,
        about=about,
        counted=counted,
    )


async def wait(
    db: Reader, kind: str, *, member_id: int | None, recipient: str | None, now: int
) -> int:
    """Seconds until a mail of that kind may be queued about that member and to that recipient."""
    until = [
        await outbox.full_until(
            db,
            kind,
            member_id=member_id,
            recipient=recipient,
            now=now,
            seconds=most.seconds,
            most=most.member,
            most_to_one=most.recipient,
        )
        for most in QUOTAS.get(kind, (SHORT, DAILY))
    ]
    return max(0, max(until) - now)


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
