"""What systemd hands the server, by the real protocols: its line, its ear, its journal."""

import os
import re
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults.conftest import Served


@pytest.fixture
def held(tmp_path: Path) -> Iterator[Served]:
    """A migrated portal whose line is held, as portail.socket does."""
    log = tmp_path / "log"
    log.touch()
    state = log.stat()
    made = Served(
        tmp_path,
        PORTAL_TRUSTED_PROXIES="",
        JOURNAL_STREAM=f"{state.st_dev}:{state.st_ino}",
    )
    made.hold_the_line()
    assert made.manage("init").returncode == 0
    yield made
    made.kill()
    made.drop_the_line()


def ask(line: socket.socket) -> bytes:
    line.sendall(b"GET /sante HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
    return line.recv(4096)


def test_it_says_when_it_serves_and_when_it_stops(held: Served, tmp_path: Path) -> None:
    held.environ["NOTIFY_SOCKET"] = str(tmp_path / "ear")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as ear:
        ear.settimeout(60)
        ear.bind(held.environ["NOTIFY_SOCKET"])
        held.start()
        assert ear.recv(99) == b"READY=1"
        held.stop()
        assert ear.recv(99) == b"STOPPING=1"


def test_its_lines_have_the_journal_s_priorities(held: Served) -> None:
    held.start()
    held.stop()
    lines = held.log.read_text().splitlines()
    assert lines
    assert all(re.match(r"<6>\S+Z INFO ", line) for line in lines), lines


def test_the_line_answers_what_came_before_the_start_and_during_the_stop(held: Served) -> None:
    """A connection that the server has taken, though its request is on its way, is not lost."""
    with socket.socket(socket.AF_UNIX) as early, socket.socket(socket.AF_UNIX) as late:
        early.connect(str(held.line))
        early.sendall(b"GET /sante HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        held.start()
        assert early.recv(4096).startswith(b"HTTP/1.1 200")
        late.connect(str(held.line))
        before = held.descriptors()
        until = time.monotonic() + 30
        while held.descriptors() < before and time.monotonic() < until:
            time.sleep(0.01)
        stopping = threading.Thread(target=held.stop)
        stopping.start()
        while b"Shutting down" not in held.log.read_bytes() and time.monotonic() < until:
            time.sleep(0.01)
        assert ask(late).startswith(b"HTTP/1.1 200")
        stopping.join()


def test_nobody_else_s_sockets_are_taken(held: Served) -> None:
    """Nor those that were handed to the process that started this one."""
    held.environ |= {"LISTEN_FDS": "1", "LISTEN_PID": str(os.getpid())}
    held.drop_the_line()
    held.start()
    with socket.create_connection(("127.0.0.1", held.port)) as line:
        assert ask(line).startswith(b"HTTP/1.1 200")
