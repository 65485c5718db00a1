"""The operator's commands: `.venv/bin/python manage.py …`."""

import asyncio
import sqlite3
import sys
from pathlib import Path
from typing import NoReturn

import click
import uvicorn

import settings as settings_module
from db.database import Database
from db.migrate import SchemaTooNew, migrate, pending
from roster.importing import import_roster
from security.clock import system_clock
from settings import Settings, SettingsError


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def commands() -> None:
    """Le portail des membres : commandes du bureau."""


@commands.command()
def init() -> None:
    """Créer la base de données, ou la mettre à niveau."""
    settings = load_settings()
    try:
        applied = migrate(settings.database)
    except SchemaTooNew:
        fail(f"{settings.database} vient d’une version plus récente du portail.")
    except (sqlite3.Error, OSError) as error:
        fail(f"{settings.database} : {error}")
    click.echo(f"{settings.database} : {len(applied)} migration(s) appliquée(s).")


@commands.command("import")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--dry-run", is_flag=True, help="Dire ce qui changerait, sans rien écrire.")
def import_(file: Path, dry_run: bool) -> None:
    """Charger la liste des membres depuis FILE (CSV)."""
    settings = ready_settings()

    async def run() -> None:
        db = await Database.open(settings.database)
        try:
            plan = await import_roster(
                db, file, dry_run=dry_run, zone=settings.timezone, now=system_clock()
            )
        finally:
            await db.close()
        for line in plan.report():
            click.echo(line)

    try:
        asyncio.run(run())
    except (OSError, ValueError) as error:
        fail(f"{file} : {error}")


@commands.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="Adresse d’écoute.")
@click.option("--port", default=8000, show_default=True, help="Port d’écoute.")
@click.option("--reload", is_flag=True, help="Redémarrer à chaque changement (développement).")
def serve(host: str, port: int, reload: bool) -> None:
    """Démarrer le serveur."""
    ready_settings()
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
        server_header=False,
        timeout_keep_alive=15,
        timeout_graceful_shutdown=10,
    )


def load_settings() -> Settings:
    """The settings; a wrong one ends the command with one line that names it (exit code 2)."""
    try:
        return settings_module.load()
    except SettingsError as error:
        fail(str(error))


def ready_settings() -> Settings:
    """The settings, once the database is there and migrated; else one line and exit code 2."""
    settings = load_settings()
    try:
        behind = pending(settings.database)
    except sqlite3.Error:
        fail(f"{settings.database} n’existe pas encore : lancez d’abord « manage.py init ».")
    if behind > 0:
        fail(f"{settings.database} est à mettre à niveau : lancez d’abord « manage.py init ».")
    return settings


def fail(sentence: str) -> NoReturn:
    """Say what is wrong in one line and end with exit code 2."""
    click.echo(sentence, err=True)
    sys.exit(2)


if __name__ == "__main__":
    commands()
