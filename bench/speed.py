"""Requests a second, each kind of answer against the bare reference, in interleaved rounds."""

from collections.abc import Iterator
from dataclasses import dataclass
from statistics import median

from bench import load
from bench.office import PASSWORD, Office
from bench.report import Row, at_least_times
from bench.servers import Server

ROUNDS = 7
SECONDS = 0.7
CONNECTIONS = 8


@dataclass(frozen=True, slots=True)
class Pair:
    """The same job for the portal and for the reference, and how much slower it may be."""

    what: str
    of: str
    limit: float
    mine: list[bytes]
    theirs: list[bytes]


def speed(portal: Server, reference: Server, session: str) -> Iterator[Row]:
    """The three kinds of answer that members wait for."""
    yield _compared(
        portal,
        reference,
        Pair(
            "GET of a page that is the same for everyone",
            "bare route, same bytes",
            0.7,
            [load.get("/")],
            [load.get("/same")],
        ),
    )
    known = "device=0123456789abcdef0123456789abcdef; language=fr"
    yield _compared(
        portal,
        reference,
        Pair(
            "the same for a browser that was here before (two cookies)",
            "bare route, same bytes",
            0.7,
            [load.get("/", cookie=known)],
            [load.get("/same", cookie=known)],
        ),
    )
    for name, encoding in (("plain", "identity"), ("both in gzip", "gzip")):
        headers = {"cookie": f"session={session}", "accept_encoding": encoding}
        yield _compared(
            portal,
            reference,
            Pair(
                f"GET of a member’s page (session, one read, Jinja), {name}",
                "bare Starlette + Jinja",
                0.5,
                [load.get("/membre", **headers)],
                [load.get("/page", **headers)],
            ),
        )
    typed = [{"matricule": "00875"}, {"matricule": "875"}]
    address = "/verification/identite/matricule"
    yield _compared(
        portal,
        reference,
        Pair(
            "a live check",
            "hand-written route",
            0.6,
            [load.post(address, fields, hx_request="true") for fields in typed],
            [load.post("/check", fields, hx_request="true") for fields in typed],
        ),
    )


def session_of(portal: Server, office: Office) -> str:
    """The cookie of a member who signs in."""
    matricule = office.with_access(1)[0]
    answer = portal.answer("POST", "/", f"matricule={matricule}&password={PASSWORD}")
    return answer.cookie("session")


def _compared(portal: Server, reference: Server, pair: Pair) -> Row:
    mine: list[float] = []
    theirs: list[float] = []
    for round_ in range(ROUNDS + 1):
        measured = _per_second(portal, pair.mine), _per_second(reference, pair.theirs)
        if round_:  # the first one warms up
            mine.append(measured[0])
            theirs.append(measured[1])
    return at_least_times(pair.what, pair.limit, median(mine), median(theirs), pair.of)


def _per_second(server: Server, requests: list[bytes]) -> float:
    """Answers a second of the server's own processor time: other work on the machine hardly counts.

    Saturated on a machine of its own, this is what a client sees.
    """
    before = server.processor()
    done = load.run(server.port, requests, connections=CONNECTIONS, seconds=SECONDS)
    unexpected = set(done.statuses) - {200, 422}
    assert not unexpected, unexpected
    return len(done.statuses) / (server.processor() - before)
