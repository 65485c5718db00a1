"""What passwords cost, off the event loop and bounded: argon2id hashes, and judging new ones."""

import contextlib
import os
import secrets
import sys
import threading
from collections.abc import Callable, Sequence
from functools import cache
from typing import TypeVar

import anyio
import anyio.to_thread
from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from rules import Refused, guesses
from rules.password import PasswordPolicy, password

# The OWASP password storage cheat sheet's second argon2id setting: 19 MiB, two passes, one lane.
HASHER = PasswordHasher(memory_cost=19456, time_cost=2, parallelism=1)
AT_ONCE = max(1, min(2, (os.cpu_count() or 2) - 1))
"""How many hashes are computed at the same time: it bounds memory, and leaves the loop a core."""

IN_LINE = 8
"""How many new passwords may be under judgement before a live check goes without."""
T = TypeVar("T")


@cache
def _nobodys(hasher: PasswordHasher) -> str:
    """A hash that no password has, made once a process: what a wrong matricule costs to verify."""
    return hasher.hash(secrets.token_urlsafe())


class Passwords:
    """Hashes, verifies and judges passwords off the event loop.

    `verifications` counts for the tests.
    """

    def __init__(self, hasher: PasswordHasher = HASHER) -> None:
        self._hasher = hasher
        self._limiter = anyio.CapacityLimiter(AT_ONCE)
        # Judging is plain Python: two threads would only take turns.
        self._judging = anyio.CapacityLimiter(1)
        self._in_line = 0
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

    async def judge(
        self, typed: str, policy: PasswordPolicy, facts: Sequence[str] = ()
    ) -> str | Refused:
        """What `rules.password.password` says of a new password."""
        return await self._in_turn(password, typed, policy, facts)

    async def score(self, password: str) -> int:
        """What `rules.guesses.score` gives a new password, without its member's facts."""
        return await self._in_turn(guesses.score, password)

    @property
    def many_wait(self) -> bool:
        """Whether so many are to be judged that nobody should come who can do without."""
        return self._in_line >= IN_LINE

    async def _in_turn(self, work: Callable[..., T], *given: object) -> T:
        self._in_line += 1
        try:
            return await anyio.to_thread.run_sync(work, *given, limiter=self._judging)
        finally:
            self._in_line -= 1

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
