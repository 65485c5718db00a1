"""« Not you? »: whoever holds a former address freezes the access, and the office settles it."""

import hmac
from dataclasses import dataclass
from datetime import date

from db import (
    accounts,
    devices,
    email_changes,
    freeze_links,
    members,
    recoveries,
    sessions,
)
from db.database import Reader, Transaction
from mail import messages
from mail.outbox import queue
from members import Means, Visit
from members.dead_ends import note_within
from security.tokens import token_hash

TRIES = 5
"""How often a link may be tried: its holder knows the mailbox, not always the member's facts."""


@dataclass(frozen=True, slots=True)
class Frozen:
    """The access is frozen; every link and change of it is void. The office settles it next."""

    call_code: str


@dataclass(frozen=True, slots=True)
class WrongFacts:
    """These are not the facts of the link's member; so many tries are left."""

    left: int
    call_code: str


@dataclass(frozen=True, slots=True)
class VoidLink:
    """The link is unknown, too old, used up, or void since the access was frozen."""


async def serves(db: Reader, token: str, now: int) -> bool:
    """Whether the link still serves."""
    link = await freeze_links.by_hash(db, token_hash(token), now=now, most_tries=TRIES)
    return link is not None


async def freeze(
    means: Means, token: str, matricule: str, birth_date: date, visit: Visit
) -> Frozen | WrongFacts | VoidLink:
    """Freeze the access that the link is for, when both facts are its member's.

    Sessions, temporary passwords, pending changes and links end with it; its address and the
    one that had the link are told. Changes no address: who holds a mailbox is not always the
    member.
    """
    return await means.db.write(lambda tx: _freeze(tx, means, token, matricule, birth_date, visit))


async def _freeze(
    tx: Transaction, means: Means, token: str, matricule: str, birth_date: date, visit: Visit
) -> Frozen | WrongFacts | VoidLink:
    now = visit.now
    link = await freeze_links.by_hash(tx, token_hash(token), now=now, most_tries=TRIES)
    if link is None:
        return VoidLink()
    member = await members.by_id(tx, link.member_id)
    account = await accounts.by_member(tx, link.member_id)
    if member is None or account is None:
        return VoidLink()
    same = {
        "matricule": hmac.compare_digest(matricule, member.matricule),
        "birth_date": hmac.compare_digest(birth_date.isoformat(), member.birth_date),
    }
    if not all(same.values()):
        await freeze_links.count_try(tx, token_hash(token))
        differing = ",".join(name for name, is_same in same.items() if not is_same)
        code = await note_within(
            tx, means, "freeze_failed", visit, member_id=member.id, detail=differing
        )
        return WrongFacts(TRIES - link.tries - 1, code)
    await accounts.set_frozen(tx, member.id, now)
    await void_everything(tx, member.id)
    code = await note_within(tx, means, "access_frozen", visit, member_id=member.id)
    for recipient in sorted({account.email, link.email}):
        # It must leave, and once: a frozen access has no link that freezes it again.
        await queue(
            tx, messages.access_frozen, recipient, now=now, member_id=member.id, counted=False
        )
    return Frozen(code)


async def void_everything(tx: Transaction, member_id: int) -> None:
    """End sessions, known browsers, temporary passwords, the pending change and the links."""
    await sessions.remove_all(tx, member_id)
    await devices.remove_all(tx, member_id)
    await recoveries.remove_all(tx, member_id)
    await email_changes.remove(tx, member_id)
    await freeze_links.remove_all(tx, member_id)
