"""Password hashes: argon2id, in a thread, behind a limiter."""

import secrets
from functools import cache

import anyio
import anyio.to_thread
from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

# The OWASP password storage cheat sheet's second argon2id setting: 19 MiB, two passes, one lane.
HASHER = PasswordHasher(memory_cost=19456, time_cost=2, parallelism=1)
AT_ONCE = 2
"""How many hashes are computed at the same time: it bounds memory, and leaves the loop a turn."""


@cache
def _nobodys(hasher: PasswordHasher) -> str:
    """A hash that no password has, made once a process: what a wrong matricule costs to verify."""
    return hasher.hash(secrets.token_urlsafe())


class Passwords:
    """Hashes and verifies passwords off the event loop; `verifications` counts for the tests."""

    def __init__(self, hasher: PasswordHasher = HASHER) -> None:
        self._hasher = hasher
        self._limiter = anyio.CapacityLimiter(AT_ONCE)
        self._dummy = _nobodys(hasher)
        self.verifications = 0

    async def hash(self, password: str) -> str:
        """The argon2id hash of a normalised password, in the PHC string format."""
        return await anyio.to_thread.run_sync(self._hasher.hash, password, limiter=self._limiter)

    async def verify(self, password_hash: str | None, password: str) -> bool:
        """Whether the normalised `password` has that hash; None costs the same and is False."""
        self.verifications += 1
        return await anyio.to_thread.run_sync(
            self._verify, password_hash, password, limiter=self._limiter
        )

    def _verify(self, password_hash: str | None, password: str) -> bool:
        try:
            # A lone surrogate has no UTF-8 form; nobody's password holds one.
            typed = password.encode(errors="replace")
            self._hasher.verify(password_hash or self._dummy, typed)
        except (VerificationError, InvalidHashError):
            return False
        return password_hash is not None
