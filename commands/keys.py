"""The secret key."""

import asyncio
import sqlite3

import click

from commands import fail, ready_settings
from db import journal
from db.database import Database, DatabaseBusy
from security.clock import system_clock
from settings import Settings
from troubles import is_busy, reason
from upkeep import keys


@click.command("rotate-key")
@click.option(
    "--leaked", is_flag=True, help="Quelqu’un a vu l’ancienne : ne plus l’accepter du tout."
)
def rotate_key(leaked: bool) -> None:
    """Remplacer la clé secrète ; l’ancienne sert encore 7 jours à ce qu’elle a signé."""
    settings = ready_settings()
    key_file = settings.key_file
    if key_file is None:
        fail(
            "La clé vient de PORTAL_SECRET_KEY : ajoutez-y vous-même une nouvelle clé, après "
            "l’ancienne et une espace (openssl rand -base64 48), redémarrez le portail, et "
            "enlevez l’ancienne après 7 jours."
        )

    try:
        keys.rotate(key_file, settings.secret_keys, leaked=leaked)
    except OSError as error:
        fail(f"{key_file} ne peut être écrit : {reason(error)}.", code=1)
    try:
        asyncio.run(_note(settings))
    except (DatabaseBusy, sqlite3.Error) as error:
        busy = isinstance(error, DatabaseBusy) or is_busy(error)
        why = "la base de données est occupée" if busy else reason(error)
        fail(
            "La clé est remplacée (ne recommencez pas) et sert dès que le portail redémarre (sudo"
            f" systemctl restart portail), mais le journal n’a pu le noter : {why}.",
            code=1,
        )
    click.echo(
        "La nouvelle clé sert dès que le portail redémarre (sudo systemctl restart portail). "
        + (
            "Les liens de courriel, mots de passe temporaires et codes du bureau déjà donnés ne "
            "servent plus."
            if leaked
            else "L’ancienne est encore acceptée 7 jours, puis « purge » l’enlève."
        )
    )


async def _note(settings: Settings) -> None:
    db = await Database.open(settings.database)
    try:
        await db.write(
            lambda tx: journal.write(tx, "key_rotated", at=system_clock(), actor="office")
        )
    finally:
        await db.close()
