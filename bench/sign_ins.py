"""Signing in: against one argon2 verification, beside other visitors, with rosters of any size."""

import time
from collections.abc import Iterable, Iterator
from contextlib import ExitStack
from pathlib import Path
from statistics import median

from bench import load
from bench.office import PASSWORD, Office, found
from bench.report import Row, at_most_times
from bench.servers import PORTAL, Server
from security.passwords import HASHER

SAMPLES = 60
FLOOD = 200
FLOODING = 10
"""Connections that sign in at the same time."""
PAUSE = 0.004
SIZES = (1_000, 10_000, 100_000)
ROUNDS = 4


def sign_in(portal: Server, office: Office) -> Iterator[Row]:
    """A sign-in's median against argon2 alone, measured in turns."""
    hashed = HASHER.hash(PASSWORD)
    mine: list[float] = []
    theirs: list[float] = []
    office.forgive()
    for request in sign_in_requests(office, SAMPLES):
        mine += load.run(portal.port, [request]).milliseconds
        begun = time.perf_counter()
        HASHER.verify(hashed, PASSWORD)
        theirs.append((time.perf_counter() - begun) * 1000)
    yield at_most_times(
        "sign-in, p50", 1.5, median(mine), median(theirs), "ms", "one argon2 verification"
    )


def beside_a_flood(portal: Server, office: Office) -> Iterator[Row]:
    """The p99 of GET `/` while many sign in, against the same without them, in turns."""
    idle: list[float] = []
    flooded: list[float] = []
    for _ in range(3):
        idle.append(load.run(portal.port, [load.get("/")], seconds=2, pause=PAUSE).percentile(99))
        office.forgive()
        flood = load.Running(portal.port, sign_in_requests(office, FLOOD), connections=FLOODING)
        time.sleep(0.3)
        beside = load.run(portal.port, [load.get("/")], seconds=2, pause=PAUSE)
        flooded.append(beside.percentile(99))
        flood.wait()
    yield at_most_times(
        "GET `/` during a flood of sign-ins, p99", 3, median(flooded), median(idle), "ms", "idle"
    )


def rosters(folder: Path) -> Iterator[Row]:
    """Identify and sign-in with rosters of three sizes: the slowest median over the fastest."""
    with ExitStack() as stack:
        offices = [found(folder / "rosters", size) for size in SIZES]
        served = [stack.enter_context(Server(PORTAL, office.environ)) for office in offices]
        identified: list[list[float]] = [[] for _ in SIZES]
        signed_in: list[list[float]] = [[] for _ in SIZES]
        requests = [
            (_chunks(_identifications(office, SAMPLES)), _chunks(sign_in_requests(office, SAMPLES)))
            for office in offices
        ]
        for round_ in range(ROUNDS):
            for turn, portal in enumerate(served):
                identify, enter = (chunks[round_] for chunks in requests[turn])
                identified[turn] += load.run(portal.port, identify).milliseconds
                signed_in[turn] += load.run(portal.port, enter).milliseconds
    yield _flat("identify", identified)
    yield _flat("sign-in", signed_in)


def _flat(what: str, measured: Iterable[list[float]]) -> Row:
    medians = [median(milliseconds) for milliseconds in measured]
    ratio = max(medians) / min(medians)
    return Row(
        f"{what}, p50 with a roster of " + " / ".join(f"{size:,}" for size in SIZES),
        "within 1.2 × of each other",
        " / ".join(f"{value:.3g}" for value in medians) + " ms",
        ratio,
        ratio <= 1.2,
    )


def _chunks(requests: list[bytes]) -> list[list[bytes]]:
    size = len(requests) // ROUNDS
    return [requests[start : start + size] for start in range(0, size * ROUNDS, size)]


def sign_in_requests(office: Office, count: int) -> list[bytes]:
    """The sign-ins of so many members, each from an address of its own."""
    return [
        load.post(
            "/",
            {"matricule": matricule, "password": PASSWORD},
            x_forwarded_for=_address(turn),
        )
        for turn, matricule in enumerate(office.with_access(count))
    ]


def _identifications(office: Office, count: int) -> list[bytes]:
    return [
        load.post("/inscription", facts, hx_request="true", x_forwarded_for=_address(turn))
        for turn, facts in enumerate(office.without_access(count))
    ]


def _address(turn: int) -> str:
    return f"198.51.100.{turn % 250 + 1}"
