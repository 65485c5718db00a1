"""Where a member's way ends: a journal entry, and the short code that finds it again.

A code proves nothing about the caller: it only tells the office what happened, and when.
"""

import re
import secrets
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import TypeVar

from db import journal, members
from db.database import Transaction
from mail.outbox import TooManyMails
from members import Means, Visit, Wait
from members.events import MAILS, SHARED
from security.temporary import ALPHABET
from security.throttle import JOURNAL_ALL, JOURNAL_NETWORK, MINUTE, network_of

T = TypeVar("T")
_SHOWN = re.compile("[0-9A-Z]{3}-[0-9A-Z]{2}")
LENGTH = 5
"""The characters of a call code."""
ONE_ROW = 15 * MINUTE
"""Seconds within which refusals by the throttle that are about the same share one entry."""


async def note_within(
    tx: Transaction,
    means: Means,
    event: str,
    visit: Visit,
    *,
    actor: str = "visitor",
    member_id: int | None = None,
    detail: str = "",
) -> str:
    """Write a dead end into the journal; gives its call code, such as `K7F-3M`.

    `detail` holds names of ours, never what was typed.
    """
    code = "".join(secrets.choice(ALPHABET) for _ in range(LENGTH))
    return await _enter(tx, means, event, visit, code, actor, member_id, detail)


async def note(
    means: Means,
    event: str,
    visit: Visit,
    *,
    actor: str = "visitor",
    member_id: int | None = None,
    detail: str = "",
) -> str:
    """As `note_within`, in a transaction of its own."""
    return await means.db.write(
        lambda tx: note_within(
            tx, means, event, visit, actor=actor, member_id=member_id, detail=detail
        )
    )


async def note_once(
    means: Means,
    event: str,
    visit: Visit,
    *subject: str | bytes,
    actor: str = "visitor",
    member_id: int | None = None,
    matricule: str | None = None,
    detail: str = "",
) -> str:
    """As `note`, but at most one entry for that subject and network within `ONE_ROW` seconds.

    Nobody fills the journal with what costs nothing to repeat. The code is a keyed hash of the
    subject, so that it comes back without another entry, and alike whether the roster knows the
    subject or not (SECURITY B4). The entry names `member_id`, or who has that matricule.
    """
    code = _derived(means, event, detail, *subject, network_of(visit.address))
    since = visit.now - ONE_ROW

    async def write(tx: Transaction) -> str:
        about = member_id
        if matricule is not None:
            member = await members.by_matricule(tx, matricule)
            about = member.id if member else None
        if await journal.has_call_code(tx, code, event, since):
            return _spoken(code)
        return await _enter(tx, means, event, visit, code, actor, about, detail)

    if await journal.has_call_code(means.db, code, event, since):
        return _spoken(code)
    return await means.db.write(write)


async def refusal(
    means: Means,
    event: str,
    name: str,
    subject: tuple[str | bytes, ...],
    seconds: int,
    visit: Visit,
    *,
    actor: str = "visitor",
    member_id: int | None = None,
    matricule: str | None = None,
) -> Wait:
    """The refusal of a try by the limit of that name, noted once."""
    code = await note_once(
        means,
        event,
        visit,
        *subject,
        actor=actor,
        member_id=member_id,
        matricule=matricule,
        detail=name,
    )
    return Wait(seconds, code)


async def with_mail(
    means: Means,
    work: Callable[[Transaction], Awaitable[T]],
    visit: Visit,
    member_id: int,
    event: str = "request_throttled",
) -> T | Wait:
    """Do the member's act, which queues mail, in one transaction; over their quota not at all."""
    try:
        return await means.db.write(work)
    except TooManyMails as too_many:
        wait = await refusal(
            means,
            event,
            MAILS,
            (str(member_id),),
            too_many.seconds,
            visit,
            actor="member",
            member_id=member_id,
        )
        return replace(wait, mails=True)


async def _enter(
    tx: Transaction,
    means: Means,
    event: str,
    visit: Visit,
    code: str,
    actor: str,
    member_id: int | None,
    detail: str,
) -> str:
    """Write the entry; gives the code that finds it.

    Visitors make the journal hold so much and no more (SECURITY X9): beyond the quota of their
    network, then of all together, they share an entry about nobody within `ONE_ROW` seconds.
    """
    if actor == "visitor":
        for limit, *about in ((JOURNAL_NETWORK, network_of(visit.address)), (JOURNAL_ALL,)):
            if await means.throttle.take(limit, *about, tx=tx):
                code, member_id, detail = _derived(means, limit.name, event, *about), None, SHARED
                if await journal.has_call_code(tx, code, event, visit.now - ONE_ROW):
                    return _spoken(code)
    await journal.write(
        tx,
        event,
        at=visit.now,
        actor=actor,
        member_id=member_id,
        address=visit.address,
        call_code=code,
        detail=detail or None,
    )
    return _spoken(code)


def _derived(means: Means, *about: str | bytes) -> str:
    """The call code that stands for these."""
    number, code = int.from_bytes(means.throttle.digest("call code", *about), "big"), ""
    for _ in range(LENGTH):
        number, place = divmod(number, len(ALPHABET))
        code += ALPHABET[place]
    return code


def _spoken(code: str) -> str:
    return f"{code[:3]}-{code[3:]}"


def shown_before(text: str) -> str:
    """A call code as a page of ours shows it, given back; an empty string for any other text."""
    return text if _SHOWN.fullmatch(text) else ""


def stored_code(typed: str) -> str:
    """A call code as the journal holds it, from how somebody said or typed it."""
    return "".join(c for c in typed.upper() if c.isalnum())
