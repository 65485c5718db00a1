"""A client that leaves in the middle of its request is no fault: the log says nothing of it."""

import re
import socket
import struct

import httpx

from routes import routes
from settings import Settings
from tests.faults.conftest import Served

RESET = struct.pack("ii", 1, 0)
"""Linger on, for no time: the connection ends as when a phone loses its network."""


def paths() -> list[str]:
    """An address of every form, a live check and the language switch."""
    table = routes(Settings())
    posts = [route.path for route in table if "POST" in (route.methods or ())]
    return [
        *(re.sub("{.*?}", "x", path) for path in posts),
        "/verification/acces/password",
        "/?langue=en",
    ]


def leave(port: int, path: str, *, suddenly: bool) -> None:
    """Send the head of a form and half of its body, then go."""
    head = (
        f"POST {path} HTTP/1.1\r\nHost: x\r\nContent-Length: 40\r\n"
        "Content-Type: application/x-www-form-urlencoded\r\n\r\nmatricule=0"
    )
    with socket.create_connection(("127.0.0.1", port)) as phone:
        phone.sendall(head.encode())
        if suddenly:
            phone.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)


def test_a_form_that_breaks_off_leaves_no_line_in_the_log(served: Served) -> None:
    served.start()
    for path in paths():
        for suddenly in (False, True):
            leave(served.port, path, suddenly=suddenly)
    assert httpx.get(served.url).status_code == 200
    served.stop()
    log = served.log.read_text()
    assert "Finished server process" in log
    assert not re.search("ERROR|WARNING|Traceback|ClientDisconnect", log), log
