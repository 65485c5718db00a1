"""What a captcha's drawing and sound are varied by: chance that the same token always repeats.

Drawn anew by true chance, one token gives as many pictures of one answer as anybody asks for.
"""

import random
import threading
from collections.abc import MutableSequence, Sequence
from typing import TypeVar

from captcha import audio, image

T = TypeVar("T")


class _Chance(threading.local):
    """Stands in for `secrets`, which the package asks; each thread has a sequence of its own."""

    def __init__(self) -> None:
        self._source = random.Random()  # noqa: S311 (it is to be repeated)

    def begin(self, seed: bytes) -> None:
        """Begin the sequence of that seed, on this thread."""
        self._source.seed(seed)

    def randbelow(self, limit: int) -> int:
        """A number from 0 up to below `limit`."""
        return self._source.randrange(limit)

    def randbits(self, bits: int) -> int:
        """A number of so many bits."""
        return self._source.getrandbits(bits)

    def choice(self, among: Sequence[T] | MutableSequence[T]) -> T:
        """One of these."""
        return self._source.choice(among)


chance = _Chance()
image.secrets = audio.secrets = chance  # type: ignore[assignment, attr-defined]
