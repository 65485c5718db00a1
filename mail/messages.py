"""One function a message; its template in `templates/mail/` has the same name."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

from db import accounts, email_changes, members, recoveries
from db.database import Database
from db.members import Member
from db.outbox import Mail
from security import temporary
from security.clock import Clock
from security.keys import Key, keyed_hash, keyed_hashes
from security.tokens import Tokens
from settings import Settings

TEMPORARY_PASSWORD_TERM = 4 * 3600
"""Seconds that a temporary password works, from the sending of its mail (DESIGN §6)."""


@dataclass(frozen=True, slots=True)
class Desk:
    """What a message is made from."""

    db: Database
    settings: Settings
    tokens: Tokens
    address_key: Key
    recovery_key: Key
    clock: Clock

    def link(self, path: str = "/") -> str:
        """An address of the portal for a mail: from the settings, never from a request."""
        return self.settings.base_url + path


@dataclass(frozen=True, slots=True)
class Letter:
    """A message ready to be rendered: its template's stem and what goes in."""

    template: str
    values: dict[str, Any] = field(default_factory=dict)


def address_fingerprint(key: Key, email: str) -> str:
    """A keyed fingerprint of an address (16 hex digits): a token says nothing personal."""
    return keyed_hash(key, email)[:8].hex()


def is_fingerprint(key: Key, email: str, fingerprint: str) -> bool:
    """Whether this is the address's fingerprint, by the newest key or one before it."""
    return fingerprint in (digest[:8].hex() for digest in keyed_hashes(key, email))


async def welcome(desk: Desk, mail: Mail, member: Member) -> Letter:
    """To the address of a new access: confirm it."""
    return Letter("welcome", {"confirm_link": _confirm_link(desk, mail, member)})


async def access_created(desk: Desk, mail: Mail, member: Member) -> Letter:
    """To the roster's address when an access was created with another one."""
    return Letter("access_created")


async def temporary_password(desk: Desk, mail: Mail, member: Member) -> Letter | None:
    """The answer to « Mot de passe oublié ? »: a temporary password, kept before it leaves.

    None when the access no longer exists.
    """
    if await accounts.by_member(desk.db, member.id) is None:
        return None
    code = temporary.make()
    code_hmac = temporary.code_hmac(desk.recovery_key, code)
    now = desk.clock()
    await desk.db.write(
        lambda tx: recoveries.add(tx, code_hmac, member.id, now, now + TEMPORARY_PASSWORD_TERM)
    )
    return Letter("temporary_password", {"code": code, "term": TEMPORARY_PASSWORD_TERM})


async def not_registered(desk: Desk, mail: Mail, member: Member) -> Letter:
    """To the roster's address of a member who asked for a recovery without having an access."""
    return Letter("not_registered", {"registration_link": desk.link("/inscription")})


async def password_changed(desk: Desk, mail: Mail, member: Member) -> Letter:
    """Tells the member that the password was changed."""
    return Letter("password_changed", {"recovery_link": desk.link("/mot-de-passe-oublie")})


async def confirm_address(desk: Desk, mail: Mail, member: Member) -> Letter | None:
    """To a new address: the link that confirms it. None when it no longer waits for that."""
    account = await accounts.by_member(desk.db, member.id)
    change = await email_changes.by_member(desk.db, member.id)
    waiting = {change.email} if change else set()
    if account and account.email_confirmed_at is None:
        waiting.add(account.email)
    if mail.recipient not in waiting:
        return None
    return Letter("confirm_address", {"confirm_link": _confirm_link(desk, mail, member)})


async def address_change_requested(desk: Desk, mail: Mail, member: Member) -> Letter:
    """To the address on file: another one was asked for."""
    return Letter("address_change_requested")


async def address_changed(desk: Desk, mail: Mail, member: Member) -> Letter:
    """To the former address: another one has taken over."""
    return Letter("address_changed")


async def address_confirmed(desk: Desk, mail: Mail, member: Member) -> Letter:
    """To the new address: it is on file now."""
    return Letter("address_confirmed")


async def correction_requested(desk: Desk, mail: Mail, member: Member) -> Letter:
    """To the office: a member asks for a correction of the roster."""
    account = await accounts.by_member(desk.db, member.id)
    return Letter(
        "correction_requested",
        {
            "first_name": "",
            "member": member,
            "facts": mail.about.split(","),
            "reply_to": account.email if account else "",
        },
    )


MESSAGES: dict[str, Callable[[Desk, Mail, Member], Awaitable[Letter | None]]] = {
    message.__name__: message
    for message in (
        welcome,
        access_created,
        temporary_password,
        not_registered,
        password_changed,
        confirm_address,
        address_change_requested,
        address_changed,
        address_confirmed,
        correction_requested,
    )
}


async def compose(desk: Desk, mail: Mail) -> Letter | None:
    """The letter for a queued mail; None when it has no object any more.

    It is addressed by first name, and by the matricule's last two digits only where several
    accesses share the address: misdelivered, it helps nobody (DESIGN §6).
    """
    member = await members.by_id(desk.db, mail.member_id) if mail.member_id else None
    if member is None:
        return None
    letter = await MESSAGES[mail.kind](desk, mail, member)
    if letter is None:
        return None
    shared = await accounts.shares_email(desk.db, mail.recipient)
    common = {
        "first_name": member.first_name,
        "digits": member.matricule[-2:] if shared else "",
        "sign_in_link": desk.link("/"),
        "settings": desk.settings,
        "now": desk.clock(),
    }
    return Letter(letter.template, common | letter.values)


def _confirm_link(desk: Desk, mail: Mail, member: Member) -> str:
    fingerprint = address_fingerprint(desk.address_key, mail.recipient)
    token = desk.tokens.confirmation.make([member.id, fingerprint])
    return desk.link(f"/courriel/confirmer/{quote(token)}")
