"""`/sante`, for monitors: 200, or 503 with a reason that helps nobody who attacks."""

import logging
import os
import sqlite3

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from db import outbox
from db.database import Database
from db.migrate import LATEST, version_of
from web.portal import portal_of

LATE = 3600
"""Seconds for which a mail may be due before it counts as stuck."""
ROOM = 50_000_000
"""Bytes free on the disk below which the portal will soon be unable to write."""

log = logging.getLogger("portal")


async def health(request: Request) -> Response:
    """`ok`, or what is wrong in a word or two; writes nothing."""
    portal = portal_of(request)
    reason = await trouble(portal.db, portal.clock())
    if reason:
        log.warning("health: %s", reason)
    return PlainTextResponse(reason or "ok", 503 if reason else 200)


async def trouble(db: Database, now: int) -> str:
    """What keeps the portal from serving, or an empty string."""
    try:
        version = await version_of(db)
        due = await outbox.due_since(db)
        room = os.statvfs(db.path.parent)
    except (sqlite3.Error, OSError):
        return "base de données"
    if version < LATEST:
        return "mise à niveau"
    if room.f_flag & os.ST_RDONLY or room.f_bavail * room.f_frsize < ROOM:
        return "disque"
    if due is not None and now - due > LATE:
        return "courriel"
    return ""
