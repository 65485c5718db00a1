"""A portal in a process of its own, to be killed, filled and locked."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
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
        self.line: Path | None = None
        self._held: socket.socket | None = None
        self._process: subprocess.Popen[bytes] | None = None

    def hold_the_line(self) -> None:
        """Listen on a socket at `line`, as portail.socket does, and hand it to each start."""
        # A socket's path has room for 107 bytes, which a test's own folder may fill.
        self.line = Path(tempfile.mkdtemp(prefix="ligne-")) / "portail.sock"
        self._held = socket.socket(socket.AF_UNIX)
        self._held.bind(str(self.line))
        self._held.listen(4096)

    def drop_the_line(self) -> None:
        """As portail.socket does when it stops."""
        if self._held and self.line:
            self._held.close()
            shutil.rmtree(self.line.parent)
            self._held = None

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
        command = [sys.executable, str(ROOT / "manage.py"), "serve", "--port", str(self.port)]
        environ, held = self.environ, self._held
        if held:
            # Its descriptor is the third, its process is named, and has no more of them than usual.
            command = ["sh", "-c", 'ulimit -n 1024; LISTEN_PID=$$ exec "$@"', "-", *command]
            environ = environ | {"LISTEN_FDS": "1"}
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                command,
                env=environ,
                stderr=log,
                close_fds=not held,
                preexec_fn=(lambda: os.dup2(held.fileno(), 3)) if held else None,
            )
        with httpx.Client(
            transport=httpx.HTTPTransport(uds=str(self.line) if held else None)
        ) as browser:
            while self._process.poll() is None:
                try:
                    browser.get(f"{self.url}/sante", timeout=60)
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

    def descriptors(self) -> int:
        """How many it has open."""
        assert self._process
        return len(os.listdir(f"/proc/{self._process.pid}/fd"))

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
