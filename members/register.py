"""Step two of the registration: an identified member gets an access."""

from dataclasses import dataclass

from db import accounts, annulments, journal, members
from db.accounts import Account
from db.database import Transaction
from mail import messages
from mail.outbox import queue
from members import Means, Visit, Wait, devices
from members.annul import WrongCode, check_code
from members.dead_ends import note, with_mail
from members.identify import AlreadyRegistered, Identified, NotFound
from members.passwords import is_password
from members.sessions import FULL, open_session
from rules import Refused
from security.throttle import SENT_AGAIN, source_at

CONSENT_VERSION = "2026-11-25"
"""The date of the privacy page's text; ENVOYER beside its sentence is the consent (Loi 25)."""


@dataclass(frozen=True, slots=True)
class Registered:
    """The member has an access and is signed in: session cookie, known browser's cookie."""

    member_id: int
    cookie: str
    device: str


@dataclass(frozen=True, slots=True)
class Void:
    """The office took an access of this member back, or gave another code, since step one."""


async def register(
    means: Means,
    identified: Identified,
    email: str,
    new_password: str,
    office_code: str,
    visit: Visit,
) -> Registered | AlreadyRegistered | NotFound | Void | WrongCode | Wait | Refused:
    """Create the access and sign in; `Refused` when the password is made of the member's facts.

    `office_code` is asked where an access was taken back. Sent again with the password that was
    just set, it signs in: the first answer was lost on its way (DESIGN §3).
    """
    db, now, member_id = means.db, visit.now, identified.member_id
    member = await members.by_id(db, member_id)
    if member is None:
        return NotFound(await note(means, "identify_failed", visit))
    if not member.active:
        code = await note(means, "identify_failed", visit, member_id=member_id, detail="active")
        return NotFound(code)
    account = await accounts.by_member(db, member_id)
    if account is None:
        annulment = await annulments.by_member(db, member_id)
        if identified.mark != (annulment.mark if annulment else 0):
            return Void()
        if annulment:
            wrong = await check_code(means, annulment, office_code, visit)
            if wrong:
                return wrong
        chosen = await means.passwords.judge(new_password, means.policy, member.own_facts)
        if isinstance(chosen, Refused):
            return chosen
        fresh = Account(
            member_id=member_id,
            email=email,
            email_confirmed_at=None,
            password_hash=await means.passwords.hash(chosen),
            password_changed_at=now,
            consent_version=CONSENT_VERSION,
            consented_at=now,
            language=visit.language,
            created_at=now,
            frozen_at=None,
        )

        async def create(tx: Transaction) -> Registered | Void | None:
            if await annulments.by_member(tx, member_id) != annulment:
                # Another tab may have used the code: the access is there then.
                return None if await accounts.by_member(tx, member_id) else Void()
            if not await accounts.add(tx, fresh):
                return None
            await annulments.remove(tx, member_id)
            await queue(tx, messages.welcome, email, now=now, member_id=member_id)
            if member.email and member.email.casefold() != email.casefold():
                await queue(tx, messages.access_created, member.email, now=now, member_id=member_id)
            detail = "with_code" if annulment else None
            return await _sign_in(tx, member_id, visit, "registered", detail)

        registered = await with_mail(means, create, visit, member_id, "identify_throttled")
        if registered:
            return registered
        account = await accounts.by_member(db, member_id)
    if account is None:
        code = await note(means, "identify_failed", visit, member_id=member_id, detail="changed")
        return NotFound(code)
    return await _sent_again(means, account, new_password, visit)


async def _sent_again(
    means: Means, account: Account, typed: str, visit: Visit
) -> Registered | AlreadyRegistered:
    member_id = account.member_id
    usable = account.frozen_at is None
    taken = await means.throttle.ask(SENT_AGAIN, str(member_id), source=source_at(visit.address))
    if taken.seconds or not await is_password(means, account, typed) or not usable:
        code = await note(means, "already_registered", visit, member_id=member_id)
        return AlreadyRegistered(member_id, code)

    async def enter(tx: Transaction) -> Registered:
        await means.throttle.give_back(taken, tx=tx)
        return await _sign_in(tx, member_id, visit, "signed_in")

    return await means.db.write(enter)


async def _sign_in(
    tx: Transaction, member_id: int, visit: Visit, event: str, detail: str | None = None
) -> Registered:
    await journal.write(
        tx, event, at=visit.now, member_id=member_id, address=visit.address, detail=detail
    )
    device = await devices.remember(tx, visit.device, member_id, visit.now)
    cookie = await open_session(tx, member_id, FULL, visit.now, visit.session)
    return Registered(member_id, cookie, device)
