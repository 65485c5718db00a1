"""Password hashes: argon2id, in a thread, behind a limiter."""

import contextlib
import os
import secrets
import sys
import threading
from functools import cache

import anyio
import anyio.to_thread
from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

# The OWASP password storage cheat sheet's second argon2id setting: 19 MiB, two passes, one lane.
HASHER = PasswordHasher(memory_cost=19456, time_cost=2, parallelism=1)
AT_ONCE = max(1, min(2, (os.cpu_count() or 2) - 1))
"""How many hashes are computed at the same time: it bounds memory, and leaves the loop a core."""


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
        return await anyio.to_thread.run_sync(self._hash, password, limiter=self._limiter)

    async def verify(self, password_hash: str | None, password: str) -> bool:
        """Whether the normalised `password` has that hash; None costs the same and is False."""
        self.verifications += 1
        return await anyio.to_thread.run_sync(
            self._verify, password_hash, password, limiter=self._limiter
        )

    def _hash(self, password: str) -> str:
        _give_way()
        return self._hasher.hash(password)

    def _verify(self, password_hash: str | None, password: str) -> bool:
        _give_way()
        try:
            # A lone surrogate has no UTF-8 form; nobody's password holds one.
            typed = password.encode(errors="replace")
            self._hasher.verify(password_hash or self._dummy, typed)
        except (VerificationError, InvalidHashError):
            return False
        return password_hash is not None


def _give_way() -> None:
    """Let the event loop run first where both want a core: no page waits for a hash."""
    if sys.platform == "linux":  # where a thread has a priority of its own
        # A service's filter of system calls may forbid it: then pages wait a little longer.
        with contextlib.suppress(OSError):
            os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), 10)
