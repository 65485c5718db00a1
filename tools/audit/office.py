"""A portal on a temporary database, served on loopback, whose faults can be caused."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path

import uvicorn

from app import create_app
from db.database import Database
from db.migrate import migrate
from mail.delivery import deliver_due
from mail.transports import Files
from roster.applying import load
from security.clock import system_clock
from settings import MONTREAL, Settings
from tools.dev import ROOT, ROSTER
from web.portal import Portal

FULL = Settings(
    secret_keys=("the-key-of-the-portal-that-is-audited",),
    office_name="Association des retraités",
    office_phone="450 555-0100",
    office_email="bureau@example.org",
    privacy_officer="Jeanne Tremblay",
    deliver_mail=False,
    development=True,
)
BARE = replace(
    FULL,
    base_url="http://127.0.0.1/portail",
    office_phone="",
    office_email="",
    privacy_officer="",
    accent="#7a1f3d",
    logo=ROOT / "static" / "icon.svg",
)
"""An office that told the portal little, with a logo and a colour of its own, below a path."""


class Clock:
    """The machine's time, until it is broken: no calendar has such a day, so that pages fail."""

    broken = False

    def __call__(self) -> int:
        return -(10**15) if self.broken else system_clock()


class Served:
    """A portal that answers at `url`."""

    def __init__(self, url: str, portal: Portal, clock: Clock) -> None:
        self.url = url
        self.portal = portal
        self.clock = clock

    async def mails(self) -> list[Path]:
        """Deliver what is due; gives every mail that left, the oldest first."""
        folder = self.portal.settings.mail_dir
        await deliver_due(self.portal.desk, Files(folder))
        return sorted(folder.glob("*.eml"))


@asynccontextmanager
async def served(office: Settings, folder: Path) -> AsyncIterator[Served]:
    """Serve that office with the demo roster, its files in `folder`."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        settings = replace(
            office,
            base_url=f"http://127.0.0.1:{listener.getsockname()[1]}{office.base_path}",
            database=folder / "portal.db",
            mail_dir=folder / "mail",
        )
        migrate(settings.database)
        db = await Database.open(settings.database)
        await load(db, ROSTER, zone=MONTREAL, now=system_clock())
        await db.close()
        clock = Clock()
        app = create_app(settings, clock)
        server = uvicorn.Server(uvicorn.Config(app, log_config=None, server_header=False))
        serving = asyncio.create_task(server.serve(sockets=[listener]))
        while not server.started:  # noqa: ASYNC110 (uvicorn has no event for it)
            await asyncio.sleep(0.05)
        try:
            yield Served(settings.base_url, app.state.portal, clock)
        finally:
            server.should_exit = True
            await serving
