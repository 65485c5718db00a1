"""What the office does for a member at the telephone."""

import secrets
from collections import Counter

from db import accounts, devices, email_changes, journal, members, outbox, recoveries, sessions
from db.accounts import Account
from db.database import Database, Transaction, transaction
from db.members import Member
from mail import messages
from mail.outbox import queue, wait
from members.devices import source
from members.events import MAILS
from members.freeze import void_everything
from security.passwords import Passwords
from security.throttle import LIMITS, By, Limit, Throttle

OFFICE = "office"


async def locks(db: Database, member: Member) -> list[tuple[Limit, tuple[str | bytes, ...]]]:
    """Every limit that can make this member wait, with what it is about."""
    browsers = await devices.hashes(db, member.id)
    # A browser's tries count by one of those who share it.
    owners = (member.id, *await devices.sharing(db, member.id))
    subjects: dict[By, list[tuple[str | bytes, ...]]] = {
        By.SOURCE: [(source(id_),) for id_ in owners],
        By.MATRICULE: [(member.matricule,)],
        By.FACTS: [(member.birth_date, member.postal_code)],
        By.MEMBER: [(str(member.id),)],
        By.BROWSER: [(browser, member.matricule) for browser in browsers],
    }
    return [(limit, subject) for limit in LIMITS for subject in subjects[limit.by]]


async def waits(db: Database, taken: Throttle, member: Member, now: int) -> dict[str, int]:
    """The most seconds that anybody has to wait for this member now, by the limit's name."""
    found = Counter({MAILS: 0})
    for limit, about in await locks(db, member):
        found[limit.name] = max(found[limit.name], await taken.wait(limit, *about))
    for kind in messages.MESSAGES:
        seconds = await wait(db, kind, member_id=member.id, recipient=None, now=now)
        found[MAILS] = max(found[MAILS], seconds)
    return +found


async def unlock(db: Database, taken: Throttle, member: Member) -> None:
    """Let this member try again at once, everywhere."""
    for limit, about in await locks(db, member):
        await taken.clear(limit, *about)
    await db.write(lambda tx: outbox.forgive(tx, member.id))


@transaction
async def recover(tx: Transaction, member: Member, *, now: int) -> str | None:
    """Send a temporary password to the address on file; gives it, None where it would not serve."""
    current = await members.by_id(tx, member.id)
    account = await accounts.by_member(tx, member.id)
    if current is None or not current.active or account is None or account.frozen_at is not None:
        return None
    await journal.write(tx, "recovery_requested", at=now, member_id=member.id, actor=OFFICE)
    await queue(
        tx, messages.temporary_password, account.email, now=now, member_id=member.id, counted=False
    )
    return account.email


@transaction
async def deactivate(tx: Transaction, member: Member, *, now: int) -> bool:
    """Close the portal to this member; the sessions end at once. False where it was closed."""
    if not await members.deactivate(tx, member.id, now):
        return False
    await sessions.remove_all(tx, member.id)
    await journal.write(tx, "member_deactivated", at=now, member_id=member.id, actor=OFFICE)
    return True


@transaction
async def replace_email(tx: Transaction, member: Member, email: str, *, now: int) -> Account | None:
    """Put another address on file, to be confirmed; gives the access as it was.

    None when there is no access, or it has this address already. It serves at once: the member
    cannot read the former one. Temporary passwords sent there are void, and so is a change that
    waits. The former address is told.
    """
    account = await accounts.by_member(tx, member.id)
    if account is None or account.email == email:
        return None
    await accounts.set_email(tx, member.id, email, None)
    await email_changes.remove(tx, member.id)
    await recoveries.remove_all(tx, member.id)
    await journal.write(tx, "email_replaced", at=now, member_id=member.id, actor=OFFICE)
    # A frozen access may have been in the hands of whoever reads the former address.
    frozen = account.frozen_at is not None
    notice = messages.address_replaced if frozen else messages.address_changed
    await queue(tx, notice, account.email, now=now, member_id=member.id, counted=False)
    await queue(tx, messages.confirm_address, email, now=now, member_id=member.id, counted=False)
    return account


async def unfreeze(
    db: Database, passwords: Passwords, member: Member, *, now: int
) -> Account | None:
    """Let a frozen access serve again; gives it as it was, None when none is frozen.

    Its password is void, for whoever made the freezing necessary may know it: a temporary one
    leaves for the address on file.
    """
    nobodys = await passwords.hash(secrets.token_urlsafe(32))

    async def save(tx: Transaction) -> Account | None:
        account = await accounts.by_member(tx, member.id)
        if account is None or account.frozen_at is None:
            return None
        await accounts.set_password(tx, member.id, nobodys, now)
        # Again: a request that was under way at the freezing may have begun something since.
        await void_everything(tx, member.id)
        await accounts.set_frozen(tx, member.id, None)
        await journal.write(tx, "access_unfrozen", at=now, member_id=member.id, actor=OFFICE)
        await queue(
            tx, messages.access_reopened, account.email, now=now, member_id=member.id, counted=False
        )
        return account

    return await db.write(save)
