"""What is held on a member, for the member (SECURITY P7, Loi 25)."""

from dataclasses import dataclass

from db import (
    accounts,
    devices,
    email_changes,
    journal,
    members,
    outbox,
    recoveries,
    sessions,
)
from db.accounts import Account
from db.database import Reader, Transaction
from db.email_changes import EmailChange
from db.journal import Entry
from db.members import Member
from db.outbox import Mail
from mail import messages
from mail.outbox import queue
from members import Means, Visit, Wait
from members.dead_ends import with_mail

FACTS = ("family_name", "first_name", "birth_date", "postal_code")
"""What of the roster the office can be asked to correct."""


@dataclass(frozen=True, slots=True)
class Held:
    """Everything that the database holds on one member, but for hashes and keys."""

    member: Member
    account: Account
    change: EmailChange | None
    sessions: list[int]
    """When each open session began (seconds since 1970, UTC)."""
    browsers: list[int]
    """When each known browser last signed in."""
    temporary: list[int]
    """When each temporary password expires."""
    mails: list[Mail]
    journal: list[Entry]


async def held_on(db: Reader, member_id: int) -> Held | None:
    """What is held on that member; None without an access."""
    member = await members.by_id(db, member_id)
    account = await accounts.by_member(db, member_id)
    if member is None or account is None:
        return None
    return Held(
        member,
        account,
        await email_changes.by_member(db, member_id),
        await sessions.beginnings(db, member_id),
        await devices.last_seen(db, member_id),
        await recoveries.expiries(db, member_id),
        await outbox.of_member(db, member_id),
        await journal.of_member(db, member_id),
    )


async def request_correction(
    means: Means, member_id: int, facts: list[str], office: str, visit: Visit
) -> Wait | None:
    """Ask the office by mail to correct these facts of the roster (names of `FACTS`).

    Which ones, not how: the office hears the rest from the member.
    """

    async def ask(tx: Transaction) -> None:
        await journal.write(
            tx, "correction_requested", at=visit.now, member_id=member_id, address=visit.address
        )
        await queue(
            tx,
            messages.correction_requested,
            office,
            now=visit.now,
            member_id=member_id,
            about=",".join(facts),
        )

    return await with_mail(means, ask, visit, member_id)
