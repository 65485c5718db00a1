"""Step two of the registration: an identified member gets an access."""

from dataclasses import dataclass

from db import accounts, journal, members
from db.accounts import Account
from db.database import Database, Transaction
from mail import messages
from mail.outbox import queue
from members.identify import AlreadyRegistered, NotFound
from members.sessions import FULL, open_session
from rules import Refused
from rules.password import PasswordPolicy, password
from security.passwords import Passwords

CONSENT_VERSION = "2026-11-23"
"""The date of the privacy page's text; ENVOYER beside its sentence is the consent (Loi 25)."""


@dataclass(frozen=True, slots=True)
class Registered:
    """The member has an access and is signed in with this session cookie."""

    member_id: int
    cookie: str


async def register(
    db: Database,
    passwords: Passwords,
    policy: PasswordPolicy,
    member_id: int,
    email: str,
    new_password: str,
    *,
    language: str,
    now: int,
    address: str | None,
) -> Registered | AlreadyRegistered | NotFound | Refused:
    """Create the access and sign in; `Refused` when the password is made of the member's facts.

    Sent again with the password that was just set, it signs in: the first answer was lost on
    its way (DESIGN §3).
    """
    member = await members.by_id(db, member_id)
    if member is None or not member.active:
        return NotFound()
    account = await accounts.by_member(db, member_id)
    if account is None:
        chosen = password(new_password, policy, member.own_facts)
        if isinstance(chosen, Refused):
            return chosen
        fresh = Account(
            member_id=member_id,
            email=email,
            email_confirmed_at=None,
            password_hash=await passwords.hash(chosen),
            password_changed_at=now,
            consent_version=CONSENT_VERSION,
            consented_at=now,
            language=language,
            created_at=now,
            frozen_at=None,
        )

        async def create(tx: Transaction) -> str | None:
            if not await accounts.add(tx, fresh):
                return None
            await journal.write(tx, "registered", at=now, member_id=member_id, address=address)
            await queue(tx, messages.welcome, email, now=now, member_id=member_id)
            if member.email and member.email.casefold() != email.casefold():
                await queue(tx, messages.access_created, member.email, now=now, member_id=member_id)
            return await open_session(tx, member_id, FULL, now)

        cookie = await db.write(create)
        if cookie:
            return Registered(member_id, cookie)
        account = await accounts.by_member(db, member_id)
    return await _sent_again(db, passwords, account, new_password, now=now, address=address)


async def _sent_again(
    db: Database,
    passwords: Passwords,
    account: Account | None,
    typed: str,
    *,
    now: int,
    address: str | None,
) -> Registered | AlreadyRegistered | NotFound:
    if account is None:
        return NotFound()
    usable = account.frozen_at is None
    if not await passwords.verify(account.password_hash if usable else None, typed):
        return AlreadyRegistered(account.member_id)

    async def sign_in(tx: Transaction) -> str:
        await journal.write(tx, "signed_in", at=now, member_id=account.member_id, address=address)
        return await open_session(tx, account.member_id, FULL, now)

    return Registered(account.member_id, await db.write(sign_in))
