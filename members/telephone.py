"""What the office does for a member at the telephone."""

from db import accounts, journal, members, sessions
from db.database import Transaction, transaction
from db.members import Member
from mail import messages
from mail.outbox import queue
from security import throttle
from security.throttle import Rule, Throttle

OFFICE = "office"


def locks(member: Member) -> list[tuple[Rule, tuple[str, ...]]]:
    """Every rule that can make this member wait, with what it is about."""
    facts = (member.birth_date, member.postal_code)
    return [
        (throttle.SIGN_IN, (member.matricule,)),
        (throttle.CURRENT_PASSWORD, (str(member.id),)),
        (throttle.IDENTIFY_MATRICULE, (member.matricule,)),
        (throttle.IDENTIFY_FACTS, facts),
        (throttle.RECOVER_MATRICULE, (member.matricule,)),
        (throttle.RECOVER_FACTS, facts),
    ]


async def waits(taken: Throttle, member: Member) -> dict[str, int]:
    """The seconds that each rule makes this member wait now, where it does, by its name."""
    found = {rule.name: await taken.wait(rule, *about) for rule, about in locks(member)}
    return {name: seconds for name, seconds in found.items() if seconds}


async def unlock(taken: Throttle, member: Member) -> None:
    """Let this member try again at once, everywhere."""
    for rule, about in locks(member):
        await taken.clear(rule, *about)


@transaction
async def recover(tx: Transaction, member: Member, *, now: int) -> str | None:
    """Send a temporary password to the address on file; gives it, None without an access."""
    account = await accounts.by_member(tx, member.id)
    if account is None or account.frozen_at is not None:
        return None
    await journal.write(tx, "recovery_requested", at=now, member_id=member.id, actor=OFFICE)
    await queue(tx, messages.temporary_password, account.email, now=now, member_id=member.id)
    return account.email


@transaction
async def deactivate(tx: Transaction, member: Member, *, now: int) -> None:
    """Close the portal to this member; the sessions end at once."""
    await members.deactivate(tx, member.id)
    await sessions.remove_all(tx, member.id)
    await journal.write(tx, "member_deactivated", at=now, member_id=member.id, actor=OFFICE)
