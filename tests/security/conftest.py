"""The real server, as the operator starts it."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from db.database import Database
from settings import Settings
from tests.people import EVERYONE, enrol

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Served:
    """A running server: its address and the file that has all it said."""

    url: str
    port: int
    log: Path


@pytest.fixture
async def enrolled(settings: Settings) -> Settings:
    """The settings of a database that has the cast of `tests.people` on its roster."""
    database = await Database.open(settings.database)
    await enrol(database, EVERYONE)
    await database.close()
    return settings


@pytest.fixture
def served(enrolled: Settings, tmp_path: Path) -> Iterator[Served]:
    """`manage.py serve` in a process of its own, mails as files."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    url = f"http://127.0.0.1:{port}"
    environment = {
        "PATH": os.environ["PATH"],
        "PORTAL_DATABASE": str(enrolled.database),
        "PORTAL_SECRET_KEY": enrolled.secret_keys[-1],
        "PORTAL_BASE_URL": url,
        "PORTAL_MAIL_DIR": str(enrolled.mail_dir),
        "PORTAL_OFFICE_PHONE": enrolled.office_phone,
        "PORTAL_OFFICE_EMAIL": enrolled.office_email,
        "PYTHONWARNINGS": "default",
    }
    log = tmp_path / "server.log"
    with log.open("wb") as said:
        process = subprocess.Popen(
            [sys.executable, "manage.py", "serve", "--port", str(port)],
            cwd=ROOT,
            env=environment,
            stdout=said,
            stderr=subprocess.STDOUT,
        )
    try:
        _wait_for(url, process, log)
        yield Served(url, port, log)
    finally:
        process.terminate()
        process.wait(30)


def _wait_for(url: str, process: "subprocess.Popen[bytes]", log: Path) -> None:
    for _ in range(600):
        assert process.poll() is None, log.read_text()
        try:
            httpx.get(url)
        except httpx.TransportError:
            time.sleep(0.1)
        else:
            return
    raise AssertionError(log.read_text())
