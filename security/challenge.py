"""The captcha: its answer is derived from a signed nonce, so that showing one writes nothing."""

import hmac
import secrets
from collections import Counter
from io import BytesIO

import anyio
import anyio.to_thread
from captcha.image import ImageCaptcha
from PIL import ImageOps

from db import challenges
from db.database import Database
from security.keys import Key, keyed_hashes
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


class TooMany(Exception):
    """That network asks for more sounds at once than people do."""


class Challenges:
    """Issues captchas, draws them, and judges one try at each."""

    def __init__(self, key: Key, tokens: Tokens) -> None:
        self._key = key
        self._purpose = tokens.challenge
        self._limiter = anyio.CapacityLimiter(AT_ONCE)
        self._in_line: Counter[str] = Counter()

    def issue(self) -> str:
        """A new captcha's token, good for ten minutes and one try."""
        return self._purpose.make(secrets.token_hex(8))

    def answer(self, token: str) -> str | None:
        """The five characters of a captcha; None when its token is forged or too old."""
        return next(iter(self._answers(token)), None)

    def _answers(self, token: str) -> list[str]:
        """The answer, and those of the keys before it: an image may be older than a rotation."""
        nonce = self._purpose.read(token)
        if not isinstance(nonce, str):
            return []
        return [_characters(digest) for digest in keyed_hashes(self._key, nonce)]

    async def image(self, token: str) -> bytes:
        """The PNG of a captcha that was just issued, drawn off the event loop."""
        answer = self.answer(token)
        assert answer
        return await anyio.to_thread.run_sync(draw, answer, limiter=self._limiter)

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
            return await anyio.to_thread.run_sync(speak, answer, limiter=self._limiter)
        finally:
            self._in_line -= Counter({network: 1})  # and forgets a network at zero

    def patience(self, token: str) -> int:
        """Seconds still to wait until a captcha may be passed without its image."""
        age = self._purpose.age(token)
        return PATIENCE if age is None else max(0, PATIENCE - age)

    async def pass_without_image(self, db: Database, token: str, now: int) -> bool:
        """Whether whoever cannot read the image has waited long enough; spends the captcha."""
        if self.answer(token) is None or self.patience(token):
            return False
        return await self._spend(db, token, now)

    async def solve(self, db: Database, token: str, typed: str, now: int) -> bool:
        """Whether `typed` is the answer, in any case and spacing; the captcha is spent anyhow."""
        if not self._answers(token):
            return False
        fresh = await self._spend(db, token, now)
        return fresh and self.fits(token, typed)

    def fits(self, token: str, typed: str) -> bool:
        """Whether `typed` is the answer, in any case and spacing; spends nothing."""
        given = "".join(filter(str.isalnum, typed)).upper().encode()
        same = [hmac.compare_digest(given, answer.encode()) for answer in self._answers(token)]
        return any(same)

    async def _spend(self, db: Database, token: str, now: int) -> bool:
        nonce = str(self._purpose.read(token)).encode()
        expires_at = now + self._purpose.max_age
        return await db.write(lambda tx: challenges.spend(tx, nonce, expires_at))


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


def draw(text: str) -> bytes:
    """A PNG of the characters, black on white, 200 × 70 pixels, of 1.2 KB at the most."""
    # A dark foreground comes out nearly invisible: drawn white on black and inverted. The
    # space keeps the last character clear of the edge.
    image = _picture.generate_image(text + " ", (0, 0, 0), (255, 255, 255))
    out = BytesIO()
    ImageOps.invert(image.convert("L")).quantize(3).save(out, "PNG", optimize=True)
    return out.getvalue()
