"""Taking an access back: the office does it when somebody else registered in a member's name."""

from db import accounts, email_changes, journal, outbox
from db.database import Transaction


async def annul(tx: Transaction, member_id: int, *, now: int, actor: str) -> bool:
    """Erase the access with its sessions, browsers, pending changes and temporary passwords.

    The member stays on the roster and may register anew. Mails that wait for the addresses of the
    access do not leave: a temporary password among them would open the access that comes after.
    False when there was no access.
    """
    account = await accounts.by_member(tx, member_id)
    if account is None:
        return False
    change = await email_changes.by_member(tx, member_id)
    for address in {account.email, change.email if change else account.email}:
        await outbox.cancel(tx, member_id, address)
    await accounts.remove(tx, member_id)
    await journal.write(tx, "access_annulled", at=now, member_id=member_id, actor=actor)
    return True
