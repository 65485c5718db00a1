"""Taking an access back: the office does it when somebody else registered in a member's name."""

from db import accounts, journal
from db.database import Transaction


async def annul(tx: Transaction, member_id: int, *, now: int, actor: str) -> bool:
    """Erase the access with its sessions, browsers, pending changes and temporary passwords.

    The member stays on the roster and may register anew. False when there was no access.
    """
    if not await accounts.remove(tx, member_id):
        return False
    await journal.write(tx, "access_annulled", at=now, member_id=member_id, actor=actor)
    return True
