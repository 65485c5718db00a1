"""The members' section: reading and changing e-mail and password."""

from dataclasses import dataclass

from db import accounts, email_changes, journal, members, recoveries, sessions
from db.database import Database, Transaction, transaction
from db.email_changes import EmailChange
from mail import messages
from mail.messages import address_fingerprint
from mail.outbox import queue
from members.sessions import FULL, open_session
from rules import N_, Refused
from rules.password import PasswordPolicy, normalised, password
from security.passwords import Passwords


@dataclass(frozen=True, slots=True)
class WrongPassword:
    """The current password is not the one that was typed."""


@dataclass(frozen=True, slots=True)
class PasswordChanged:
    """The new password is saved; every session ended and this cookie's began."""

    cookie: str


async def change_email(
    db: Database,
    passwords: Passwords,
    member_id: int,
    email: str,
    current_password: str,
    *,
    now: int,
    address: str | None,
) -> WrongPassword | Refused | None:
    """Let a new address wait for its confirmation; the one on file stays until then."""
    account = await accounts.by_member(db, member_id)
    known = account.password_hash if account else None
    if not await passwords.verify(known, normalised(current_password)) or not account:
        return WrongPassword()
    if email == account.email:
        return Refused(N_("C’est déjà votre adresse : écrivez-en une autre."))

    async def save(tx: Transaction) -> None:
        await email_changes.put(tx, EmailChange(member_id, email, now))
        await journal.write(
            tx, "email_change_requested", at=now, member_id=member_id, address=address
        )
        await queue(tx, messages.confirm_address, email, now=now, member_id=member_id)
        await queue(
            tx, messages.address_change_requested, account.email, now=now, member_id=member_id
        )

    await db.write(save)
    return None


@transaction
async def resend_confirmation(tx: Transaction, member_id: int, *, now: int) -> str | None:
    """Send the confirmation again; gives its address, None when nothing waits for one."""
    change = await email_changes.by_member(tx, member_id)
    account = await accounts.by_member(tx, member_id)
    if change:
        email = change.email
    elif account and account.email_confirmed_at is None:
        email = account.email
    else:
        return None
    await queue(tx, messages.confirm_address, email, now=now, member_id=member_id)
    return email


@transaction
async def cancel_email_change(
    tx: Transaction, member_id: int, *, now: int, address: str | None
) -> None:
    """Forget the address that waits for its confirmation."""
    if await email_changes.remove(tx, member_id):
        await journal.write(
            tx, "email_change_cancelled", at=now, member_id=member_id, address=address
        )


@transaction
async def confirm_email(
    tx: Transaction,
    member_id: int,
    fingerprint: str,
    address_key: bytes,
    *,
    now: int,
    address: str | None,
) -> bool:
    """Put the address with that fingerprint on file; False when it does not wait any more.

    Confirming the address on file once more is no fault: links get clicked twice.
    """
    account = await accounts.by_member(tx, member_id)
    change = await email_changes.by_member(tx, member_id)
    if account is None:
        return False
    if change and address_fingerprint(address_key, change.email) == fingerprint:
        await email_changes.remove(tx, member_id)
        await accounts.set_email(tx, member_id, change.email, now)
        await queue(tx, messages.address_changed, account.email, now=now, member_id=member_id)
        await queue(tx, messages.address_confirmed, change.email, now=now, member_id=member_id)
    elif address_fingerprint(address_key, account.email) != fingerprint:
        return False
    elif account.email_confirmed_at is None:
        await accounts.set_email(tx, member_id, account.email, now)
    else:
        return True
    await journal.write(tx, "email_confirmed", at=now, member_id=member_id, address=address)
    return True


async def change_password(
    db: Database,
    passwords: Passwords,
    policy: PasswordPolicy,
    member_id: int,
    new_password: str,
    current_password: str | None,
    *,
    now: int,
    address: str | None,
) -> PasswordChanged | WrongPassword | Refused:
    """Save a new password: every session and every temporary password of the member ends.

    `current_password` is None for the one whom a temporary password let choose.
    """
    account = await accounts.by_member(db, member_id)
    member = await members.by_id(db, member_id)
    if not account or not member:
        return WrongPassword()
    if current_password is not None and not await passwords.verify(
        account.password_hash, normalised(current_password)
    ):
        return WrongPassword()
    chosen = password(new_password, policy, member.own_facts)
    if isinstance(chosen, Refused):
        return chosen
    password_hash = await passwords.hash(chosen)

    async def save(tx: Transaction) -> str:
        await accounts.set_password(tx, member_id, password_hash, now)
        await recoveries.remove_all(tx, member_id)
        await sessions.remove_all(tx, member_id)
        await journal.write(tx, "password_changed", at=now, member_id=member_id, address=address)
        await queue(tx, messages.password_changed, account.email, now=now, member_id=member_id)
        return await open_session(tx, member_id, FULL, now)

    return PasswordChanged(await db.write(save))
