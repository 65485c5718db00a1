"""What every handler works with."""

from dataclasses import dataclass
from datetime import datetime
from typing import Self

from starlette.requests import Request

from db.database import Database
from forms import Ground
from mail.messages import Desk
from rules.password import PasswordPolicy
from security.challenge import Challenges
from security.clock import Clock
from security.keys import derive
from security.passwords import Passwords
from security.tokens import Tokens
from settings import Settings


@dataclass(frozen=True, slots=True)
class Portal:
    """The portal's parts, put together once at start."""

    settings: Settings
    db: Database
    clock: Clock
    passwords: Passwords
    tokens: Tokens
    challenges: Challenges
    policy: PasswordPolicy
    address_key: bytes
    recovery_key: bytes

    @classmethod
    def assemble(cls, settings: Settings, db: Database, clock: Clock) -> Self:
        """The parts for these settings; keys are derived from the newest secret key."""
        secret_key = settings.secret_keys[-1]
        tokens = Tokens(settings.secret_keys, clock)
        return cls(
            settings=settings,
            db=db,
            clock=clock,
            passwords=Passwords(),
            tokens=tokens,
            challenges=Challenges(derive(secret_key, "challenge"), tokens),
            policy=PasswordPolicy(settings.password_min, settings.password_max),
            address_key=derive(secret_key, "address"),
            recovery_key=derive(secret_key, "recovery"),
        )

    @property
    def ground(self) -> Ground:
        """What the rules of a form need now."""
        today = datetime.fromtimestamp(self.clock(), self.settings.timezone).date()
        return Ground(today, self.policy)

    @property
    def desk(self) -> Desk:
        """What mails are made from."""
        return Desk(
            self.db, self.settings, self.tokens, self.address_key, self.recovery_key, self.clock
        )


def portal_of(request: Request) -> Portal:
    """The portal that this request came to."""
    portal: Portal = request.app.state.portal
    return portal


def address_of(request: Request) -> str | None:
    """The client's address, as the trusted proxies tell it."""
    return request.client.host if request.client else None
