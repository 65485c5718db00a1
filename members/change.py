"""The members' section: reading and changing e-mail and password."""

from dataclasses import dataclass

from db import accounts, email_changes, journal, members, recoveries, sessions
from db.accounts import Account
from db.database import Transaction, transaction
from db.email_changes import EmailChange
from mail import messages
from mail.messages import is_fingerprint
from mail.outbox import queue
from members import Means, Visit, Wait, devices
from members.dead_ends import note, note_within, refusal, with_mail
from members.passwords import is_password
from members.sessions import FULL, open_session
from rules import N_, Refused
from security.keys import Key
from security.throttle import CURRENT_PASSWORD, HOUR, PASSWORD_SENT_AGAIN, source_at

SENT_AGAIN = HOUR
"""Seconds for which a form sent again is told that its password is saved."""
FAILED = "current_password_failed"
CHANGED = "changed"
"""In the journal: another tab or the office changed the access while the password was verified."""


@dataclass(frozen=True, slots=True)
class WrongPassword:
    """The current password is not the one that was typed; the office finds it by `call_code`."""

    call_code: str


@dataclass(frozen=True, slots=True)
class PasswordChanged:
    """The new password is saved; every session ended, and the one of this cookie began."""

    cookie: str
    device: str


async def change_email(
    means: Means, member_id: int, email: str, current_password: str, visit: Visit
) -> WrongPassword | Wait | Refused | None:
    """Let a new address wait for its confirmation; the one on file stays until then."""
    account = await accounts.by_member(means.db, member_id)
    if account is None:
        return WrongPassword(await note(means, FAILED, visit, actor="member", detail=CHANGED))
    wrong = await _check_current(means, account, current_password, visit, "email_page")
    if wrong:
        return wrong
    if email == account.email:
        return Refused(N_("C’est déjà votre adresse : écrivez-en une autre."))

    async def save(tx: Transaction) -> WrongPassword | None:
        if await _was_changed(tx, account):
            return await _changed_meanwhile(tx, means, member_id, visit)
        now = visit.now
        await email_changes.put(tx, EmailChange(member_id, email, now))
        await journal.write(
            tx, "email_change_requested", at=now, member_id=member_id, address=visit.address
        )
        await queue(tx, messages.confirm_address, email, now=now, member_id=member_id)
        await queue(
            tx, messages.address_change_requested, account.email, now=now, member_id=member_id
        )
        return None

    return await with_mail(means, save, visit, member_id)


async def resend_confirmation(means: Means, member_id: int, visit: Visit) -> str | Wait | None:
    """Send the confirmation again; gives its address, None when nothing waits for one."""

    async def send(tx: Transaction) -> str | None:
        change = await email_changes.by_member(tx, member_id)
        account = await accounts.by_member(tx, member_id)
        if change:
            email = change.email
        elif account and account.email_confirmed_at is None:
            email = account.email
        else:
            return None
        await queue(tx, messages.confirm_address, email, now=visit.now, member_id=member_id)
        return email

    return await with_mail(means, send, visit, member_id)


@transaction
async def cancel_email_change(tx: Transaction, member_id: int, visit: Visit) -> None:
    """Forget the address that waits for its confirmation."""
    if await email_changes.remove(tx, member_id):
        await journal.write(
            tx,
            "email_change_cancelled",
            at=visit.now,
            member_id=member_id,
            address=visit.address,
        )


@transaction
async def confirm_email(
    tx: Transaction, member_id: int, fingerprint: str, address_key: Key, visit: Visit
) -> bool:
    """Put the address with that fingerprint on file; False when it does not wait any more.

    Confirming the address on file once more is no fault: links get clicked twice.
    """
    now = visit.now
    account = await accounts.by_member(tx, member_id)
    change = await email_changes.by_member(tx, member_id)
    if account is None:
        return False
    if change and is_fingerprint(address_key, change.email, fingerprint):
        await email_changes.remove(tx, member_id)
        await accounts.set_email(tx, member_id, change.email, now)
        # Both answer a confirmation's mail, of which there are only so many.
        for notice, email in (
            (messages.address_changed, account.email),
            (messages.address_confirmed, change.email),
        ):
            await queue(tx, notice, email, now=now, member_id=member_id, counted=False)
    elif not is_fingerprint(address_key, account.email, fingerprint):
        return False
    elif account.email_confirmed_at is None:
        await accounts.set_email(tx, member_id, account.email, now)
    else:
        return True
    await journal.write(tx, "email_confirmed", at=now, member_id=member_id, address=visit.address)
    return True


async def change_password(
    means: Means,
    member_id: int,
    new_password: str,
    current_password: str | None,
    visit: Visit,
    *,
    shown_at: int,
) -> PasswordChanged | WrongPassword | Wait | Refused:
    """Save a new password: every session and every temporary password of the member ends.

    `current_password` is None for the one whom a temporary password let choose. Sent twice, the
    form that was shown at `shown_at` finds its password saved already, and says so.
    """
    saved = await saved_already(means, member_id, new_password, visit, shown_at=shown_at)
    if saved:
        return saved
    db, now = means.db, visit.now
    account = await accounts.by_member(db, member_id)
    member = await members.by_id(db, member_id)
    if not account or not member:
        return WrongPassword(await note(means, FAILED, visit, actor="member", detail=CHANGED))
    if current_password is not None:
        wrong = await _check_current(means, account, current_password, visit, "password_page")
        if wrong:
            return wrong
    chosen = await means.passwords.judge(new_password, means.policy, member.own_facts)
    if isinstance(chosen, Refused):
        return chosen
    password_hash = await means.passwords.hash(chosen)

    async def save(tx: Transaction) -> PasswordChanged | None:
        if await _was_changed(tx, account):
            return None
        await accounts.set_password(tx, member_id, password_hash, now)
        await recoveries.remove_all(tx, member_id)
        await sessions.remove_all(tx, member_id)
        await journal.write(
            tx, "password_changed", at=now, member_id=member_id, address=visit.address
        )
        await queue(
            tx,
            messages.password_changed,
            account.email,
            now=now,
            member_id=member_id,
            # Who chose after a temporary password is let out by it whatever a thief used up: it
            # answers a recovery's mail, of which there are only so many.
            counted=current_password is not None,
        )
        device = await devices.remember(tx, visit.device, member_id, now)
        return PasswordChanged(await open_session(tx, member_id, FULL, now), device)

    changed = await with_mail(means, save, visit, member_id)
    # Pressed twice, the first one may have been faster.
    changed = changed or await saved_already(means, member_id, chosen, visit, shown_at=shown_at)
    if changed:
        return changed
    code = await note(means, FAILED, visit, actor="member", member_id=member_id, detail=CHANGED)
    return WrongPassword(code)


async def saved_already(
    means: Means, member_id: int, typed: str, visit: Visit, *, shown_at: int
) -> PasswordChanged | None:
    """Sign in who sent the form of a password again, which was saved the first time.

    The answer was lost on its way, or the button pressed twice. Only a password that was changed
    since the form was shown, within `SENT_AGAIN`, is compared: no other try costs a hash, and
    what it proves is what signing in with it proves, under a counter of its own.
    """
    db, now = means.db, visit.now
    member = await members.by_id(db, member_id)
    account = await accounts.by_member(db, member_id)
    if (
        member is None
        or account is None
        or not member.active
        or account.frozen_at is not None
        or account.created_at > shown_at
        or not max(shown_at, now - SENT_AGAIN) <= account.password_changed_at
    ):
        return None
    taken = await means.throttle.ask(
        PASSWORD_SENT_AGAIN, str(member_id), source=source_at(visit.address)
    )
    if taken.seconds or not await is_password(means, account, typed):
        return None

    async def enter(tx: Transaction) -> PasswordChanged | None:
        if await _was_changed(tx, account):
            return None
        await means.throttle.give_back(taken, tx=tx)
        await journal.write(tx, "signed_in", at=now, member_id=member_id, address=visit.address)
        device = await devices.remember(tx, visit.device, member_id, now)
        cookie = await open_session(tx, member_id, FULL, now, visit.session)
        return PasswordChanged(cookie, device)

    return await db.write(enter)


@transaction
async def change_language(tx: Transaction, member_id: int, language: str) -> None:
    """Keep the language that the member chose, for the next browser and the mails."""
    await accounts.set_language(tx, member_id, language)


async def _was_changed(tx: Transaction, account: Account) -> bool:
    """Whether another tab changed the password, or the office took the access back, meanwhile."""
    current = await accounts.by_member(tx, account.member_id)
    return current is None or current.password_hash != account.password_hash


async def _changed_meanwhile(
    tx: Transaction, means: Means, member_id: int, visit: Visit
) -> WrongPassword:
    return WrongPassword(
        await note_within(
            tx, means, FAILED, visit, actor="member", member_id=member_id, detail=CHANGED
        )
    )


async def _check_current(
    means: Means, account: Account, typed: str, visit: Visit, where: str
) -> WrongPassword | Wait | None:
    """None when it is the current one; `where` names the page for the journal."""
    member = str(account.member_id)
    taken = await means.throttle.ask(CURRENT_PASSWORD, member)
    if taken.seconds:
        return await refusal(
            means,
            "current_password_throttled",
            CURRENT_PASSWORD.name,
            (member,),
            taken.seconds,
            visit,
            actor="member",
            member_id=account.member_id,
        )
    if not await is_password(means, account, typed):
        code = await note(
            means, FAILED, visit, actor="member", member_id=account.member_id, detail=where
        )
        return WrongPassword(code)
    await means.throttle.give_back(taken)
    return None
