"""One function a message; its template in `templates/mail/` has the same name."""

import secrets
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

from db import accounts, annulments, email_changes, freeze_links, members, recoveries
from db.database import Database
from db.members import Member
from db.outbox import Mail
from security import temporary
from security.clock import Clock
from security.keys import Key, keyed_hash, keyed_hashes
from security.tokens import DAY, HOUR, Tokens, token_hash
from settings import Settings

TEMPORARY_PASSWORD_TERM = 4 * HOUR
"""Seconds that a temporary password works, from the sending of its mail (DESIGN §6)."""
FREEZE_LINK_TERM = 7 * DAY
"""Seconds that the « Not you? » link of a mail serves, from the sending of that mail."""


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
    """A message ready to be rendered: its template's stem and what goes in.

    `reference` is the same for every try at one mail: it makes the Message-ID, by which a
    receiver who took the mail twice may know it again.
    """

    template: str
    values: dict[str, Any] = field(default_factory=dict)
    reference: str = field(default_factory=lambda: secrets.token_hex(16))
    language: str = "fr"


def address_fingerprint(key: Key, email: str) -> str:
    """A keyed fingerprint of an address (16 hex digits): a token says nothing personal."""
    return keyed_hash(key, email)[:8].hex()


def is_fingerprint(key: Key, email: str, fingerprint: str) -> bool:
    """Whether this is the address's fingerprint, by the newest key or one before it."""
    return fingerprint in (digest[:8].hex() for digest in keyed_hashes(key, email))


async def welcome(desk: Desk, mail: Mail, member: Member) -> Letter | None:
    """To the address of a new access: confirm it. None when the access no longer exists."""
    if await accounts.by_member(desk.db, member.id) is None:
        return None
    return Letter("welcome", {"confirm_link": _confirm_link(desk, mail, member)})


async def access_created(desk: Desk, mail: Mail, member: Member) -> Letter:
    """To the roster's address when an access was created with another one."""
    return Letter("access_created")


async def temporary_password(desk: Desk, mail: Mail, member: Member) -> Letter | None:
    """The answer to « Mot de passe oublié ? ». None when the access is gone, or frozen."""
    return await _with_temporary_password(desk, "temporary_password", member)


async def access_reopened(desk: Desk, mail: Mail, member: Member) -> Letter | None:
    """The office let a frozen access serve again: a temporary password in place of the former."""
    return await _with_temporary_password(desk, "access_reopened", member)


async def not_registered(desk: Desk, mail: Mail, member: Member) -> Letter:
    """To the roster's address of a member who asked for a recovery without having an access."""
    return Letter(
        "not_registered",
        {
            "registration_link": desk.link("/inscription"),
            "wants_code": await annulments.by_member(desk.db, member.id) is not None,
        },
    )


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
    freeze_link = await _freeze_link(desk, mail, member)
    return Letter("address_change_requested", {"freeze_link": freeze_link})


async def address_changed(desk: Desk, mail: Mail, member: Member) -> Letter:
    """To the former address: another one has taken over."""
    return Letter("address_changed", {"freeze_link": await _freeze_link(desk, mail, member)})


async def address_replaced(desk: Desk, mail: Mail, member: Member) -> Letter:
    """To the former address of a frozen access: the office has put another one on file.

    Without the « Not you? » link: the one who made the freezing necessary may read this.
    """
    return Letter("address_replaced")


async def address_confirmed(desk: Desk, mail: Mail, member: Member) -> Letter:
    """To the new address: it is on file now."""
    return Letter("address_confirmed")


async def access_frozen(desk: Desk, mail: Mail, member: Member) -> Letter:
    """To both addresses: the access was frozen by the « Not you? » link."""
    return Letter("access_frozen")


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


IN_FRENCH = frozenset({"access_created", "not_registered", "correction_requested"})
"""To the roster's address, or to the office: whoever chose the access's language may be another."""

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
        address_replaced,
        address_confirmed,
        access_frozen,
        access_reopened,
        correction_requested,
    )
}


async def compose(desk: Desk, mail: Mail) -> Letter | None:
    """The letter for a queued mail; None when it has no object any more.

    It is addressed by first name, and by the matricule's last two digits only where another
    member has the address too: misdelivered, it helps nobody (DESIGN §6).
    """
    member = await members.by_id(desk.db, mail.member_id) if mail.member_id else None
    if member is None:
        return None
    letter = await MESSAGES[mail.kind](desk, mail, member)
    if letter is None:
        return None
    account = await accounts.by_member(desk.db, member.id)
    language = "fr" if account is None or mail.kind in IN_FRENCH else account.language
    shared = await accounts.shares_email(desk.db, mail.recipient, member.id)
    greeting = {
        "first_name": member.first_name,
        "digits": member.matricule[-2:] if shared else "",
    }
    reference = keyed_hash(desk.address_key, f"{mail.id} {mail.queued_at} {mail.lapses_at}")
    return Letter(letter.template, greeting | letter.values, reference[:16].hex(), language)


async def _with_temporary_password(desk: Desk, template: str, member: Member) -> Letter | None:
    """A letter with a temporary password, whose HMAC is committed before the first byte leaves."""
    account = await accounts.by_member(desk.db, member.id)
    if account is None or account.frozen_at is not None:
        return None
    code = temporary.make()
    code_hmac = temporary.code_hmac(desk.recovery_key, code)
    now = desk.clock()
    term = TEMPORARY_PASSWORD_TERM
    # It may have been frozen, annulled or erased since the look above.
    if not await desk.db.write(
        lambda tx: recoveries.add(tx, code_hmac, member.id, now, now + term)
    ):
        return None
    return Letter(template, {"code": code, "term": term, "hours": term // HOUR})


def trial() -> Letter:
    """What the operator sends to see whether mails leave; it concerns no member."""
    return Letter("trial", {"first_name": "", "digits": ""})


def trouble(faults: Sequence[str]) -> Letter:
    """To the office: what is to be corrected on the machine. Made without the database, which may
    be what is broken."""
    return Letter("trouble", {"first_name": "", "digits": "", "faults": faults})


def _confirm_link(desk: Desk, mail: Mail, member: Member) -> str:
    fingerprint = address_fingerprint(desk.address_key, mail.recipient)
    token = desk.tokens.confirmation.make([member.id, fingerprint])
    return desk.link(f"/courriel/confirmer/{quote(token)}")


async def _freeze_link(desk: Desk, mail: Mail, member: Member) -> str:
    """A « Not you? » link, kept as its hash before it leaves; empty for a frozen access."""
    token = secrets.token_urlsafe(32)
    expires_at = desk.clock() + FREEZE_LINK_TERM
    kept = await desk.db.write(
        lambda tx: freeze_links.add(tx, token_hash(token), member.id, mail.recipient, expires_at)
    )
    return desk.link(f"/acces/bloquer/{token}") if kept else ""
