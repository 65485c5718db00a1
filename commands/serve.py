"""Serving the portal."""

import errno
import socket
from contextlib import suppress
from typing import Any, NoReturn

import click
import uvicorn
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

import logs
import systemd
from commands import fail, ready_settings
from troubles import reason

GRACE = 1.0
"""Seconds in which the request of a connection that was just taken arrives."""


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="Adresse d’écoute.")
@click.option(
    "--port",
    type=click.IntRange(1, 65535),
    default=8000,
    show_default=True,
    help="Port d’écoute.",
)
@click.option("--reload", is_flag=True, help="Redémarrer à chaque changement (développement).")
def serve(host: str, port: int, reload: bool) -> None:
    """Démarrer le serveur (sur la ligne que systemd lui tend, s’il y en a une)."""
    settings = ready_settings()
    sockets = systemd.handed_sockets()
    if not sockets:
        _try_address(host, port)
    options: dict[str, Any] = {
        "app": "app:create_app",
        "factory": True,
        "host": host,
        "port": port,
        # The portal reads forwarded addresses itself, and a path may hold a mail's token.
        "proxy_headers": False,
        "access_log": False,
        "log_config": logs.config(
            as_json=settings.log_json, priorities=systemd.journal_reads_errors()
        ),
        "server_header": False,
        "timeout_keep_alive": 15,
        "timeout_graceful_shutdown": 10,
    }
    if reload:
        uvicorn.run(
            **options,
            reload=True,
            reload_includes=["*.py", "*.html", "*.jinja", "*.css", "*.js", "*.mo"],
            reload_excludes=["var/*", ".venv/*"],
        )
        return
    with suppress(KeyboardInterrupt):
        Server(uvicorn.Config(**options, http=Connection)).run(sockets or None)


class Server(uvicorn.Server):
    """Tells systemd once it serves: `systemctl restart` then ends when that is so, or fails."""

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start, then say so."""
        await super().startup(sockets)
        if self.started:
            systemd.tell("READY=1")

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Say so, then stop."""
        systemd.tell("STOPPING=1")
        await super().shutdown(sockets)


class Connection(HttpToolsProtocol):
    """One whose request is on its way when the server stops is still answered.

    It was taken from the line that systemd holds: the next server would not find it there.
    """

    def shutdown(self) -> None:
        """End it once it is answered; one that says nothing, after `GRACE`."""
        if self.cycle is None:
            self.loop.call_later(GRACE, super().shutdown)
        else:
            super().shutdown()


def _try_address(host: str, port: int) -> None:
    """End the command where the server could not listen; it would say so in English itself."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except (OSError, UnicodeError):
        fail(f"--host : « {host} » n’est pas une adresse connue de cette machine.")
    for family, kind, protocol, _, address in found:
        with socket.socket(family, kind, protocol) as attempt:
            attempt.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                attempt.bind(address)
            except OSError as error:
                _cannot_listen(host, port, error)


def _cannot_listen(host: str, port: int, error: OSError) -> NoReturn:
    match error.errno:
        case errno.EADDRINUSE:
            fail(
                f"Le port {port} est déjà pris, peut-être par le portail lui-même : arrêtez ce qui"
                " s’en sert, ou choisissez-en un autre avec --port.",
                code=1,
            )
        case errno.EADDRNOTAVAIL:
            fail(f"--host : « {host} » n’est pas une adresse de cette machine.")
        case errno.EACCES:
            fail(f"--port : {port} est réservé au système ; choisissez-en un à partir de 1024.")
    fail(f"Le serveur ne peut écouter {host}, port {port} : {reason(error)}.", code=1)
