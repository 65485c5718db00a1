"""What goes wrong in practice, looked for one by one, each with its cure."""

import asyncio
import os
import shutil
import sqlite3
import stat
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from db import copies, journal, outbox
from db.database import Database, sqlite_version
from db.migrate import pending
from mail.transports import Transport, Unreachable
from settings import Settings
from troubles import reason
from upkeep.archive import NotABackup, unpack
from upkeep.backup import moment_of, newest_in
from upkeep.files import Occupied, workshop

HOUR = 3600
DAY = 24 * HOUR
BACKUP_LATE = 36 * HOUR
"""A nightly backup that is older was missed."""
ROOM = 500_000_000
"""Bytes that should be free beside the database."""
CROWD = 10
"""Members who came from one address: more are one proxy, not one household."""


class Verdict(StrEnum):
    """How a check ended."""

    GOOD = "bien"
    WARN = "à voir"
    BAD = "à corriger"


@dataclass(frozen=True, slots=True)
class Finding:
    """What a check found, in a French sentence, and what to do about it."""

    verdict: Verdict
    says: str
    cure: str = ""


def good(says: str) -> Finding:
    """All is well there."""
    return Finding(Verdict.GOOD, says)


def warn(says: str, cure: str) -> Finding:
    """It works, but should be looked at."""
    return Finding(Verdict.WARN, says, cure)


def bad(says: str, cure: str) -> Finding:
    """It does not work, or will not for long."""
    return Finding(Verdict.BAD, says, cure)


async def examine(settings: Settings, transport: Transport, now: int) -> list[Finding]:
    """Every check, in an order in which the causes come before what follows from them."""
    findings = [*settings_say(settings), *files(settings), sqlite_in_use(), await clock(now)]
    behind = schema(settings.database)
    findings.append(behind)
    if behind.verdict is Verdict.GOOD:
        db = await Database.open(settings.database)
        try:
            findings += [
                await asyncio.to_thread(integrity, settings.database),
                await clock_of_journal(db, now),
                await proxies(settings, db, now),
                *await mails(db, now),
                await last_backup(db, now),
            ]
        finally:
            await db.close()
    findings += [await smtp(settings, transport), *await asyncio.to_thread(backups, settings)]
    return findings


def settings_say(settings: Settings) -> Iterator[Finding]:
    """Settings that were left as they came."""
    if settings.https:
        yield good(f"Adresse du portail : {settings.base_url}")
    else:
        yield warn(
            f"Le portail n’est ouvert que sur cette machine ({settings.base_url}).",
            "PORTAL_BASE_URL=https://…, et un mandataire devant (deploy/Caddyfile).",
        )
    missing = [
        name
        for name, value in (
            ("PORTAL_OFFICE_PHONE", settings.office_phone),
            ("PORTAL_OFFICE_EMAIL", settings.office_email),
            ("PORTAL_PRIVACY_OFFICER", settings.privacy_officer),
        )
        if not value
    ]
    if missing:
        yield warn(
            f"Les membres ne lisent pas tout du bureau : {', '.join(missing)}.",
            "Donnez ces réglages ; la Loi 25 veut un responsable nommé.",
        )
    if settings.development:
        yield bad(
            "PORTAL_DEVELOPMENT est allumé : les courriels se lisent à /dev/courriels.",
            "Enlevez ce réglage.",
        )


def files(settings: Settings) -> Iterator[Finding]:
    """Who may read the database and the key, and the room that is left."""
    database = settings.database
    if not database.parent.is_dir():
        yield bad(f"Le dossier {database.parent} n’existe pas.", "Lancez « manage.py init ».")
        return
    private = [database, Path(f"{database}-wal"), settings.key_file, settings.backup_dir]
    opened = [path for path in private if path and path.exists() and _is_open(path)]
    if opened:
        yield bad(
            f"D’autres utilisateurs peuvent lire {', '.join(map(str, opened))}.",
            "chmod go-rwx sur ces fichiers.",
        )
    else:
        yield good("Personne d’autre ne peut lire la base de données ni la clé.")
    strangers = [
        path for path in private if path and path.exists() and path.stat().st_uid != os.geteuid()
    ]
    if strangers:
        yield bad(
            f"D’un autre utilisateur : {', '.join(map(str, strangers))}.",
            f"chown de ces fichiers à l’utilisateur du portail ({os.geteuid()}).",
        )
    size = database.stat().st_size if database.exists() else 0
    free = shutil.disk_usage(database.parent).free
    room = f"{free / 1e9:.1f} Go libres dans {database.parent}".replace(".", ",", 1)
    if free < max(ROOM, 4 * size):
        yield bad(f"Le disque se remplit : {room}.", "Libérez de la place sur cette machine.")
    else:
        yield good(f"{room}.")


def sqlite_in_use() -> Finding:
    """SQLite before 3.51.3 has a rare fault, from which the portal's lock keeps it."""
    version = sqlite_version()
    if tuple(map(int, version.split("."))) < (3, 51, 3):
        return good(f"SQLite {version} : sa faute de journal (WAL) est évitée par un verrou.")
    return good(f"SQLite {version}.")


def schema(database: Path) -> Finding:
    """Whether the database is there and of this version."""
    if not database.exists():
        return bad(f"{database} n’existe pas.", "Lancez « manage.py init ».")
    try:
        behind = pending(database)
    except sqlite3.Error as error:
        return bad(
            f"{database} ne s’ouvre pas : {reason(error)}.", "Restaurez la dernière sauvegarde."
        )
    if behind > 0:
        return bad(f"{behind} mise(s) à niveau attendent.", "Lancez « manage.py init ».")
    if behind < 0:
        return bad(
            "La base de données vient d’une version plus récente du portail.",
            "Remettez la version récente du portail.",
        )
    return good("La base de données est à niveau.")


def integrity(database: Path) -> Finding:
    """What SQLite says of the file's pages."""
    fault = copies.quick_check(database)
    if fault:
        return bad(
            f"La base de données est abîmée : {fault}.",
            "Arrêtez le portail, puis « manage.py restore » la dernière sauvegarde.",
        )
    return good("La base de données est saine.")


async def clock(now: int) -> Finding:
    """Whether the machine keeps its clock by the network."""
    if not shutil.which("timedatectl"):
        return good("L’horloge n’a pu être vérifiée ici.")
    process = await asyncio.create_subprocess_exec(
        *("timedatectl", "show", "-p", "NTPSynchronized", "--value"),
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    out, _ = await process.communicate()
    if out.strip() == b"no":
        return warn(
            "L’horloge n’est pas réglée par le réseau : les délais seront faux.",
            "sudo timedatectl set-ntp true",
        )
    return good("L’horloge est à l’heure." if out.strip() else "L’horloge n’a pu être vérifiée.")


async def clock_of_journal(db: Database, now: int) -> Finding:
    """Whether the clock went back: nothing in the journal may lie in the future."""
    latest = await journal.newest_at(db)
    if latest and latest > now + HOUR:
        return bad(
            "Le journal a des lignes du futur : l’horloge a reculé.",
            "sudo timedatectl set-ntp true, puis vérifiez l’heure.",
        )
    return good("Le journal ne contredit pas l’horloge.")


async def proxies(settings: Settings, db: Database, now: int) -> Finding:
    """Whether members' addresses are told apart: limits a visitor need that."""
    people, addresses = await journal.addresses_since(db, now - 30 * DAY)
    if people >= CROWD and len(addresses) == 1:
        return bad(
            f"{people} membres sont venus de la même adresse.",
            f"Si c’est votre mandataire : PORTAL_TRUSTED_PROXIES={addresses[0]}",
        )
    if settings.https and not settings.trusted_proxies:
        return warn(
            "Aucun mandataire n’est déclaré : tous les visiteurs auront la même adresse.",
            "PORTAL_TRUSTED_PROXIES=127.0.0.1,::1 quand le mandataire est sur cette machine.",
        )
    return good("Les adresses des visiteurs se distinguent.")


async def mails(db: Database, now: int) -> list[Finding]:
    """Mails that wait too long, and those given up in the last week."""
    findings = []
    due = await outbox.due_since(db)
    if due is not None and now - due > HOUR:
        findings.append(
            bad(
                f"Des courriels attendent depuis {(now - due) // HOUR} h.",
                "Voyez la ligne du serveur de courriel, et « manage.py mail list ».",
            )
        )
    failed = await outbox.given_up_since(db, now - 7 * DAY)
    if failed:
        findings.append(
            warn(
                f"{failed} courriel(s) de la semaine ne sont pas partis.",
                "« manage.py mail list --failed » dit pourquoi.",
            )
        )
    return findings or [good("Aucun courriel n’attend.")]


async def smtp(settings: Settings, transport: Transport) -> Finding:
    """Whether the mail server lets the portal in."""
    if settings.smtp_url is None:
        return warn(
            f"Aucun serveur de courriel : les courriels s’écrivent dans {settings.mail_dir}.",
            "PORTAL_SMTP_URL=smtp+starttls://nom:motdepasse@hote:587",
        )
    try:
        async with transport.connect():
            return good("Le serveur de courriel accepte le portail.")
    except Unreachable as error:
        return bad(
            f"Le serveur de courriel n’accepte pas le portail : {error}.",
            "Vérifiez PORTAL_SMTP_URL (nom, mot de passe, port), puis « manage.py mail test ».",
        )


async def last_backup(db: Database, now: int) -> Finding:
    """When a backup last was good."""
    entry = await journal.newest(db, "backed_up")
    failed = await journal.newest(db, "backup_failed")
    if failed and (entry is None or failed.at > entry.at):
        return bad(f"La dernière sauvegarde a manqué : {failed.detail}.", "« manage.py backup »")
    if entry is None:
        return bad("Aucune sauvegarde n’a encore été faite.", "« manage.py backup »")
    if now - entry.at > BACKUP_LATE:
        return bad(
            f"La dernière sauvegarde date de {(now - entry.at) // HOUR} h.",
            "« systemctl status portail-nightly.timer », et « manage.py backup » aussitôt.",
        )
    return good("La dernière sauvegarde a moins de 36 h.")


def backups(settings: Settings) -> Iterator[Finding]:
    """Reads the newest backup of each folder as a restoration would."""
    yield _newest_backup(settings.backup_dir)
    second = settings.backup_second_dir
    if second is None:
        yield warn(
            "Les sauvegardes ne sont que sur cette machine.",
            "PORTAL_BACKUP_SECOND_DIR : un dossier sur un autre disque ou une clé USB.",
        )
        return
    yield _newest_backup(second)
    database = settings.database.parent
    if second.exists() and database.exists() and second.stat().st_dev == database.stat().st_dev:
        yield warn(
            f"{second} est sur le même disque que la base de données : il mourrait avec elle.",
            "Montez-y un autre disque, ou choisissez un dossier qui s’y trouve.",
        )


def _newest_backup(folder: Path) -> Finding:
    try:
        newest = newest_in(folder) if folder.exists() else None
        if newest is None:
            return bad(f"Aucune sauvegarde dans {folder}.", "« manage.py backup »")
        with workshop(folder, ".relecture-en-cours") as place:
            unpack(newest, place)
    except NotABackup as error:
        return bad(
            f"{newest} : {error}.", "Faites-en une autre (« manage.py backup ») ; gardez celle-ci."
        )
    except Occupied:
        return good(f"Une sauvegarde est en cours dans {folder}.")
    except OSError as error:
        return bad(
            f"{folder} : {reason(error)}.",
            "Le disque est-il branché ? « manage.py backup »",
        )
    moment = moment_of(newest.name)
    return good(f"La sauvegarde du {moment:%Y-%m-%d %H:%M} se relit ({newest}).")


def _is_open(path: Path) -> bool:
    return bool(stat.S_IMODE(path.stat().st_mode) & 0o077)
