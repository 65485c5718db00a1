"""What guards the portal, timed: `python -m bench.guard` prints these alone."""

import asyncio
import tempfile
import time
from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from statistics import median

from bench import load, report
from bench.office import PASSWORD, Office, facts_of, found
from bench.report import Row, at_most, at_most_times
from bench.servers import PORTAL, Server
from db.database import Database
from forms.journey import RECOVERY
from security.challenge import Challenges
from security.clock import system_clock
from security.keys import derive
from security.throttle import ADDRESS_ASKS, SIGN_IN, Throttle, network_of
from security.tokens import Tokens

TAKES = 1_000
AT_ONCE = 50
TIMINGS = 200
HOSTILE = (
    "+|e{(97x16z!",
    "<({1|le3!0i2",
    "ab1|7+ab1|7+",
    "50t[i50t[i",
    "9o9o9o9o9o9o",
    "7a71a31a",
)
"""What zxcvbn, or our way of asking it, takes longest for within the bounds of a password."""
PAUSE = 0.01


def guard(portal: Server, office: Office) -> Iterator[Row]:
    """Every row of this module."""
    yield throttle(office)
    yield from fifty_at_once(portal, office)
    yield beside_hostile_passwords(portal)
    yield recovery_alike(portal, office)
    yield sign_in_alike(portal, office)


def throttle(office: Office) -> Row:
    """The median of one take, in turns at a quota and at a soft lock, each with its own key."""

    async def work() -> list[float]:
        db = await Database.open(office.database)
        taken = Throttle(db, derive(("bench" * 8,), "throttle"), system_clock)
        timed = []
        try:
            for turn in range(TAKES):
                begun = time.perf_counter()
                await taken.take((ADDRESS_ASKS, SIGN_IN)[turn % 2], str(turn % 100))
                timed.append((time.perf_counter() - begun) * 1000)
        finally:
            await db.close()
        return timed

    return at_most("throttle take, p50", 0.3, median(asyncio.run(work())), "ms")


def fifty_at_once(portal: Server, office: Office) -> Iterator[Row]:
    """The slowest GET `/` while 50 sign in at once, and what memory that took at its peak."""
    office.forgive()
    idle = portal.memory()
    flood = load.Running(portal.port, _sign_ins(office.with_access(AT_ONCE)), connections=AT_ONCE)
    pages = load.run(portal.port, [load.get("/")], seconds=2, pause=PAUSE)
    came = flood.wait()
    entered = came.statuses.count(303)
    yield at_most(
        f"GET `/` while {AT_ONCE} sign in at once, the slowest",
        1_000,
        max(pages.milliseconds),
        "ms",
        f"{entered} entered in {came.seconds:.2f} s",
    )
    # Two hashes of 19 MiB at a time; the rest is what 50 requests and their threads hold.
    peak = portal.memory("VmHWM")
    yield at_most("memory that it took, at its peak", 64, peak - idle, "MB", f"{peak:.0f} in all")


def beside_hostile_passwords(portal: Server) -> Row:
    """The median of GET `/` while 8 connections have hostile passwords checked, against idle.

    Each from a network of its own, so that no quota spares the portal the judging.
    """
    requests = [
        load.post(
            "/verification/acces/password",
            {"password": HOSTILE[turn % len(HOSTILE)]},
            hx_request="true",
            x_forwarded_for=_address(turn),
        )
        for turn in range(6_000)
    ]
    page = [load.get("/")]
    idle: list[float] = []
    beside: list[float] = []
    for _ in range(3):
        idle.append(load.run(portal.port, page, seconds=1, pause=PAUSE).percentile(50))
        flood = load.Running(portal.port, requests, connections=8, seconds=600)
        time.sleep(0.3)
        beside.append(load.run(portal.port, page, seconds=2, pause=PAUSE).percentile(50))
        came = flood.stop()
        assert set(came.statuses) <= {200, 422, 429}, set(came.statuses)
    return at_most_times(
        "GET `/` beside hostile passwords from 8 connections, p50",
        10,
        median(beside),
        median(idle),
        "ms",
        "idle",
    )


def recovery_alike(portal: Server, office: Office) -> Row:
    """The recovery's medians for members known, without an access and unknown, in turns."""
    keys = tuple(office.database.with_suffix(".key").read_text("ascii").split())
    challenges = Challenges(derive(keys, "challenge"), Tokens(keys, system_clock))
    office.forgive()
    kinds = (
        [facts_of(int(matricule)) for matricule in office.with_access(TIMINGS)],
        office.without_access(TIMINGS),
        [facts_of(office.size + number) for number in range(TIMINGS)],
    )
    requests = []
    for turn, facts in enumerate(chain.from_iterable(zip(*kinds, strict=True))):
        token = challenges.issue(RECOVERY.name, network_of(_address(turn)))
        fields = facts | {"challenge": token, "captcha": challenges.answer(token) or ""}
        requests.append(load.post("/mot-de-passe-oublie", fields, x_forwarded_for=_address(turn)))
    return _alike(
        "recovery, medians of known / not registered / unknown",
        load.run(portal.port, requests),
        len(kinds),
        303,
    )


def sign_in_alike(portal: Server, office: Office) -> Row:
    """A wrong sign-in's medians for a matricule that has an access and one that nobody has."""
    known = office.with_access(TIMINGS)
    unknown = [f"{office.size + number:05d}" for number in range(TIMINGS)]
    requests = _sign_ins(list(chain.from_iterable(zip(known, unknown, strict=True))), "mauvais11")
    came = load.Load(0, [], [])
    for start in range(0, len(requests), TIMINGS):
        office.forgive()  # before everybody together is asked the captcha
        part = load.run(portal.port, requests[start : start + TIMINGS])
        came = load.Load(0, came.statuses + part.statuses, came.milliseconds + part.milliseconds)
    return _alike("wrong sign-in, medians of known / unknown matricule", came, 2, 422)


def _alike(what: str, came: load.Load, kinds: int, status: int) -> Row:
    assert set(came.statuses) == {status}, set(came.statuses)
    medians = [median(came.milliseconds[kind::kinds]) for kind in range(kinds)]
    return at_most(
        what,
        5,
        max(medians) - min(medians),
        "ms apart",
        " / ".join(f"{value:.2f}" for value in medians),
    )


def _sign_ins(matricules: list[str], password: str = PASSWORD) -> list[bytes]:
    return [
        load.post(
            "/",
            {"matricule": matricule, "password": password},
            x_forwarded_for=_address(turn),
        )
        for turn, matricule in enumerate(matricules)
    ]


def _address(turn: int) -> str:
    return f"198.51.{turn // 250 % 250}.{turn % 250 + 1}"


def main() -> None:
    """Print each row as it is measured."""
    with tempfile.TemporaryDirectory() as folder:
        office = found(Path(folder), 1_000)
        with Server(PORTAL, office.environ) as portal:
            for row in guard(portal, office):
                print(report.line(row), flush=True)


if __name__ == "__main__":
    main()
