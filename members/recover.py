"""« Mot de passe oublié ? »: a mail for the one whose four facts these are, if anybody."""

from db import accounts, journal
from db.database import Transaction, transaction
from mail import messages
from mail.outbox import queue
from members import Visit
from members.identify import Facts, find


@transaction
async def recover(tx: Transaction, facts: Facts, visit: Visit) -> None:
    """Queue a temporary password; or the advice to register, to a roster's address.

    Known, unknown and unregistered cost the same statements, and nothing is told apart
    (SECURITY B4).
    """
    member = await find(tx, facts)
    account = await accounts.by_member(tx, member.id if member else 0)
    message, recipient = messages.temporary_password, account.email if account else None
    if account and account.frozen_at is not None:
        recipient = None
    elif member and not account:
        message, recipient = messages.not_registered, member.email
    member_id = member.id if member else None
    await journal.write(
        tx,
        "recovery_requested",
        at=visit.now,
        actor="visitor",
        member_id=member_id,
        address=visit.address,
    )
    await queue(tx, message, recipient, now=visit.now, member_id=member_id)
