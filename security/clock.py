"""Where the time comes from: tests turn the clock, nothing else calls `time.time`."""

import time
from collections.abc import Callable

Clock = Callable[[], int]
"""Gives whole seconds since 1970, UTC."""


def system_clock() -> int:
    """The machine's time in whole seconds since 1970, UTC."""
    return int(time.time())
