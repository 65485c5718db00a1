"""How often a network may ask for what costs the portal some work but writes nothing: in memory.

A GET and a live check write nothing (SECURITY S7), so what bounds them is forgotten at a restart.
"""

from collections import OrderedDict

from security.clock import Clock

NETWORKS = 10_000
"""How many networks are remembered; the one that asked longest ago is forgotten first."""


class Pace:
    """`burst` asks at once from each network, then one more each `every` seconds."""

    def __init__(self, clock: Clock, *, burst: int, every: int) -> None:
        self._clock = clock
        self._burst = burst
        self._every = every
        self._empty_at: OrderedDict[str, int] = OrderedDict()

    def take(self, network: str) -> bool:
        """Count one ask; whether it is let through."""
        now = self._clock()
        empty_at = max(now, self._empty_at.pop(network, now))
        let = empty_at - now <= self._every * (self._burst - 1)
        self._empty_at[network] = empty_at + self._every if let else empty_at
        if len(self._empty_at) > NETWORKS:
            self._empty_at.popitem(last=False)
        return let
