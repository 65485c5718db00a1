"""Where a member's way ends: a journal entry, and the short code that finds it again.

A code proves nothing about the caller: it only tells the office what happened, and when.
"""

import re
import secrets

from db import journal, members
from db.database import Transaction, transaction
from members import Means, Visit, Wait
from security.temporary import ALPHABET
from security.throttle import MINUTE, Rule, network_of

_SHOWN = re.compile("[0-9A-Z]{3}-[0-9A-Z]{2}")
LENGTH = 5
"""The characters of a call code."""
ONE_ROW = 15 * MINUTE
"""Seconds within which refusals by the throttle that are about the same share one entry."""


async def note_within(
    tx: Transaction,
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
    await _write(tx, event, visit, code, actor, member_id, detail)
    return _spoken(code)


note = transaction(note_within)
"""As `note_within`, in a transaction of its own."""


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
    digest = means.throttle.digest(event, detail, *subject, network_of(visit.address))
    number, code = int.from_bytes(digest, "big"), ""
    for _ in range(LENGTH):
        number, place = divmod(number, len(ALPHABET))
        code += ALPHABET[place]
    since = visit.now - ONE_ROW

    async def write(tx: Transaction) -> None:
        about = member_id
        if matricule is not None:
            member = await members.by_matricule(tx, matricule)
            about = member.id if member else None
        if not await journal.has_call_code(tx, code, event, since):
            await _write(tx, event, visit, code, actor, about, detail)

    if not await journal.has_call_code(means.db, code, event, since):
        await means.db.write(write)
    return _spoken(code)


async def refusal(
    means: Means,
    event: str,
    rule: Rule,
    subject: tuple[str | bytes, ...],
    seconds: int,
    visit: Visit,
    *,
    actor: str = "visitor",
    member_id: int | None = None,
    matricule: str | None = None,
) -> Wait:
    """The refusal of a try by that rule, noted once."""
    code = await note_once(
        means,
        event,
        visit,
        *subject,
        actor=actor,
        member_id=member_id,
        matricule=matricule,
        detail=rule.name,
    )
    return Wait(seconds, code)


async def _write(
    tx: Transaction,
    event: str,
    visit: Visit,
    code: str,
    actor: str,
    member_id: int | None,
    detail: str,
) -> None:
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


def _spoken(code: str) -> str:
    return f"{code[:3]}-{code[3:]}"


def shown_before(text: str) -> str:
    """A call code as a page of ours shows it, given back; an empty string for any other text."""
    return text if _SHOWN.fullmatch(text) else ""


def stored_code(typed: str) -> str:
    """A call code as the journal holds it, from how somebody said or typed it."""
    return "".join(c for c in typed.upper() if c.isalnum())
