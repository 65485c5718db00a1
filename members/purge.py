"""Forgetting what is past its term (SECURITY P6)."""

from db import (
    annulments,
    challenges,
    devices,
    email_changes,
    freeze_links,
    journal,
    members,
    outbox,
    recoveries,
    sessions,
    throttles,
)
from db.database import Transaction, transaction
from members.devices import TERM
from members.erase import erase_within
from members.sessions import ABSOLUTE, IDLE

DAY = 24 * 3600
MAIL_DAYS = 90
"""Days for which it is remembered that a mail left."""
PENDING_DAYS = 30
"""Days for which an address may wait for its confirmation."""


@transaction
async def purge(
    tx: Transaction, *, now: int, journal_days: int, inactive_days: int
) -> dict[str, int]:
    """Erase what is past its term; gives how many rows of each table."""
    over = await members.inactive_before(tx, now, now - inactive_days * DAY)
    for member in over:
        await erase_within(tx, member, now=now, asked=False, actor="portal")
    counts = {
        "member": len(over),
        "session": await sessions.purge(tx, idle_since=now - IDLE, begun_before=now - ABSOLUTE),
        "email_change": await email_changes.purge(tx, now - PENDING_DAYS * DAY),
        "recovery": await recoveries.purge(tx, now),
        "annulment": await annulments.purge(tx, now),
        "spent_challenge": await challenges.purge(tx, now),
        "throttle": await throttles.purge(tx, now * 1000),
        "freeze_link": await freeze_links.purge(tx, now),
        "device": await devices.purge(tx, now - TERM),
        "outbox": await outbox.purge(tx, now - MAIL_DAYS * DAY),
        "journal": await journal.purge(tx, now - journal_days * DAY),
    }
    await journal.write(tx, "purged", at=now, actor="portal")
    return counts
