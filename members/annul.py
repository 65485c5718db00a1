"""Taking an access back: the office does it when somebody else registered in a member's name.

Who did that knows the four facts: so the next access of that member asks for a code, which the
office tells the member (SECURITY X7).
"""

import secrets
from dataclasses import dataclass

from db import accounts, annulments, email_changes, journal, outbox
from db.annulments import Annulment
from db.database import Transaction, transaction
from members import Means, Visit, Wait
from members.dead_ends import note, refusal
from security import office_code
from security.keys import Key
from security.throttle import OFFICE_CODE, Source, network_of
from security.tokens import DAY

CODE_TERM = 7 * DAY
"""Seconds that a code is good: no longer than a retired secret key is still accepted."""


async def annul(tx: Transaction, member_id: int, *, now: int, actor: str) -> bool:
    """Erase the access with its sessions, browsers, pending changes and temporary passwords.

    The member stays on the roster and may register anew with a code; tokens of step two from before
    are void. Mails that wait for the addresses of the access do not leave: a temporary password
    among them would open the access that comes after. False when there was no access.
    """
    account = await accounts.by_member(tx, member_id)
    if account is None:
        return False
    change = await email_changes.by_member(tx, member_id)
    for address in {account.email, change.email if change else account.email}:
        await outbox.cancel(tx, member_id, address)
    await accounts.remove(tx, member_id)
    # At random, for two may be annulled in one second, and a restoration turns the clock back.
    mark = secrets.randbits(48) + 1
    await annulments.put(tx, Annulment(member_id, now, mark))
    await journal.write(tx, "access_annulled", at=now, member_id=member_id, actor=actor)
    return True


@transaction
async def make_code(
    tx: Transaction, member_id: int, recovery_key: Key, *, now: int, actor: str
) -> tuple[str, int] | None:
    """A new code for a new access, and until when it is good; one from before is void.

    None where no access was taken back, or there is a new one: no code is asked then.
    """
    code, expires_at = office_code.make(), now + CODE_TERM
    code_hmac = office_code.code_hmac(recovery_key, member_id, code)
    if not await annulments.set_code(tx, member_id, code_hmac, expires_at):
        return None
    await journal.write(tx, "office_code_made", at=now, member_id=member_id, actor=actor)
    return office_code.spoken(code), expires_at


@dataclass(frozen=True, slots=True)
class WrongCode:
    """It is not the office's code, or serves no more; the office finds the try by `call_code`."""

    call_code: str


async def check_code(
    means: Means, annulment: Annulment, code: str, visit: Visit
) -> WrongCode | Wait | None:
    """None when it is the code that the office gave. Every try counts, until the right one."""
    member_id, kept = annulment.member_id, annulment.code_hmac
    subject, code_of = (str(member_id),), (kept or b"").hex()
    # With another code the count begins anew.
    source = Source(f"{network_of(visit.address)} {code_of}")
    taken = await means.throttle.ask(OFFICE_CODE, *subject, source=source)
    if taken.seconds:
        return await refusal(
            means,
            "office_code_throttled",
            OFFICE_CODE.name,
            subject,
            taken.seconds,
            visit,
            member_id=member_id,
        )
    if annulment.expires_at is None:
        why = "code_missing"
    elif annulment.expires_at <= visit.now:
        why = "code_expired"
    elif kept in office_code.code_hmacs(means.recovery_key, member_id, code):
        await means.throttle.give_back(taken)
        return None
    else:
        why = "code_wrong"
    return WrongCode(
        await note(means, "office_code_failed", visit, member_id=member_id, detail=why)
    )
