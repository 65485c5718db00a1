"""Signed-in browsers: a random cookie, kept as its hash, with an idle and an absolute term."""

import secrets

from db import journal, sessions
from db.database import Database, Transaction, transaction
from db.sessions import Session
from members import Visit
from security.tokens import token_hash

IDLE = 30 * 60
"""Seconds without a request after which a session ends (SECURITY S3)."""
ABSOLUTE = 12 * 3600
"""Seconds after which a session ends in any case (SECURITY S3)."""
TOUCH_EVERY = 60
"""Seconds between two writes of a session's last use."""

FULL = "full"
CHOOSE = "choose"
"""The scope of a session that a temporary password opened: it chooses a password, no more."""


async def open_session(
    tx: Transaction, member_id: int, scope: str, now: int, former: str | None = None
) -> str:
    """Start a session; gives the cookie's value (256 random bits).

    The browser's `former` session ends, whoever's it was (SECURITY S1).
    """
    if former:
        await sessions.remove(tx, token_hash(former))
    cookie = secrets.token_urlsafe(32)
    await sessions.add(tx, token_hash(cookie), member_id, scope, now)
    return cookie


async def current(db: Database, cookie: str, now: int) -> Session | None:
    """The session of that cookie, noted as used; None when there is none or its term is over."""
    session = await sessions.by_hash(
        db, token_hash(cookie), seen_after=now - IDLE, created_after=now - ABSOLUTE
    )
    if session and now - session.last_seen_at >= TOUCH_EVERY:
        await db.write(lambda tx: sessions.touch(tx, session.id_hash, now))
    return session


@transaction
async def sign_out(tx: Transaction, cookie: str, visit: Visit) -> None:
    """End the session of that cookie."""
    member_id = await sessions.remove(tx, token_hash(cookie))
    if member_id is not None:
        await journal.write(
            tx, "signed_out", at=visit.now, member_id=member_id, address=visit.address
        )
