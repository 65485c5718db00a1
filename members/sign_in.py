"""Signing in with the password, or with a temporary one."""

from dataclasses import dataclass, replace

from db import accounts, journal, members, recoveries, sessions
from db.accounts import AS_TYPED, Account
from db.database import Transaction
from db.members import Member
from members import Means, Visit, Wait, devices
from members.dead_ends import note, refusal
from members.passwords import is_password as verified
from members.sessions import CHOOSE, FULL, open_session
from rules.password import as_typed, normalised
from security import temporary
from security.throttle import SIGN_IN, SIGN_IN_KNOWN, Limit, source_at


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A session began; its scope is `full` or `choose`, `device` the known browser's cookie.

    `language` is the one that the access remembers.
    """

    member_id: int
    scope: str
    cookie: str
    device: str | None
    language: str


@dataclass(frozen=True, slots=True)
class Failed:
    """The matricule or the password is wrong; the office finds the try by `call_code`."""

    call_code: str


async def sign_in(
    means: Means, matricule: str, password: str, visit: Visit
) -> SignedIn | Wait | Failed:
    """Sign in; `Failed` for a wrong matricule and a wrong password alike.

    What is let through costs exactly one argon2 verification whoever asks (SECURITY B4). The
    password itself voids every temporary one; a temporary one passes the limit, and opens
    nothing but the choice of a new password.
    """
    db, now = means.db, visit.now
    # Of no use to the visitor: the office is told who it was, and why not.
    member = await members.by_matricule(db, matricule)
    on_file = await accounts.by_matricule(db, matricule)
    account = on_file if on_file and on_file.frozen_at is None else None
    member_id = account.member_id if account else 0
    code_hmacs = temporary.code_hmacs(means.recovery_key, password)
    is_temporary = await recoveries.holds(db, code_hmacs, member_id, now)
    limit: Limit = SIGN_IN
    subject: tuple[str | bytes, ...] = (matricule,)
    if await devices.is_known_to(db, visit.device, member_id, now):
        limit, subject = SIGN_IN_KNOWN, (devices.device_hash(visit.device), matricule)
    taken = await means.throttle.ask(limit, *subject, source=source_at(visit.address))
    if taken.seconds and not is_temporary:
        return await refusal(
            means,
            "sign_in_throttled",
            limit.name,
            subject,
            taken.seconds,
            visit,
            member_id=member.id if member else None,
        )
    is_password = await verified(means, account, password)

    async def fail(why: str) -> Failed:
        about = member.id if member else None
        return Failed(await note(means, "sign_in_failed", visit, member_id=about, detail=why))

    if not is_password and not is_temporary:
        return await fail(_why_not(member, on_file))
    assert account

    async def begin(tx: Transaction) -> SignedIn | None:
        # While the password was verified it may have been changed, or the access taken back.
        current = await accounts.by_matricule(tx, matricule)
        if current is None or replace(current, password_form=account.password_form) != account:
            return None
        if not is_password and not await recoveries.holds(tx, code_hmacs, member_id, now):
            return None
        device = None
        if is_password:
            if account.password_form == AS_TYPED and as_typed(password) == normalised(password):
                await accounts.set_normalised(tx, member_id)
            await recoveries.remove_all(tx, member_id)
            await sessions.remove_choosing(tx, member_id)
            device = await devices.remember(tx, visit.device, member_id, now)
        scope = FULL if is_password else CHOOSE
        event = "signed_in" if is_password else "signed_in_temporarily"
        await journal.write(tx, event, at=now, member_id=member_id, address=visit.address)
        cookie = await open_session(tx, member_id, scope, now, visit.session)
        await means.throttle.give_back(taken, tx=tx)
        return SignedIn(member_id, scope, cookie, device, account.language)

    return await db.write(begin) or await fail("changed")


def _why_not(member: Member | None, account: Account | None) -> str:
    """Why these do not open an access, in a word of ours for the journal."""
    if member is None:
        return "unknown"
    if not member.active:
        return "inactive"
    if account is None:
        return "no_access"
    return "wrong_password" if account.frozen_at is None else "frozen"
