"""The server itself: killed right after it acknowledged a registration, and flat in memory."""

import asyncio
import os
import signal
import sqlite3
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing
from pathlib import Path

import httpx
import pytest

from db.database import Transaction
from mail import messages
from mail.delivery import Tally, deliver_due
from mail.messages import Desk
from mail.outbox import queue
from mail.transports import Smtp
from settings import Settings
from tests import given
from tests.mail.sink import Sink, free_port
from tests.people import FRANCOIS

ROOT = Path(__file__).parent.parent.parent
PAGE = os.sysconf("SC_PAGE_SIZE")


@asynccontextmanager
async def served(settings: Settings, smtp_url: str) -> AsyncIterator[httpx.AsyncClient]:
    """The real server in a process of its own, killed (SIGKILL) at the end."""
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    environment = {
        "PATH": os.environ["PATH"],
        "PORTAL_DATABASE": str(settings.database),
        "PORTAL_SECRET_KEY": settings.secret_keys[0],
        "PORTAL_BASE_URL": url,
        "PORTAL_SMTP_URL": smtp_url,
    }
    server = await asyncio.create_subprocess_exec(
        sys.executable, "manage.py", "serve", "--port", str(port), cwd=ROOT, env=environment
    )
    try:
        async with httpx.AsyncClient(base_url=url, timeout=30) as client:
            await answering(client)
            yield client
    finally:
        server.send_signal(signal.SIGKILL)
        await server.wait()


async def answering(client: httpx.AsyncClient) -> None:
    """Wait until the server answers."""
    for _ in range(600):
        try:
            await client.get("/aide")
        except httpx.TransportError:
            await asyncio.sleep(0.05)
        else:
            return
    pytest.fail("the server does not answer")


def waiting(settings: Settings) -> int:
    """How many mails have not left."""
    with closing(sqlite3.connect(settings.database)) as connection:
        [[count]] = connection.execute("SELECT count(*) FROM outbox WHERE sent_at IS NULL")
    return int(count)


@pytest.mark.usefixtures("db")
async def test_killed_right_after_a_registration_was_acknowledged(
    settings: Settings, down: Sink
) -> None:
    async with served(settings, down.url) as client:
        step_one = await client.post("/inscription", data=FRANCOIS.facts, follow_redirects=True)
        fields = FRANCOIS.access(given.hidden(step_one, "token"))
        done = await client.post("/inscription/acces", data=fields)
        assert done.status_code == 303
    assert waiting(settings) == 2
    async with down.serving(), served(settings, down.url):
        for _ in range(600):
            if not waiting(settings):
                break
            await asyncio.sleep(0.05)
    assert sorted(down.to) == [f"{FRANCOIS.matricule}@example.com", FRANCOIS.email]


# The bench drains ten thousand (bench/mail.py).
async def test_many_mails_are_drained_with_flat_memory(
    desk: Desk, sink: Sink, smtp: Smtp, capsys: pytest.CaptureFixture[str]
) -> None:
    now, seen = desk.clock(), list[int]()
    sink.keep = False

    async def fill(tx: Transaction) -> None:
        for i in range(200):
            to = f"m{i}@example.com"
            await queue(tx, messages.access_created, to, now=now, member_id=1, counted=False)

    await desk.db.write(fill)
    assert await deliver_due(desk, smtp, lambda: seen.append(resident())) == Tally(sent=200)
    growth = seen[-1] - seen[100]
    with capsys.disabled():
        print(f" {growth / 2**20:.1f} MB more after 100 mails ", end="")
    assert growth < 4 * 2**20


def resident() -> int:
    """This process's resident memory in bytes."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * PAGE
