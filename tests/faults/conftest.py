"""A portal in a process of its own, to be killed, filled and locked."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import httpx
import pytest

ROOT = Path(__file__).parents[2]


def free_port() -> int:
    """A port that nobody listens on."""
    with closing(socket.socket()) as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


class Served:
    """`manage.py serve` over the database of a folder; started again it keeps its address."""

    def __init__(self, folder: Path, **environ: str) -> None:
        self.database = folder / "portal.db"
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.log = folder / "log"
        self.environ = os.environ | {
            "PORTAL_DATABASE": str(self.database),
            "PORTAL_MAIL_DIR": str(folder / "mail"),
            "PORTAL_BASE_URL": self.url,
            # Each visitor of a test comes from an address of its own.
            "PORTAL_TRUSTED_PROXIES": "127.0.0.1",
            **environ,
        }
        self._process: subprocess.Popen[bytes] | None = None

    def manage(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run a command to its end."""
        return subprocess.run(
            [sys.executable, str(ROOT / "manage.py"), *arguments],
            env=self.environ,
            capture_output=True,
            text=True,
            check=False,
        )

    def start(self) -> None:
        """Start, and return once it answers."""
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                [sys.executable, str(ROOT / "manage.py"), "serve", "--port", str(self.port)],
                env=self.environ,
                stderr=log,
            )
        while self._process.poll() is None:
            try:
                httpx.get(f"{self.url}/sante")
            except httpx.TransportError:
                time.sleep(0.05)
            else:
                return
        raise AssertionError(self.log.read_text())

    def kill(self) -> None:
        """As the out-of-memory killer and the power cut do."""
        self._end(signal.SIGKILL)

    def stop(self) -> None:
        """As the service manager does."""
        self._end(signal.SIGTERM)

    def hang(self) -> None:
        """Take connections and answer none, until killed."""
        assert self._process
        self._process.send_signal(signal.SIGSTOP)

    def _end(self, how: signal.Signals) -> None:
        if self._process:
            self._process.send_signal(how)
            self._process.wait()
            self._process = None


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    """A migrated, empty portal that is not started yet; its process ends with the test."""
    made = Served(tmp_path)
    done = made.manage("init")
    assert done.returncode == 0, done.stderr
    yield made
    made.kill()
