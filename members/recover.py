"""« Mot de passe oublié ? »: a mail for the one whose four facts these are, if anybody."""

from db import accounts
from db.database import Transaction
from mail import messages
from mail.outbox import queue
from members import Means, Visit
from members.dead_ends import note_within
from members.identify import Facts, Near, recognise


async def recover(means: Means, facts: Facts, visit: Visit) -> str:
    """Queue a temporary password, or the advice to register to a roster's address.

    Gives the call code. Known, unknown and unregistered cost the same statements, and nothing
    is told apart (SECURITY B4); what is over the quota of mails is left out in silence.
    """
    return await means.db.write(lambda tx: _recover(tx, means, facts, visit))


async def _recover(tx: Transaction, means: Means, facts: Facts, visit: Visit) -> str:
    found = await recognise(tx, facts)
    member, near = (None, found) if isinstance(found, Near) else (found, Near(found.id, ()))
    account = await accounts.by_member(tx, member.id if member else 0)
    message, recipient = messages.temporary_password, account.email if account else None
    if account and account.frozen_at is not None:
        recipient = None
    elif member and not account:
        message, recipient = messages.not_registered, member.email
    why = near.differing
    if account and account.frozen_at is not None:
        why = ("frozen",)
    elif member and not account:
        why = ("no_access",)
    member_id = member.id if member else None
    await queue(tx, message, recipient, now=visit.now, member_id=member_id, quietly=True)
    return await note_within(
        tx,
        means,
        "recovery_requested",
        visit,
        member_id=near.member_id,
        detail=",".join(why),
    )
