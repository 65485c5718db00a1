"""The captcha: its answer is derived from a signed nonce, so that showing one writes nothing.

A delay and no wall: a small network reads it (docs/security.md), and the quotas carry the load.
"""

import asyncio
import hmac
import secrets
from collections import Counter, OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, field
from io import BytesIO

import anyio
import anyio.to_thread
from captcha.image import ImageCaptcha
from PIL import ImageOps

from db import challenges
from db.database import Database, Transaction
from security.chance import chance
from security.keys import Key, keyed_hash, keyed_hashes
from security.sound import speak
from security.tokens import Tokens

ALPHABET = "346789ACEFHJKNRWXY"
"""Without pairs that look alike (0 O Q D, 1 I L, 2 Z, 5 S, 6 G, 8 B, U V) or sound alike in
French (B D P T, I J, M N)."""
LENGTH = 5
AT_ONCE = 2
"""How many images or sounds are made at the same time."""
IN_LINE = 4
"""How many sounds one network may have in the making: each costs 30 ms of the processor."""
PATIENCE = 30
"""Seconds that stand for the captcha where somebody cannot read it."""
NETWORKS = 4
"""How many networks one token may be good for: a phone's address changes under way."""
PASSED = 10_000
"""How many captchas that were solved are remembered with the form that they served."""


class TooMany(Exception):
    """That network asks for more sounds at once than people do."""


@dataclass(frozen=True, slots=True)
class _Token:
    nonce: str
    form: str
    networks: tuple[str, ...]


@dataclass(slots=True)
class Passed:
    """The form that a captcha was solved for, as a hash, and its answer's call code.

    Whoever acts on it takes `turn`, so that the same form finds what came of it.
    """

    form: bytes
    call_code: str = ""
    turn: asyncio.Lock = field(default_factory=asyncio.Lock)


class Challenges:
    """Issues captchas, draws them, and judges one try at each."""

    def __init__(self, key: Key, tokens: Tokens) -> None:
        self._key = key
        self._purpose = tokens.challenge
        self._limiter = anyio.CapacityLimiter(AT_ONCE)
        self._in_line: Counter[str] = Counter()
        self._passed: OrderedDict[str, Passed] = OrderedDict()
        # Never stored: a hash of four facts, or of a password, could be guessed at.
        self._own_key = Key(secrets.token_bytes(32))

    def issue(self, form: str, network: str, before: str = "") -> str:
        """A new captcha's token, good for that form, from that network, ten minutes and one try.

        With the token `before` it, which was for other networks, it is good for those as well:
        whoever moves between a few is asked once for each.
        """
        known = self._read(before)
        networks = [tag for tag in known.networks if tag != self._tag(network)] if known else []
        networks = [*networks, self._tag(network)][-NETWORKS:]
        return self._purpose.make([secrets.token_hex(8), form, *networks])

    def is_for(self, token: str, form: str) -> bool:
        """Whether that token is good, and was issued for this form."""
        known = self._read(token)
        return known is not None and known.form == form

    def is_from(self, token: str, network: str) -> bool:
        """Whether that token was issued to this network."""
        known = self._read(token)
        tags = {digest[:4].hex() for digest in keyed_hashes(self._key, "network", network)}
        return known is not None and bool(tags.intersection(known.networks))

    def answer(self, token: str) -> str | None:
        """The five characters of a captcha; None when its token is forged or too old."""
        return next(iter(self._answers(token)), None)

    def _tag(self, network: str) -> str:
        return keyed_hash(self._key, "network", network)[:4].hex()

    def _read(self, token: str) -> _Token | None:
        match self._purpose.read(token):
            case [str(nonce), str(form), *networks]:
                return _Token(nonce, form, tuple(networks))
        return None

    def _answers(self, token: str) -> list[str]:
        """The answer, and those of the keys before it: an image may be older than a rotation."""
        known = self._read(token)
        if known is None:
            return []
        return [_characters(digest) for digest in keyed_hashes(self._key, known.nonce)]

    def _seed(self, token: str) -> bytes:
        known = self._read(token)
        assert known
        return keyed_hash(self._key, "drawing", known.nonce)

    async def image(self, token: str) -> bytes:
        """The PNG of a captcha that was just issued, drawn off the event loop."""
        answer = self.answer(token)
        assert answer
        return await anyio.to_thread.run_sync(
            draw, answer, self._seed(token), limiter=self._limiter
        )

    async def sound(self, token: str, network: str) -> bytes | None:
        """The WAV of a captcha, spoken off the event loop; None when its token is no good.

        Raises `TooMany` while that network has `IN_LINE` others in the making: counted in memory,
        for a GET writes nothing (SECURITY S7).
        """
        answer = self.answer(token)
        if answer is None:
            return None
        if self._in_line[network] >= IN_LINE:
            raise TooMany
        self._in_line[network] += 1
        try:
            return await anyio.to_thread.run_sync(
                speak, answer, self._seed(token), limiter=self._limiter
            )
        finally:
            self._in_line -= Counter({network: 1})  # and forgets a network at zero

    def patience(self, token: str) -> int:
        """Seconds still to wait until a captcha may be passed without its image."""
        age = self._purpose.age(token)
        return PATIENCE if age is None else max(0, PATIENCE - age)

    def form_sent(self, form: str, fields: Mapping[str, str]) -> bytes:
        """What stands for a form as it was sent, its captcha's code included."""
        parts = (part for name in sorted(fields) for part in (name, fields[name]))
        return keyed_hash(self._own_key, form, *(_utf8(part) for part in parts))

    def passed(self, token: str, form: bytes) -> Passed | None:
        """What is remembered of a captcha that this very form has spent, and passed by."""
        known = self._read(token)
        passed = self._passed.get(known.nonce) if known else None
        return passed if passed and hmac.compare_digest(passed.form, form) else None

    async def pass_without_image(self, db: Database, token: str, form: bytes, now: int) -> bool:
        """Whether whoever cannot read the image has waited long enough; spends the captcha."""
        if self.answer(token) is None or self.patience(token):
            return False
        return await self._spend(db, token, form, now, right=True)

    async def solve(self, db: Database, token: str, typed: str, form: bytes, now: int) -> bool:
        """Whether `typed` is the answer, in any case and spacing; the captcha is spent anyhow."""
        if not self._answers(token):
            return False
        right = self.fits(token, typed)
        return await self._spend(db, token, form, now, right=right) and right

    def fits(self, token: str, typed: str) -> bool:
        """Whether `typed` is the answer, in any case and spacing; spends nothing."""
        given = "".join(filter(str.isalnum, typed)).upper().encode()
        same = [hmac.compare_digest(given, answer.encode()) for answer in self._answers(token)]
        return any(same)

    async def _spend(self, db: Database, token: str, form: bytes, now: int, *, right: bool) -> bool:
        known = self._read(token)
        assert known
        expires_at = now + self._purpose.max_age

        async def spend(tx: Transaction) -> bool:
            fresh = await challenges.spend(tx, known.nonce.encode(), expires_at)
            if fresh and right:  # within the transaction: the same form may be right behind
                self._passed[known.nonce] = Passed(form)
                if len(self._passed) > PASSED:
                    self._passed.popitem(last=False)
            return fresh

        return await db.write(spend)


def _utf8(text: str) -> bytes:
    return text.encode(errors="surrogatepass")


def _characters(digest: bytes) -> str:
    number = int.from_bytes(digest)
    characters = ""
    for _ in range(LENGTH):
        number, place = divmod(number, len(ALPHABET))
        characters += ALPHABET[place]
    return characters


class _Picture(ImageCaptcha):
    """Characters that hardly overlap, so that a person can tell them apart."""

    character_rotate = (-20, 20)
    word_offset_dx = 0
    word_space_probability = 0.7


_picture = _Picture(200, 70, font_sizes=(44, 48, 52))
assert _picture.truefonts  # loaded now: not by two threads at once


def draw(text: str, seed: bytes) -> bytes:
    """A PNG of the characters, black on white, 200 × 70 pixels, of 1.2 KB at the most.

    The same seed gives the same bytes.
    """
    chance.begin(seed)
    # A dark foreground comes out nearly invisible: drawn white on black and inverted. The
    # space keeps the last character clear of the edge.
    image = _picture.generate_image(text + " ", (0, 0, 0), (255, 255, 255))
    out = BytesIO()
    ImageOps.invert(image.convert("L")).quantize(3).save(out, "PNG", optimize=True)
    return out.getvalue()
