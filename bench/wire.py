"""What members' phones pay: bytes on the wire, through the Caddy of `deploy/`, TLS and HTTP/2.

Counted are the bytes of the TCP streams, both ways, as a relay between browser and proxy sees them.
"""

import os
import select
import shutil
import socket
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Self

from playwright.sync_api import sync_playwright

from bench.browser import first_visit, visitor
from bench.office import Office
from bench.report import Row, at_most
from bench.servers import PORTAL, ROOT, Server, free_port
from tools.audit.needs import CLOSED_NETWORK

APPLICATION_DATA = 23
"""The type of a TLS record that holds no handshake; TLS 1.3 hides the end of one in the first."""


class Relay:
    """Passes connections on to `port` of this machine and counts their bytes."""

    def __init__(self, port: int) -> None:
        self._to = port
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self.bytes = 0
        self.handshakes = 0
        """The bytes of all handshakes: until the client's first encrypted record has come."""
        self.connections = 0
        threading.Thread(target=self._accept, daemon=True).start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._listener.close()

    def reset(self) -> None:
        """Count from here on."""
        self.bytes = self.handshakes = self.connections = 0

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._pass_on, args=(client,), daemon=True).start()

    def _pass_on(self, client: socket.socket) -> None:
        with client, socket.create_connection(("127.0.0.1", self._to)) as server:
            self.connections += 1
            sent, received, opening = b"", 0, True
            while True:
                for end in select.select([client, server], [], [])[0]:
                    try:
                        data = end.recv(65536)
                    except OSError:
                        return
                    if not data:
                        return
                    self.bytes += len(data)
                    if opening and end is client:
                        sent += data
                        length = _handshake(sent)
                        if length:
                            opening = False
                            self.handshakes += received + length
                    elif opening:
                        received += len(data)
                    (server if end is client else client).sendall(data)


def _handshake(sent: bytes) -> int:
    """The bytes of a client's handshake, its first encrypted record included; 0 before it ends."""
    place = 0
    while place + 5 <= len(sent):
        kind, length = sent[place], int.from_bytes(sent[place + 3 : place + 5])
        place += 5 + length
        if kind == APPLICATION_DATA:
            return place if place <= len(sent) else 0
    return 0


def wire(chromium: str, office: Office) -> Iterator[Row]:
    """The whole first visit and a cold `/inscription`, as members come."""
    if not shutil.which("caddy"):
        print("Caddy is not installed: what goes through it is left out.")
        return
    port = free_port()
    with Relay(port) as relay, tempfile.TemporaryDirectory() as folder:
        url = f"https://localhost:{relay.port}"
        with (
            Server(PORTAL, {**office.environ, "PORTAL_BASE_URL": url}) as portal,
            _caddy(Path(folder), port, portal.port),
            sync_playwright() as playwright,
        ):
            browser = playwright.chromium.launch(
                executable_path=chromium, args=[*CLOSED_NETWORK, "--ignore-certificate-errors"]
            )
            try:
                with visitor(browser, ignore_https_errors=True) as (page, _):
                    relay.reset()
                    page.goto(url + "/inscription", wait_until="load")
                    yield _row("cold `/inscription` until usable", 18, relay)
                with visitor(browser, ignore_https_errors=True) as (page, _):
                    relay.reset()
                    first_visit(page, url, office.without_access(4)[3])
                    yield _row("the whole first visit until signed in", 36, relay)
            finally:
                browser.close()


def _row(what: str, bound: float, relay: Relay) -> Row:
    note = f"handshakes {relay.handshakes / 1000:.1f} KB, connections {relay.connections}"
    return at_most(
        f"{what}, on the wire over TLS and HTTP/2", bound, relay.bytes / 1000, "KB", note
    )


@contextmanager
def _caddy(folder: Path, port: int, upstream: int) -> Iterator[None]:
    """Caddy with our Caddyfile on that port, with certificates of an authority of its own.

    They are a leaf and an intermediate, as Let's Encrypt's are.
    """
    ours = (ROOT / "deploy" / "Caddyfile").read_text("utf-8")
    ours = ours.replace(
        "portail.exemple.org {", f"https://localhost:{port} {{\n\ttls internal", 1
    ).replace(
        "\n{\n", "\n{\n\tadmin off\n\tauto_https disable_redirects\n\tskip_install_trust\n", 1
    )
    file = folder / "Caddyfile"
    file.write_text(ours, encoding="utf-8")
    with subprocess.Popen(
        ["caddy", "run", "--config", str(file), "--adapter", "caddyfile"],
        env=os.environ
        | {
            "XDG_DATA_HOME": str(folder),
            "XDG_CONFIG_HOME": str(folder),
            "PORTAL_UPSTREAM": f"127.0.0.1:{upstream}",
        },
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as process:
        try:
            _wait_for(port)
            yield
        finally:
            process.terminate()


def _wait_for(port: int) -> None:
    deadline = time.monotonic() + 30
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.05)
