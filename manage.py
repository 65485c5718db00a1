"""The operator's commands: `.venv/bin/python manage.py …`."""

import errno
import socket
import sqlite3
from typing import NoReturn

import click
import uvicorn

import logs
from commands import (
    TOO_NEW,
    access,
    backup,
    check_file,
    doctor,
    fail,
    fail_over,
    keys,
    load_settings,
    mail,
    member,
    ready_settings,
    roster,
    telephone,
)
from commands.french import French
from db.migrate import SchemaTooNew, migrate
from troubles import reason


@click.group(cls=French, context_settings={"help_option_names": ["-h", "--help"]})
def commands() -> None:
    """Le portail des membres : commandes du bureau.

    Code de sortie : 0 c’est fait, 1 cela n’a pu se faire, 2 c’était mal demandé.
    """


@commands.command()
def init() -> None:
    """Créer la base de données, ou la mettre à niveau."""
    settings = load_settings()
    check_file(settings.database)
    try:
        applied = migrate(settings.database)
    except SchemaTooNew:
        fail(TOO_NEW % settings.database)
    except (sqlite3.Error, OSError) as error:
        fail_over(settings.database, error)
    click.echo(f"{settings.database} : {len(applied)} migration(s) appliquée(s).")


@commands.command()
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
    """Démarrer le serveur."""
    settings = ready_settings()
    _try_address(host, port)
    uvicorn.run(
        "app:create_app",
        factory=True,
        host=host,
        port=port,
        reload=reload,
        reload_includes=["*.py", "*.html", "*.jinja", "*.css", "*.js", "*.mo"] if reload else None,
        reload_excludes=["var/*", ".venv/*"] if reload else None,
        # The portal reads forwarded addresses itself, and a path may hold a mail's token.
        proxy_headers=False,
        access_log=False,
        log_config=logs.config(as_json=settings.log_json),
        server_header=False,
        timeout_keep_alive=15,
        timeout_graceful_shutdown=10,
    )


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


for command in (
    roster.import_,
    roster.export_,
    access.registrations,
    access.annul,
    access.purge,
    backup.backup,
    backup.restore,
    doctor.doctor,
    keys.rotate_key,
    mail.mail,
    member.member,
    telephone.call,
    telephone.stats,
):
    commands.add_command(command)
for command in (telephone.show, telephone.unlock, telephone.recover, telephone.deactivate):
    member.member.add_command(command)


if __name__ == "__main__":
    commands()
