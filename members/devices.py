"""Known browsers: an opaque cookie, kept as its hash, renewed at each sign-in."""

import secrets

from db import devices
from db.database import Reader, Transaction
from security.tokens import token_hash

TERM = 365 * 24 * 3600
"""Seconds for which a browser stays known after its last sign-in."""


async def owner(db: Reader, cookie: str | None, now: int) -> int | None:
    """Who signed in from this browser within the last year, if anybody; of several, always one."""
    return await devices.owner(db, device_hash(cookie), now - TERM)


def source(member_id: int) -> str:
    """What the tries from the browsers of that member count by, in place of their addresses."""
    return f"member {member_id}"


async def is_known_to(db: Reader, cookie: str | None, member_id: int, now: int) -> bool:
    """Whether this member signed in from this browser within the last year."""
    return await devices.knows(db, device_hash(cookie), member_id, now - TERM)


async def remember(tx: Transaction, cookie: str | None, member_id: int, now: int) -> str:
    """Note that the member signed in from this browser; gives its new cookie.

    A copied or planted cookie is worth nothing afterwards. Couples share a tablet: whom the old
    cookie knew, the new one knows.
    """
    fresh = secrets.token_urlsafe(32)
    await devices.rename(tx, device_hash(cookie), device_hash(fresh))
    await devices.remember(tx, device_hash(fresh), member_id, now)
    return fresh


def device_hash(cookie: str | None) -> bytes:
    """What the database holds for a browser's cookie; of no cookie, what it never holds."""
    return token_hash(cookie) if cookie else b""
