"""The outbox's delivery: a background task of the server, or one pass of a command."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TypeVar

from db import outbox
from db.outbox import Mail
from mail.messages import Desk, compose
from mail.outbox import HOUR, MINUTE
from mail.render import render
from mail.transports import Connection, Refused, Transport, Unreachable

RETRIES = (MINUTE, 5 * MINUTE, 15 * MINUTE, HOUR, 4 * HOUR, 12 * HOUR)
"""Seconds from a failure to the next attempt; after the last one the mail is given up."""
LEASE = 5 * MINUTE
"""Seconds that a deliverer has for one mail before another may take it."""
BATCH = 100
"""Mails over one connection: some servers hang up on whoever sends more."""
POLL = 1.0
"""Seconds between two looks at the outbox."""
PAUSES = (10.0, 60.0, 300.0)
"""Seconds to wait while no server can be reached; the last one again and again."""

WITHOUT_OBJECT = "sans objet : ce qui l’avait causé n’a plus cours"
LAPSED = "périmé : il n’a pas pu partir à temps"

T = TypeVar("T")
log = logging.getLogger("portal.mail")


@dataclass(slots=True)
class Tally:
    """What became of the mails of one pass: accepted, to be tried again, given up."""

    sent: int = 0
    later: int = 0
    failed: int = 0


async def deliver_for_ever(desk: Desk, transport: Transport) -> None:
    """Deliver what is due, look again, until cancelled; no fault ends it.

    Cancelled, it brings the mail under way to its end first.
    """
    troubles = 0
    while True:
        pause = POLL
        try:
            await deliver_due(desk, transport)
            troubles = 0
        except Exception as error:
            if isinstance(error, Unreachable):
                log.warning("mail server unreachable: %s", error)
            else:
                log.exception("mail delivery failed; trying again")
            pause = PAUSES[min(troubles, len(PAUSES) - 1)]
            troubles += 1
        await asyncio.sleep(pause)


async def deliver_due(
    desk: Desk, transport: Transport, progress: Callable[[], None] = lambda: None
) -> Tally:
    """Deliver every mail that is due, `BATCH` over one connection; `progress` is told of each.

    A line that breaks is opened again for the rest. Raises `Unreachable` when no line can be
    had: that is noted on the mails, and is no attempt at any of them.
    """
    tally = Tally()
    while await outbox.due(desk.db, desk.clock()):
        try:
            async with transport.connect() as connection:
                for _ in range(BATCH):
                    # In one piece: a stop between the receiver's "250" and the row's update
                    # would send the mail twice.
                    if not await _whole(_next(desk, connection, tally)):
                        break
                    progress()
                    if not connection.usable:
                        break
        except Unreachable as unreachable:
            await _note(desk, str(unreachable))
            raise
    return tally


async def _next(desk: Desk, connection: Connection, tally: Tally) -> bool:
    """Deliver the next mail; False when none is due."""
    now = desk.clock()
    mail = await desk.db.write(lambda tx: outbox.claim(tx, now, now + LEASE))
    if mail is None:
        return False
    try:
        if mail.lapses_at <= now:
            raise Refused(LAPSED)
        letter = await compose(desk, mail)
        if letter is None:
            raise Refused(WITHOUT_OBJECT)
        await connection.send(render(letter, mail.recipient, desk.settings, now=now))
    except Unreachable as error:
        await _settle_failure(desk, mail, str(error), _next_attempt(mail, desk.clock()), tally)
    except (Refused, ValueError) as error:
        await _settle_failure(desk, mail, str(error), None, tally)
    except Exception as error:
        # A fault of our own: the other mails must not wait behind this one.
        log.exception("mail %d (%s) could not be made", mail.id, mail.kind)
        again = _next_attempt(mail, desk.clock())
        await _settle_failure(desk, mail, type(error).__name__, again, tally)
    else:
        sent_at = desk.clock()
        await desk.db.write(lambda tx: outbox.mark_sent(tx, mail.id, sent_at))
        tally.sent += 1
    return True


def _next_attempt(mail: Mail, now: int) -> int | None:
    if mail.attempts > len(RETRIES):
        return None
    again = now + RETRIES[mail.attempts - 1]
    return again if again < mail.lapses_at else None


async def _settle_failure(
    desk: Desk, mail: Mail, error: str, again: int | None, tally: Tally
) -> None:
    if again is None:
        tally.failed += 1
        log.warning("mail %d (%s) is given up: %s", mail.id, mail.kind, error)
    else:
        tally.later += 1
        log.warning("mail %d (%s) could not leave: %s", mail.id, mail.kind, error)
    await desk.db.write(lambda tx: outbox.mark_failed(tx, mail.id, error, again))


async def _note(desk: Desk, error: str) -> None:
    now = desk.clock()
    await desk.db.write(lambda tx: outbox.mark_unreachable(tx, error, LAPSED, now))


async def _whole(work: Awaitable[T]) -> T:
    """Await `work`; cancelled, let it come to its end before the cancellation goes on."""
    task = asyncio.ensure_future(work)
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        await asyncio.wait([task])
        raise
