"""What can happen to an access: one function, one transaction each; no request, no template."""

from dataclasses import dataclass

from db.database import Database
from rules.password import PasswordPolicy
from security.keys import Key
from security.passwords import Passwords
from security.throttle import Throttle


@dataclass(frozen=True, slots=True)
class Means:
    """What the acts on an access work with."""

    db: Database
    passwords: Passwords
    throttle: Throttle
    policy: PasswordPolicy
    address_key: Key
    recovery_key: Key


@dataclass(frozen=True, slots=True)
class Visit:
    """When an act is done (seconds since 1970, UTC), from which address, in which language.

    `session` and `device` are the cookies that the browser came with.
    """

    now: int
    address: str | None = None
    session: str | None = None
    device: str | None = None
    language: str = "fr"


@dataclass(frozen=True, slots=True)
class Wait:
    """Too many tries: the next one is let through in so many seconds.

    The office finds the refusal by `call_code`. With `mails` it was too many mails that were
    asked for.
    """

    seconds: int
    call_code: str
    mails: bool = False
