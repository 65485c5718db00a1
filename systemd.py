"""What systemd hands a service: its sockets, where to say it is ready, whether its log is read.

A leaf. These are no settings but the protocol of sd_listen_fds(3), sd_notify(3) and sd-daemon(3);
a process that something else started finds none of them.
"""

import os
import socket
import sys
from contextlib import suppress

FIRST = 3
"""The descriptor of the first socket; the others follow it."""


def handed_sockets() -> list[socket.socket]:
    """The listening sockets of `portail.socket`, which stay open while the portal restarts."""
    if os.environ.get("LISTEN_PID") != str(os.getpid()):
        return []
    count = int(os.environ.get("LISTEN_FDS", "0"))
    sockets = [socket.socket(fileno=FIRST + number) for number in range(count)]
    for each in sockets:
        each.set_inheritable(False)
    return sockets


def tell(state: str) -> None:
    """Say `READY=1` or `STOPPING=1`; to nobody where nobody asked."""
    address = os.environ.get("NOTIFY_SOCKET", "")
    if not address:
        return
    with suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as line:
        line.connect(address.replace("@", "\0", 1) if address[0] == "@" else address)
        line.send(state.encode())


def journal_reads_errors() -> bool:
    """Whether the standard error output goes to the journal, which then takes a priority a line."""
    try:
        state = os.fstat(sys.stderr.fileno())
    except (OSError, ValueError, AttributeError):
        return False
    return os.environ.get("JOURNAL_STREAM") == f"{state.st_dev}:{state.st_ino}"
