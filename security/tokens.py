"""Signed tokens, each bound to a purpose and a time. They are readable: nothing personal inside."""

import hashlib
from collections.abc import Sequence
from typing import Any

from itsdangerous import BadData, TimestampSigner, URLSafeTimedSerializer

from security.clock import Clock

HOUR = 3600
DAY = 24 * HOUR
LONGEST = 7 * DAY
"""Seconds for which the longest-lived token is good."""


class Purpose:
    """Makes and reads the tokens of one purpose, good for `max_age` seconds."""

    def __init__(self, keys: Sequence[str], clock: Clock, salt: str, max_age: int) -> None:
        class ClockedSigner(TimestampSigner):
            def get_timestamp(self) -> int:
                return clock()

        self.max_age = max_age
        self._clock = clock
        self._serializer = URLSafeTimedSerializer(
            list(keys),
            salt=f"portal:{salt}",
            signer=ClockedSigner,
            signer_kwargs={"digest_method": hashlib.sha256, "key_derivation": "hmac"},
        )

    def make(self, payload: Any) -> str:
        """A token that carries `payload` (JSON)."""
        token = self._serializer.dumps(payload)
        return token if isinstance(token, str) else token.decode()

    def read(self, token: str) -> Any | None:
        """What the token carries; None when it is forged, of another purpose or too old."""
        try:
            return self._serializer.loads(token, max_age=self.max_age)
        except (BadData, UnicodeError, RecursionError):
            return None

    def age(self, token: str) -> int | None:
        """Seconds since the token was made; None where `read` gives None."""
        try:
            _, made = self._serializer.loads(token, self.max_age, return_timestamp=True)
        except (BadData, UnicodeError, RecursionError):
            return None
        return self._clock() - int(made.timestamp())


class Tokens:
    """The portal's purposes; `keys` are the secret keys, the newest last."""

    def __init__(self, keys: Sequence[str], clock: Clock) -> None:
        self.registration = Purpose(keys, clock, "registration", 2 * HOUR)
        """The identified member's internal id, between the two steps of the registration."""
        self.challenge = Purpose(keys, clock, "challenge", 10 * 60)
        """A captcha's nonce."""
        self.confirmation = Purpose(keys, clock, "confirmation", LONGEST)
        """A member's internal id and their address's fingerprint, for the link in a mail."""
        self.step = Purpose(keys, clock, "step", HOUR // 2)
        """The token of step two, for the cookie of the browser that shows it."""
        self.resume = Purpose(keys, clock, "resume", HOUR // 2)
        """What was under way when a session ended, for the browser's cookie."""


def token_hash(token: str) -> bytes:
    """What the database keeps of a random token of 256 bits (SHA-256)."""
    return hashlib.sha256(token.encode(errors="replace")).digest()
