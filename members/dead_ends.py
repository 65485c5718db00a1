"""Where a member's way ends: a journal entry, and the short code that finds it again.

A code proves nothing about the caller: it only tells the office what happened, and when.
"""

import secrets

from db import journal
from db.database import Database, Transaction
from members import Visit
from security.temporary import ALPHABET


async def note(
    db: Database, event: str, visit: Visit, *, member_id: int | None = None, detail: str = ""
) -> str:
    """Write a dead end into the journal; gives its call code, such as `K7F-3M`."""
    return await db.write(
        lambda tx: note_within(tx, event, visit, member_id=member_id, detail=detail)
    )


async def note_within(
    tx: Transaction, event: str, visit: Visit, *, member_id: int | None = None, detail: str = ""
) -> str:
    """As `note`, within a transaction. `detail` holds names of ours, never what was typed."""
    code = "".join(secrets.choice(ALPHABET) for _ in range(5))
    await journal.write(
        tx,
        event,
        at=visit.now,
        actor="visitor",
        member_id=member_id,
        address=visit.address,
        call_code=code,
        detail=detail or None,
    )
    return f"{code[:3]}-{code[3:]}"


def stored_code(typed: str) -> str:
    """A call code as the journal holds it, from how somebody said or typed it."""
    return "".join(c for c in typed.upper() if c.isalnum())
