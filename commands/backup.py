"""Backing the portal up, and putting a backup in place."""

import asyncio
import sqlite3
from contextlib import suppress
from datetime import datetime
from pathlib import Path

import click

from commands import check_file, fail, fail_over, found_settings, load_settings
from db.database import Database, DatabaseBusy
from db.migrate import SchemaTooNew
from security.clock import system_clock
from settings import Settings
from troubles import BUSY, reason
from upkeep import backup as backups
from upkeep.archive import NotABackup
from upkeep.backup import Made
from upkeep.doctor import portail
from upkeep.files import Occupied
from upkeep.restore import restore as put_in_place


@click.command()
@click.argument("folder", metavar="[DIR]", required=False, type=Path)
@click.option("--nightly", is_flag=True, help="La sauvegarde de la nuit.")
def backup(folder: Path | None, nightly: bool) -> None:
    """Sauvegarder la base de données et la clé, puis relire la sauvegarde.

    Sans DIR, dans le dossier des réglages, et dans le second s’il y en a un. Les dix dernières
    faites à la main sont gardées à part de celles de la nuit.
    """
    # A file of any version is copied: between a migration and the restart, the version in place
    # and the database are not of one age, and then above all is a backup wanted.
    settings, _ = found_settings()
    try:
        wrong = folder and folder.exists() and not folder.is_dir()
    except OSError as error:
        fail_over(folder or settings.backup_dir, error)
    if wrong:
        fail(f"{folder} n’est pas un dossier.")
    now = system_clock()
    moment = datetime.fromtimestamp(now, settings.timezone)
    second = None if folder else settings.backup_second_dir
    try:
        made = backups.make(settings, folder or settings.backup_dir, moment, nightly=nightly)
        if second:
            backups.carry(made, second)
    except (NotABackup, Occupied, DatabaseBusy, sqlite3.Error, OSError) as error:
        reason = _reason(error)
        with suppress(DatabaseBusy, sqlite3.Error):
            asyncio.run(_note(settings, "backup_failed", now, reason))
        fail(f"Sauvegarde manquée : {reason}.", code=1)
    try:
        asyncio.run(_note(settings, "backed_up", now, str(made.path)))
    except (DatabaseBusy, sqlite3.Error) as error:
        click.echo(f"(Le journal n’a pu le noter : {_reason(error)}.)", err=True)
    click.echo(_said(made, second))


@click.command()
@click.argument("file", type=Path)
def restore(file: Path) -> None:
    """Remettre en place la sauvegarde FILE ; le fichier présent est gardé à côté."""
    settings = load_settings()
    check_file(settings.database)
    now = system_clock()
    try:
        file.open("rb").close()
    except OSError as error:
        fail_over(file, error)
    try:
        restored = asyncio.run(put_in_place(settings, file, now))
    except DatabaseBusy:
        fail(
            "Le portail ou une commande se sert de la base de données : arrêtez-le d’abord "
            "(sudo systemctl stop portail).",
            code=1,
        )
    except NotABackup as error:
        fail(f"{file} : {error}. La base de données n’a pas changé.")
    except SchemaTooNew:
        fail(f"{file} vient d’une version plus récente du portail : mettez-le d’abord à jour.")
    except (Occupied, sqlite3.Error, OSError) as error:
        fail(f"La sauvegarde n’a pu être remise en place : {_reason(error)}.", code=1)
    made_at = restored.backup.made_at.astimezone(settings.timezone)
    rows = restored.backup.content.rows
    lines = [
        f"La sauvegarde du {made_at:%Y-%m-%d %H:%M} est en place : "
        f"{rows['member']} membres, {rows['account']} accès.",
        "Tous se connecteront de nouveau ; les mots de passe temporaires sont à redemander.",
    ]
    if restored.held:
        lines.append(
            f"{restored.held} courriel(s) retenu(s), peut-être déjà partis : voyez "
            "« mail list --failed », puis « mail retry »."
        )
    if restored.erased:
        lines.append(f"{restored.erased} personne(s) effacée(s) depuis, effacée(s) de nouveau.")
    if restored.annulled:
        lines.append(
            f"{restored.annulled} accès annulé(s) depuis, annulé(s) de nouveau : s’inscrire "
            f"demande un code ({portail('member code MATRICULE')})."
        )
    if not restored.list_known:
        lines.append(
            "Rien ici ne dit qui a été effacé, ni quel accès annulé, depuis cette sauvegarde : "
            f"s’il y en a eu, refaites {portail('member erase MATRICULE')} ou "
            f"{portail('annul MATRICULE')}."
        )
    if restored.key_taken and settings.key_file is None:
        lines.append(
            "La clé vient de PORTAL_SECRET_KEY ; celle de la sauvegarde est dans le fichier."
        )
    if restored.aside:
        lines.append(f"Le fichier d’avant est gardé : {restored.aside}")
    for line in lines:
        click.echo(line)


async def _note(settings: Settings, event: str, now: int, detail: str) -> None:
    db = await Database.open(settings.database)
    try:
        await backups.note(db, event, now, detail)
    finally:
        await db.close()


def _said(made: Made, second: Path | None) -> str:
    rows = made.backup.content.rows
    size = f"{made.size / 1e6:.1f}".replace(".", ",")
    there = f", et copiée dans {second}" if second else ""
    return (
        f"Sauvegarde faite et relue : {made.path} "
        f"({rows['member']} membres, {rows['account']} accès, {size} Mo){there}."
    )


def _reason(error: Exception) -> str:
    match error:
        case Occupied():
            return f"une autre sauvegarde est en cours dans {error}"
        case DatabaseBusy():
            return BUSY
        case OSError() if error.filename:
            return f"{error.filename} : {reason(error)}"
    return reason(error)
