"""The outbox's delivery: a background task of the server."""

import asyncio
import logging

from db import outbox
from db.database import Database
from db.outbox import Mail
from mail.messages import Desk, compose
from mail.render import render
from mail.transports import Connection, Refused, Transport, Unreachable

MINUTE = 60
HOUR = 60 * MINUTE
RETRIES = (MINUTE, 5 * MINUTE, 15 * MINUTE, HOUR, 4 * HOUR, 12 * HOUR)
"""Seconds from a failure to the next attempt; after the last one the mail is given up."""
LEASE = 5 * MINUTE
"""Seconds that a deliverer has for one mail before another may take it."""
POLL = 1.0
"""Seconds between two looks at the outbox."""

log = logging.getLogger("portal.mail")


async def deliver_for_ever(desk: Desk, transport: Transport) -> None:
    """Deliver what is due, look again, until cancelled; no fault ends it."""
    while True:
        try:
            await deliver_due(desk, transport)
        except Unreachable as error:
            log.warning("mail server unreachable: %s", error)
            await asyncio.sleep(10 * POLL)
        except Exception:
            log.exception("mail delivery failed; trying again")
            await asyncio.sleep(10 * POLL)
        await asyncio.sleep(POLL)


async def deliver_due(desk: Desk, transport: Transport) -> int:
    """Deliver every mail that is due, over one connection; gives how many were accepted.

    Raises `Unreachable` when no connection can be had: no mail has lost an attempt by that.
    """
    due = await outbox.next_due(desk.db)
    if due is None or due > desk.clock():
        return 0
    sent = 0
    async with transport.connect() as connection:
        while mail := await _claim(desk.db, desk.clock()):
            sent += await _deliver(desk, connection, mail)
    return sent


async def _claim(db: Database, now: int) -> Mail | None:
    return await db.write(lambda tx: outbox.claim(tx, now, now + LEASE))


async def _deliver(desk: Desk, connection: Connection, mail: Mail) -> bool:
    try:
        letter = await compose(desk, mail)
        if letter is None:
            await _give_up(desk.db, mail, "without object")
            return False
        message = render(letter, mail.recipient, desk.settings, now=desk.clock())
        await connection.send(message)
    except Unreachable as error:
        await _retry(desk.db, mail, str(error), desk.clock())
        return False
    except (Refused, ValueError) as error:
        await _give_up(desk.db, mail, str(error))
        return False
    now = desk.clock()
    await desk.db.write(lambda tx: outbox.mark_sent(tx, mail.id, now))
    return True


async def _retry(db: Database, mail: Mail, error: str, now: int) -> None:
    again = now + RETRIES[mail.attempts - 1] if mail.attempts <= len(RETRIES) else None
    log.warning("mail %d (%s) could not leave: %s", mail.id, mail.kind, error)
    await db.write(lambda tx: outbox.mark_failed(tx, mail.id, error, again))


async def _give_up(db: Database, mail: Mail, error: str) -> None:
    log.warning("mail %d (%s) is given up: %s", mail.id, mail.kind, error)
    await db.write(lambda tx: outbox.mark_failed(tx, mail.id, error, None))
