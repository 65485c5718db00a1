"""Who may try how often: one named rule a purpose, kept in the database (SECURITY B1, B2)."""

from dataclasses import dataclass
from ipaddress import IPv6Address, ip_address, ip_network

from db import throttles
from db.database import Database
from security.clock import Clock
from security.keys import Key, keyed_hash

MINUTE = 60
HOUR = 60 * MINUTE
DAY = 24 * HOUR


@dataclass(frozen=True, slots=True)
class Quota:
    """`burst` tries at once, then one more each `every` seconds."""

    name: str
    burst: int
    every: int


@dataclass(frozen=True, slots=True)
class SoftLock:
    """`free` tries, then waits that grow from `first` to `longest` seconds and end by themselves.

    All is forgotten a day after the last try, or at once when the right answer is given.
    """

    name: str
    free: int = 5
    first: int = 30
    longest: int = 15 * MINUTE


Rule = Quota | SoftLock

SIGN_IN = SoftLock("sign in")
"""By matricule, known or not; strangers share it."""
SIGN_IN_KNOWN = SoftLock("sign in, known device")
"""By browser and matricule, for a browser that this member signed in with before."""
CURRENT_PASSWORD = SoftLock("current password")
"""By member: a borrowed session guesses no password."""
PASSWORD_SENT_AGAIN = SoftLock("password sent again")
"""By member: the form of a password that was saved already (`members.change.saved_already`)."""
IDENTIFY_MATRICULE = SoftLock("identify, matricule")
"""By matricule: who knows one does not guess its facts."""
IDENTIFY_FACTS = Quota("identify, facts", burst=6, every=15 * MINUTE)
"""By birth date and postal code: who knows a person's facts does not try the 100,000 matricules.

The name stays out of the key: it can be written in several ways, each would be another try.
"""
OFFICE_CODE = Quota("office code", burst=10, every=5 * MINUTE)
"""By member, network and code: nobody elsewhere closes the way, and a new code opens it anew.

There is no total over all networks: 40 bits need none, and a stranger could fill it.
"""
RECOVER_MATRICULE = SoftLock("recover, matricule")
RECOVER_FACTS = Quota("recover, facts", burst=6, every=15 * MINUTE)
"""As for identifying; they also bound the mails that one member can be sent."""
RECOVER_WITHOUT_IMAGE = Quota("recover without image", burst=4, every=15 * MINUTE)
"""By address or known browser's owner: the captcha is waived, so it is stricter."""
SEND_AGAIN = Quota("send again", burst=3, every=5 * MINUTE)
"""By member: confirmations and requests to the office."""
ADDRESS_ASKS = Quota("address asks", burst=30, every=MINUTE)
"""By address; beyond, the captcha is asked. Generous: phones share an address."""
ALL_ASK = Quota("all ask", burst=300, every=2)
"""Over all; beyond, the captcha is asked. It never refuses: nobody closes the portal by it."""
ADDRESS_REFUSES = Quota("address refuses", burst=600, every=6)
"""By address or known browser's owner; far beyond what people do, it refuses."""


class Throttle:
    """Takes and clears tries; `key` is the secret that hashes what they are about.

    A rotation of the key begins every count anew, which helps nobody who cannot rotate it.
    """

    def __init__(self, db: Database, key: Key, clock: Clock) -> None:
        self._db = db
        self._key = key
        self._clock = clock

    async def take(self, rule: Rule, *subject: str | bytes) -> int:
        """Count one try; gives 0 when it is let through, else the seconds to wait."""
        key = self._hash(rule, subject)
        now = self._clock() * 1000
        match rule:
            case Quota(_, burst, every):
                wait = await throttles.take_quota(
                    self._db, key, now=now, every=every * 1000, burst=burst
                )
            case SoftLock(_, free, first, longest):
                wait = await throttles.take_growing(
                    self._db,
                    key,
                    now=now,
                    free=free,
                    first=first * 1000,
                    longest=longest * 1000,
                    memory=DAY * 1000,
                )
        return -(-wait // 1000)

    async def wait(self, rule: Rule, *subject: str | bytes) -> int:
        """Seconds that a try would have to wait now; counts nothing."""
        until = await throttles.until(self._db, self._hash(rule, subject))
        now = self._clock() * 1000
        if isinstance(rule, Quota):
            now += rule.every * 1000 * (rule.burst - 1)
        return -(-max(0, (until or now) - now) // 1000)

    async def clear(self, rule: Rule, *subject: str | bytes) -> None:
        """Forget the tries: the right answer was given."""
        await throttles.clear(self._db, self._hash(rule, subject))

    def digest(self, name: str, *subject: str | bytes) -> bytes:
        """What stands for these in the database: keyed, so that it tells nothing (16 bytes)."""
        return keyed_hash(self._key, name, *subject)[:16]

    def _hash(self, rule: Rule, subject: tuple[str | bytes, ...]) -> bytes:
        return self.digest(rule.name, *subject)


def network_of(address: str | None) -> str:
    """What an address counts as: itself, or its /64 with IPv6, where one line has 2⁶⁴ of them."""
    try:
        parsed = ip_address(address or "")
    except ValueError:
        return ""
    if isinstance(parsed, IPv6Address):
        if parsed.ipv4_mapped:
            return str(parsed.ipv4_mapped)
        return str(ip_network((parsed, 64), strict=False))
    return str(parsed)
