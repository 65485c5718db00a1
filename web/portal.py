"""What every handler works with."""

from dataclasses import dataclass
from datetime import datetime
from typing import Self

from starlette.requests import Request

from db.database import Database
from forms import Ground
from mail.messages import Desk
from members import Means, Visit
from rules.password import PasswordPolicy
from security.challenge import Challenges
from security.clock import Clock
from security.form_tokens import FormTokens
from security.keys import Key, derive
from security.pace import Pace
from security.passwords import Passwords
from security.throttle import Throttle
from security.tokens import Tokens
from settings import Settings
from web.cookies import DEVICE, SESSION, read_cookie
from web.language import language_of


@dataclass(frozen=True, slots=True)
class Portal:
    """The portal's parts, put together once at start."""

    settings: Settings
    db: Database
    clock: Clock
    passwords: Passwords
    tokens: Tokens
    form_tokens: FormTokens
    challenges: Challenges
    policy: PasswordPolicy
    throttle: Throttle
    scores: Pace
    """How often a network has new passwords scored while they are typed: phones share one."""
    images: Pace
    """How often a network has a captcha drawn; beyond, there is the way without its image."""
    address_key: Key
    recovery_key: Key

    @classmethod
    def assemble(cls, settings: Settings, db: Database, clock: Clock) -> Self:
        """The parts for these settings; each has a key of its own, from the secret keys."""
        keys = settings.secret_keys
        tokens = Tokens(keys, clock)
        return cls(
            settings=settings,
            db=db,
            clock=clock,
            passwords=Passwords(),
            tokens=tokens,
            form_tokens=FormTokens(derive(keys, "form"), clock),
            challenges=Challenges(derive(keys, "challenge"), tokens),
            policy=PasswordPolicy(settings.password_min, settings.password_max),
            throttle=Throttle(db, derive(keys, "throttle"), clock),
            scores=Pace(clock, burst=120, every=1),
            images=Pace(clock, burst=60, every=3),
            address_key=derive(keys, "address"),
            recovery_key=derive(keys, "recovery"),
        )

    @property
    def ground(self) -> Ground:
        """What the rules of a form need now."""
        today = datetime.fromtimestamp(self.clock(), self.settings.timezone).date()
        return Ground(today, self.policy, self.settings.postal_codes == "any")

    @property
    def means(self) -> Means:
        """What the acts on an access work with."""
        return Means(
            self.db,
            self.passwords,
            self.throttle,
            self.policy,
            self.address_key,
            self.recovery_key,
        )

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


def visit_of(request: Request) -> Visit:
    """When this request came, from which address (as trusted proxies tell it) and browser.

    And in which language.
    """
    portal = portal_of(request)
    return Visit(
        now=portal.clock(),
        address=request.client.host if request.client else None,
        session=read_cookie(request, portal.settings, SESSION),
        device=read_cookie(request, portal.settings, DEVICE),
        language=language_of(request),
    )
