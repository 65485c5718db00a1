"""Signing in with the password, or with a temporary one."""

from dataclasses import dataclass

from db import accounts, journal, recoveries
from db.database import Database, Transaction
from members.sessions import CHOOSE, FULL, open_session
from rules.password import normalised
from security import temporary
from security.passwords import Passwords


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A session began; its scope is `full` or `choose`."""

    member_id: int
    scope: str
    cookie: str


async def sign_in(
    db: Database,
    passwords: Passwords,
    recovery_key: bytes,
    matricule: str,
    password: str,
    *,
    now: int,
    address: str | None,
) -> SignedIn | None:
    """Sign in; None for a wrong matricule and a wrong password alike.

    Costs exactly one argon2 verification whoever asks (SECURITY B4). The password itself voids
    every temporary one; a temporary one opens nothing but the choice of a new password.
    """
    account = await accounts.by_matricule(db, matricule)
    if account and account.frozen_at is not None:
        account = None
    code_hmac = temporary.code_hmac(recovery_key, password)
    member_id = account.member_id if account else 0
    is_temporary = await recoveries.holds(db, code_hmac or b"", member_id, now)
    is_password = await passwords.verify(
        account.password_hash if account else None, normalised(password)
    )
    scope = FULL if is_password else CHOOSE if is_temporary else None

    async def conclude(tx: Transaction) -> SignedIn | None:
        if scope is None:
            await journal.write(
                tx, "sign_in_failed", at=now, member_id=member_id or None, address=address
            )
            return None
        if scope == FULL:
            await recoveries.remove_all(tx, member_id)
        event = "signed_in" if scope == FULL else "signed_in_temporarily"
        await journal.write(tx, event, at=now, member_id=member_id, address=address)
        return SignedIn(member_id, scope, await open_session(tx, member_id, scope, now))

    return await db.write(conclude)
