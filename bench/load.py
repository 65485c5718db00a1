"""The load client, a process of its own: keep-alive connections over raw sockets.

`run` starts it; one request costs it a tenth of what it costs a server, so that it is the server
that is measured.
"""

import json
import select
import signal
import socket
import subprocess
import sys
import time
from dataclasses import dataclass
from urllib.parse import urlencode

HEADERS = {
    "host": "127.0.0.1",
    "user-agent": "bench",
    "accept-encoding": "gzip, deflate, br",
}


@dataclass(frozen=True, slots=True)
class Load:
    """What came of a load: how long it took, each answer's status and milliseconds."""

    seconds: float
    statuses: list[int]
    milliseconds: list[float]

    @property
    def per_second(self) -> float:
        """Answers a second."""
        return len(self.statuses) / self.seconds

    def percentile(self, percent: float) -> float:
        """The milliseconds within which that share of the answers came."""
        ordered = sorted(self.milliseconds)
        return ordered[min(len(ordered) - 1, int(len(ordered) * percent / 100))]


def get(path: str, **headers: str) -> bytes:
    """A GET as bytes; `_` in a header's name stands for `-`."""
    return _request("GET", path, headers, b"")


def post(path: str, fields: dict[str, str], **headers: str) -> bytes:
    """A form's POST as bytes."""
    form = {"content-type": "application/x-www-form-urlencoded"}
    return _request("POST", path, form | headers, urlencode(fields).encode())


def _request(method: str, path: str, headers: dict[str, str], body: bytes) -> bytes:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    sent = HEADERS | named | ({"content-length": str(len(body))} if body else {})
    lines = [f"{name}: {value}" for name, value in sent.items()]
    return "\r\n".join([f"{method} {path} HTTP/1.1", *lines, "", ""]).encode() + body


class Running:
    """A load under way; `wait` gives what came of it."""

    def __init__(
        self,
        port: int,
        requests: list[bytes],
        *,
        connections: int = 1,
        seconds: float = 0,
        pause: float = 0,
    ) -> None:
        order = {
            "port": port,
            "requests": [request.decode("latin-1") for request in requests],
            "connections": connections,
            "seconds": seconds,
            "pause": pause,
        }
        self._process = subprocess.Popen(
            [sys.executable, "-m", "bench.load"], stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )
        assert self._process.stdin
        self._process.stdin.write(json.dumps(order).encode())
        self._process.stdin.close()

    def stop(self) -> Load:
        """End it now; gives what came of it so far."""
        self._process.terminate()
        return self.wait()

    def wait(self) -> Load:
        """Wait until it ends; raises CalledProcessError when it failed."""
        assert self._process.stdout
        answer = self._process.stdout.read()
        if self._process.wait():
            raise subprocess.CalledProcessError(self._process.returncode, "bench.load")
        return Load(**json.loads(answer))


def run(
    port: int,
    requests: list[bytes],
    *,
    connections: int = 1,
    seconds: float = 0,
    pause: float = 0,
) -> Load:
    """Send `requests` over and over for `seconds`, or (0) each of them once.

    Each connection sends its next one when its answer has come, or `pause` seconds after it sent
    the last one, whichever is later.
    """
    return Running(port, requests, connections=connections, seconds=seconds, pause=pause).wait()


def _main() -> None:
    order = json.load(sys.stdin)
    requests = [request.encode("latin-1") for request in order["requests"]]
    limit = float(order["seconds"]) or 3600.0
    total = None if order["seconds"] else len(requests)
    pause = float(order["pause"])
    poll = select.epoll()
    sockets: dict[int, socket.socket] = {}
    sent_at: dict[int, float] = {}
    held: dict[int, bytes] = {}
    statuses: list[int] = []
    milliseconds: list[float] = []
    clock = time.perf_counter
    begun = clock()
    sent = 0

    def send(number: int) -> None:
        nonlocal sent
        if total is not None and sent >= total:
            return
        sent_at[number] = clock()
        sockets[number].sendall(requests[sent % len(requests)])
        sent += 1

    for _ in range(order["connections"]):
        connection = socket.create_connection(("127.0.0.1", order["port"]))
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        sockets[connection.fileno()] = connection
        held[connection.fileno()] = b""
        poll.register(connection, select.EPOLLIN)
        send(connection.fileno())
    stopped: list[int] = []
    signal.signal(signal.SIGTERM, lambda number, _: stopped.append(number))
    while (total is None or len(statuses) < total) and clock() - begun < limit and not stopped:
        for number, _ in poll.poll(1):
            data = held[number] + sockets[number].recv(1 << 18)
            if not data:
                sys.exit("the server closed the connection")
            if not _is_whole(data):
                held[number] = data
                continue
            held[number] = b""
            milliseconds.append((clock() - sent_at[number]) * 1000)
            statuses.append(int(data[9:12]))
            if pause:
                time.sleep(max(0.0, sent_at[number] + pause - clock()))
            send(number)
    json.dump(
        {"seconds": clock() - begun, "statuses": statuses, "milliseconds": milliseconds},
        sys.stdout,
    )


def _is_whole(data: bytes) -> bool:
    end = data.find(b"\r\n\r\n")
    if end < 0:
        return False
    at = data.find(b"\r\ncontent-length: ", 0, end)
    length = int(data[at + 18 : data.find(b"\r\n", at + 18)]) if at >= 0 else 0
    return len(data) >= end + 4 + length


if __name__ == "__main__":
    _main()
