"""Ten thousand queued mails drained over SMTP: `.venv/bin/python -m bench.mail [COUNT]`.

Prints resident memory and time for each tenth of them; the mail server is a process of its own.
"""

import asyncio
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path

from db import members
from db.database import Database, Transaction
from db.migrate import migrate
from mail import messages
from mail.delivery import deliver_due
from mail.outbox import queue
from mail.transports import transport_of
from security.clock import system_clock
from settings import Settings
from web.portal import Portal

PAGE = os.sysconf("SC_PAGE_SIZE")


def main() -> None:
    """Start the mail server, fill an outbox, drain it."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000
    server = subprocess.Popen(
        [sys.executable, "-m", "bench.mail", "serve"], stdout=subprocess.PIPE, text=True
    )
    assert server.stdout
    port = int(server.stdout.readline())
    try:
        with tempfile.TemporaryDirectory() as folder:
            settings = Settings(database=Path(folder) / "bench.db", secret_keys=("bench" * 8,))
            asyncio.run(drain(replace(settings, smtp_url=f"smtp://127.0.0.1:{port}"), count))
    finally:
        server.kill()
        server.wait()


async def drain(settings: Settings, count: int) -> None:
    """Queue `count` mails and deliver them, printing ten lines."""
    migrate(settings.database)
    db = await Database.open(settings.database)
    desk = Portal.assemble(settings, db, system_clock).desk

    async def fill(tx: Transaction) -> None:
        line = ("00001", "Nom", "Prénom", "nom", "prenom", "1950-01-01", "J7J 8G8", None)
        await members.save(tx, [line])
        for i in range(count):
            to = f"m{i}@example.com"
            await queue(
                tx, messages.access_created, to, now=system_clock(), member_id=1, counted=False
            )

    await db.write(fill)
    begun, done = time.monotonic(), 0

    def progress() -> None:
        nonlocal done
        done += 1
        if done % max(1, count // 10) == 0:
            resident = int(Path("/proc/self/statm").read_text().split()[1]) * PAGE
            seconds = time.monotonic() - begun
            print(f"{done:7} mails  {resident / 2**20:6.1f} MB  {seconds:7.1f} s", flush=True)

    tally = await deliver_due(desk, transport_of(settings), progress)
    print(tally)
    await db.close()


async def serve() -> None:
    """A mail server that accepts and forgets; prints its port."""
    from aiosmtpd.handlers import Sink
    from aiosmtpd.smtp import SMTP

    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: SMTP(Sink(), hostname="sink.test"), "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(serve()) if sys.argv[1:] == ["serve"] else main()
