"""Who may try how often: each limit is declared once and kept in the database (SECURITY B1, B2).

Whoever guesses is slowed, whoever is right gets in (DESIGN §9): limits are asked one after the
other, the visitor's own network first, and the first that refuses counts nothing further.
"""

from dataclasses import dataclass
from enum import Enum, auto
from ipaddress import IPv6Address, ip_address, ip_network

from db import throttles
from db.database import Database, Transaction
from security.clock import Clock
from security.keys import Key, keyed_hash

MINUTE = 60
HOUR = 60 * MINUTE
DAY = 24 * HOUR


class By(Enum):
    """What a limit counts by: from it, `unlock` knows what to clear for a member."""

    SOURCE = auto()
    """The visitor's network, or the member whose browser it is."""
    MATRICULE = auto()
    FACTS = auto()
    """Birth date and postal code."""
    MEMBER = auto()
    BROWSER = auto()
    """A known browser and a matricule."""
    NOBODY = auto()
    """What concerns no member: it never refuses."""


@dataclass(frozen=True, slots=True)
class Quota:
    """`burst` tries at once, then one more each `every` seconds."""

    burst: int
    every: int


@dataclass(frozen=True, slots=True)
class SoftLock:
    """`free` tries, then waits that grow from `first` to `longest` seconds and end by themselves.

    All is forgotten a day after the first try.
    """

    free: int = 5
    first: int = 30
    longest: int = 15 * MINUTE


@dataclass(frozen=True, slots=True)
class Limit:
    """How often something may be tried; `figures` are for one subject.

    With `wide` each network has them for itself: an IPv4 address, or an IPv6 /48. A /48 that is
    over them is looked at more closely: each /64 in it has them anew, up to `wide` for all of it.
    So one customer of a provider does not shut out the others, and who owns a /48 gains little.

    With `everywhere` all networks together are counted too. It never refuses by itself, or
    strangers would keep the right one out: beyond it a network has `besieged` more tries.
    """

    name: str
    by: By
    figures: Quota | SoftLock
    wide: Quota | None = None
    everywhere: Quota | None = None
    besieged: Quota = Quota(burst=3, every=6 * HOUR)

    @property
    def burst(self) -> int:
        """How many tries are let through at once."""
        return self.figures.burst if isinstance(self.figures, Quota) else self.figures.free


def _guesses(name: str, by: By) -> Limit:
    """Guesses at what belongs to one person.

    One network makes some 100 a day and one /48 some 200, below what besieges: that takes several.
    """
    return Limit(
        name,
        by,
        SoftLock(),
        wide=Quota(burst=20, every=15 * MINUTE),
        everywhere=Quota(burst=100, every=5 * MINUTE),
    )


ADDRESS_REFUSES = Limit(
    "address refuses", By.SOURCE, Quota(burst=600, every=6), wide=Quota(burst=6_000, every=1)
)
"""Far beyond what people do: phones share an address behind their carrier."""
RECOVER_WITHOUT_IMAGE = Limit(
    "recover without image",
    By.SOURCE,
    Quota(burst=4, every=15 * MINUTE),
    wide=Quota(burst=40, every=90),
)
"""The captcha is waived, so it is stricter."""
SIGN_IN = _guesses("sign in", By.MATRICULE)
"""Known or not; strangers share it."""
SIGN_IN_KNOWN = Limit("sign in, known device", By.BROWSER, SoftLock())
"""For a browser that this member signed in with before."""
CURRENT_PASSWORD = Limit("current password", By.MEMBER, SoftLock())
"""A borrowed session guesses no password."""
SENT_AGAIN = _guesses("registration sent again", By.MEMBER)
"""Whoever kept a token of step two guesses no password with it."""
PASSWORD_SENT_AGAIN = _guesses("password sent again", By.MEMBER)
"""The form of a password that was saved already (`members.change.saved_already`)."""
IDENTIFY_MATRICULE = _guesses("identify, matricule", By.MATRICULE)
"""Who knows a matricule does not guess its facts."""
IDENTIFY_FACTS = _guesses("identify, facts", By.FACTS)
"""Who knows a person's facts does not try the 100,000 matricules.

The name stays out of the key: it can be written in several ways, each would be another try.
"""
OFFICE_CODE = Limit(
    "office code", By.MEMBER, Quota(burst=10, every=5 * MINUTE), wide=Quota(burst=40, every=MINUTE)
)
"""By network and code: nobody elsewhere closes the way, and a new code opens it anew.

There is no total over all networks: 40 bits need none.
"""
ADDRESS_ASKS = Limit("address asks", By.NOBODY, Quota(burst=30, every=MINUTE))
"""By network; beyond, the captcha is asked. Generous: phones share an address."""
ALL_ASK = Limit("all ask", By.NOBODY, Quota(burst=300, every=2))
"""Over all; beyond, the captcha is asked. It never refuses: nobody closes the portal by it."""
JOURNAL_NETWORK = Limit("journal, network", By.NOBODY, Quota(burst=200, every=2 * MINUTE))
"""What the visitors of one network make the journal hold, one by one."""
JOURNAL_ALL = Limit("journal, all", By.NOBODY, Quota(burst=5_000, every=30))
"""What all visitors make it hold: some 3,000 entries a day in the long run."""

LIMITS = (
    ADDRESS_REFUSES,
    RECOVER_WITHOUT_IMAGE,
    SIGN_IN,
    SIGN_IN_KNOWN,
    CURRENT_PASSWORD,
    SENT_AGAIN,
    OFFICE_CODE,
    PASSWORD_SENT_AGAIN,
    IDENTIFY_MATRICULE,
    IDENTIFY_FACTS,
)
"""Every limit that makes somebody wait."""


@dataclass(frozen=True, slots=True)
class Source:
    """Where tries come from: `wide` is an IPv4 address, an IPv6 /48, or the member whose browser
    it is; `narrow` the /64 with IPv6."""

    wide: str
    narrow: str = ""


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of a try: let through where `seconds` is 0, else how long to wait."""

    seconds: int
    counted: tuple[tuple[bytes, int], ...]
    """Each key that it counts at, with the milliseconds that it costs there (0 in a soft lock)."""


class Part(Enum):
    """Which figures of a limit a row is about; the byte stands in its key."""

    EACH = b"\0"
    WIDE = b"\1"
    EVERYWHERE = b"\2"
    BESIEGED = b"\3"


class Throttle:
    """Takes and clears tries; `key` is the secret that hashes what they are about.

    A rotation of the key begins every count anew, which helps nobody who cannot rotate it. A row's
    key begins with the hash of limit and subject, so that all networks' rows are found by it.
    """

    def __init__(self, db: Database, key: Key, clock: Clock) -> None:
        self._db = db
        self._key = key
        self._clock = clock

    async def take(
        self,
        limit: Limit,
        *subject: str | bytes,
        source: Source | None = None,
        tx: Transaction | None = None,
    ) -> int:
        """Count one try; gives 0 when it is let through, else the seconds to wait.

        A limit that has figures for each network wants the `source`. Within a transaction say
        which: it holds the writer.
        """
        return (await self.ask(limit, *subject, source=source, tx=tx)).seconds

    async def ask(
        self,
        limit: Limit,
        *subject: str | bytes,
        source: Source | None = None,
        tx: Transaction | None = None,
    ) -> Taken:
        """As `take`; the answer can be given back."""
        counted: list[tuple[bytes, int]] = []

        async def count(part: Part, figures: Quota | SoftLock, network: str) -> int:
            key = self._hash(limit, subject, part, network)
            wait = await self._count(tx or self._db, key, figures)
            if not wait:
                cost = figures.every * 1000 if isinstance(figures, Quota) else 0
                counted.append((key, cost))
            return -(-wait // 1000)

        # What counts by the source already names its network in the subject.
        apart = source and limit.wide and limit.by is not By.SOURCE
        network = source.wide if source and apart else ""
        wait = await count(Part.EACH, limit.figures, network)
        if wait and limit.wide and source and source.narrow:
            # The narrower first: who is over it alone does not use up what all of them share.
            closer = await self._until(
                self._hash(limit, subject, Part.WIDE, network), limit.wide
            ) or await count(Part.EACH, limit.figures, source.narrow)
            wait = min(wait, closer or await count(Part.WIDE, limit.wide, network))
        if not wait and limit.everywhere and await count(Part.EVERYWHERE, limit.everywhere, ""):
            wait = await count(Part.BESIEGED, limit.besieged, network)
        return Taken(wait, tuple(counted))

    async def give_back(self, *tries: Taken, tx: Transaction | None = None) -> None:
        """Undo these tries, whose answer was right, and nothing else.

        What a stranger tried before stays counted: else the stranger's next refusal would tell
        that the member came in between (SECURITY X8).
        """
        for taken in tries:
            for key, cost in taken.counted:
                await throttles.give_back(tx or self._db, key, cost)

    async def wait(self, limit: Limit, *subject: str | bytes) -> int:
        """The longest that anybody's try at that subject would have to wait now, in seconds.

        Counts nothing.
        """
        found = [0]
        for key, until in await throttles.under(self._db, self._head(limit, subject)):
            if key[HEAD : HEAD + 1] == Part.EACH.value:
                found.append(self._left(until, limit.figures))
            elif key[HEAD : HEAD + 1] == Part.BESIEGED.value:
                found.append(self._left(until, limit.besieged))
        return max(found)

    async def clear(self, limit: Limit, *subject: str | bytes) -> None:
        """Forget the tries at that subject, from wherever they came."""
        await throttles.clear(self._db, self._head(limit, subject))

    def digest(self, name: str, *subject: str | bytes) -> bytes:
        """What stands for these in the database: keyed, so that it tells nothing (16 bytes)."""
        return keyed_hash(self._key, name, *subject)[:16]

    async def _count(
        self, counter: Database | Transaction, key: bytes, figures: Quota | SoftLock
    ) -> int:
        now = self._clock() * 1000
        match figures:
            case Quota(burst, every):
                return await throttles.take_quota(
                    counter, key, now=now, every=every * 1000, burst=burst
                )
            case SoftLock(free, first, longest):
                return await throttles.take_growing(
                    counter,
                    key,
                    now=now,
                    free=free,
                    first=first * 1000,
                    longest=longest * 1000,
                    memory=DAY * 1000,
                )

    async def _until(self, key: bytes, figures: Quota) -> int:
        until = await throttles.until(self._db, key)
        return self._left(until, figures) if until else 0

    def _left(self, until: int, figures: Quota | SoftLock) -> int:
        """The seconds that a try now would have to wait."""
        now = self._clock() * 1000
        if isinstance(figures, Quota):
            now += figures.every * 1000 * (figures.burst - 1)
        return -(-max(0, until - now) // 1000)

    def _head(self, limit: Limit, subject: tuple[str | bytes, ...]) -> bytes:
        return self.digest(limit.name, *subject)[:HEAD]

    def _hash(
        self, limit: Limit, subject: tuple[str | bytes, ...], part: Part, network: str
    ) -> bytes:
        tail = self.digest(limit.name, *subject, network, part.value)[: TAIL - 1]
        return self._head(limit, subject) + part.value + tail


HEAD, TAIL = 8, 8
"""The bytes of a row's key: of limit and subject, then of part and network."""


def source_at(address: str | None) -> Source:
    """What an address counts as: itself, or with IPv6 its /48 and /64.

    One line has a /64 to itself, often a /56 or the whole /48: the single address tells nothing.
    """
    try:
        parsed = ip_address(address or "")
    except ValueError:
        return Source("")
    if isinstance(parsed, IPv6Address):
        if parsed.ipv4_mapped:
            return Source(str(parsed.ipv4_mapped))
        wide, narrow = (ip_network((parsed, bits), strict=False) for bits in (48, 64))
        return Source(str(wide), str(narrow))
    return Source(str(parsed))


def network_of(address: str | None) -> str:
    """The network of an address: itself, or its /48 with IPv6."""
    return source_at(address).wide
