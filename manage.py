"""The operator's commands: `.venv/bin/python manage.py …`."""

import sqlite3

import click
import uvicorn

import logs
from commands import (
    TOO_NEW,
    access,
    backup,
    doctor,
    fail,
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


@click.group(cls=French, context_settings={"help_option_names": ["-h", "--help"]})
def commands() -> None:
    """Le portail des membres : commandes du bureau.

    Code de sortie : 0 c’est fait, 1 cela n’a pu se faire, 2 c’était mal demandé.
    """


@commands.command()
def init() -> None:
    """Créer la base de données, ou la mettre à niveau."""
    settings = load_settings()
    try:
        applied = migrate(settings.database)
    except SchemaTooNew:
        fail(TOO_NEW % settings.database)
    except (sqlite3.Error, OSError) as error:
        fail(f"{settings.database} : {error}")
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
