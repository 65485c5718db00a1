"""The portal and the reference, each served as a process of its own on loopback."""

import http.client
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Self

ROOT = Path(__file__).parent.parent
PORTAL = ("manage.py", "serve")
REFERENCE = ("-m", "bench.reference")
PATIENCE = 30.0


class Server:
    """A running server; ends with its `with` block."""

    def __init__(self, command: tuple[str, ...], environ: Mapping[str, str]) -> None:
        self.port = free_port()
        url = f"http://127.0.0.1:{self.port}"
        begun = time.perf_counter()
        self._process = subprocess.Popen(
            [sys.executable, *command, "--port", str(self.port)],
            cwd=ROOT,
            env={**os.environ, "PORTAL_BASE_URL": url, **environ},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
        )
        self._wait_for_an_answer()
        self.seconds_to_answer = time.perf_counter() - begun

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None
    ) -> None:
        self._process.send_signal(signal.SIGTERM)
        self._process.wait(PATIENCE)
        assert self._process.stderr
        self._process.stderr.close()

    @property
    def url(self) -> str:
        """Where it answers, without a slash at the end."""
        return f"http://127.0.0.1:{self.port}"

    def memory(self, line: str = "VmRSS") -> float:
        """Its resident memory in MB, now; with `VmHWM`, the most it ever was."""
        status = Path(f"/proc/{self._process.pid}/status").read_text("ascii")
        found = next(text for text in status.splitlines() if text.startswith(line))
        return int(found.split()[1]) / 1024

    def processor(self) -> float:
        """The seconds of a processor that it has used."""
        fields = Path(f"/proc/{self._process.pid}/stat").read_text("ascii").rsplit(")", 1)[1]
        user, system = fields.split()[11:13]
        return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")

    def answer(self, method: str, path: str, body: str = "", **headers: str) -> "Answer":
        """One request's answer; `_` in a header's name stands for `-`."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        if body:
            named["content-type"] = "application/x-www-form-urlencoded"
        sent = {"accept-encoding": "gzip, deflate, br", **named}
        connection.request(method, path, body or None, sent)
        response = connection.getresponse()
        answer = Answer(response.status, response.getheaders(), response.read())
        connection.close()
        return answer

    def _wait_for_an_answer(self) -> None:
        deadline = time.perf_counter() + PATIENCE
        while True:
            try:
                self.answer("GET", "/")
                return
            except OSError:
                if self._process.poll() is not None or time.perf_counter() > deadline:
                    assert self._process.stderr
                    self._process.kill()
                    raise RuntimeError(self._process.stderr.read().decode()) from None
                time.sleep(0.005)


class Answer:
    """A status, headers (several of a name are kept), and the body as it came."""

    def __init__(self, status: int, headers: list[tuple[str, str]], body: bytes) -> None:
        self.status = status
        self.headers = headers
        self.body = body

    def cookie(self, name: str) -> str:
        """The value of a cookie that it sets."""
        for header, value in self.headers:
            if header.lower() == "set-cookie" and value.startswith(f"{name}="):
                return value.split(";")[0].split("=", 1)[1]
        raise LookupError(name)


def free_port() -> int:
    """A port of loopback that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
