"""What goes wrong in practice, looked for one by one, each with its cure."""

import asyncio
import os
import platform
import pwd
import shlex
import shutil
import sqlite3
import stat
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from enum import StrEnum
from pathlib import Path

from db import copies, journal, outbox
from db.database import Database, DatabaseBusy, Transaction, sqlite_version
from db.migrate import pending
from mail.transports import Transport, Unreachable
from settings import Settings
from troubles import is_damage, reason
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
NIGHT = "portail-nightly.service"
SHARE = 0.9
"""Nor do more of a week's members than this share one address."""
NAMED = 3
"""Files that a finding names; its cure has them all."""
INSTALLED = Path(__file__).resolve().is_relative_to("/opt/portail/releases")
"""Whether deploy/install.sh put this version here."""


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


def portail(words: str) -> str:
    """A command of the portal, as it is typed here."""
    return f"{'sudo portail' if INSTALLED else 'python manage.py'} {words}"


def setting(line: str) -> str:
    """How a setting is changed here."""
    if not INSTALLED:
        return f"Dans .env : {line} ; puis redémarrez le portail."
    return (
        f"« sudo nano /etc/portail/portail.env » : {line} ; "
        "puis « sudo systemctl restart portail »."
    )


async def examine(settings: Settings, transport: Transport, now: int) -> list[Finding]:
    """Every check, in an order in which the causes come before what follows from them.

    One that fails is a finding itself, and takes no other with it.
    """
    findings: list[Finding] = []

    @contextmanager
    def caught() -> Iterator[None]:
        try:
            yield
        except (DatabaseBusy, sqlite3.Error, OSError) as error:
            said = trouble(settings, error)
            if all(finding.cure != said.cure for finding in findings):  # once is enough
                findings.append(said)

    findings += settings_say(settings)
    with caught():
        findings += files(settings)
    findings += [sqlite_in_use(), python_in_use(), await clock()]
    with caught():
        behind = schema(settings.database)
        findings.append(behind)
        if behind.verdict is Verdict.GOOD:
            db = await Database.open(settings.database)
            try:
                with caught():
                    findings.append(await asyncio.to_thread(integrity, settings))
                with caught():
                    findings.append(await writing(settings, db, now))
                with caught():
                    findings.append(await clock_of_journal(db, now))
                with caught():
                    findings.append(await proxies(settings, db, now))
                with caught():
                    findings += await mails(db, now)
                with caught():
                    findings.append(await last_backup(db, now))
            finally:
                await db.close()
    with caught():
        findings.append(await smtp(settings, transport))
    with caught():
        allowed = await _written_at_night()
        findings += await asyncio.to_thread(lambda: list(backups(settings, allowed)))
    return findings


def trouble(settings: Settings, error: Exception) -> Finding:
    """What a check ran into. Only a damaged file is a reason to restore."""
    database = settings.database
    if isinstance(error, DatabaseBusy):
        return bad("La base de données est occupée.", "Réessayez dans une minute.")
    if isinstance(error, OSError):
        return bad(f"{error.filename or database} : {reason(error)}.", _look(database))
    if is_damage(error):
        return bad(f"{database} ne s’ouvre pas, elle est abîmée ({error}).", _restore(settings))
    return bad(f"{database} ne se laisse pas lire ou écrire : {reason(error)}.", _look(database))


def _look(database: Path) -> str:
    folder = shlex.quote(str(database.parent))
    return (
        "Rien n’est à restaurer : voyez à qui sont les fichiers et s’il y a de la place "
        f"(« sudo ls -la {folder} », « df -h {folder} »), puis redémarrez le portail."
    )


def _restore(settings: Settings) -> str:
    try:
        newest = newest_in(settings.backup_dir)
    except OSError:
        newest = None
    command = portail(f"restore {newest or 'SAUVEGARDE'}")
    return f"sudo systemctl stop portail ; {command} ; sudo systemctl start portail"


def settings_say(settings: Settings) -> Iterator[Finding]:
    """Settings that were left as they came."""
    if settings.https:
        yield good(f"Adresse du portail : {settings.base_url}")
    else:
        yield warn(
            f"Le portail n’est ouvert que sur cette machine ({settings.base_url}).",
            "sudo /opt/portail/current/deploy/install.sh --host VOTRE.SITE"
            if INSTALLED
            else "PORTAL_BASE_URL=https://…, et un mandataire devant (deploy/Caddyfile).",
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
            setting(f"donnez {', '.join(missing)} (la Loi 25 veut un responsable nommé)"),
        )
    if settings.development:
        yield bad(
            "PORTAL_DEVELOPMENT est allumé : les courriels se lisent à /dev/courriels.",
            setting("enlevez PORTAL_DEVELOPMENT"),
        )


def files(settings: Settings) -> Iterator[Finding]:
    """Who may read the database and the key, and the room that is left."""
    database = settings.database
    if not database.parent.is_dir():
        yield bad(f"Le dossier {database.parent} n’existe pas.", portail("init"))
        return
    user = _me()
    folder = shlex.quote(str(database.parent))
    try:
        with tempfile.TemporaryFile(dir=database.parent):
            pass
    except OSError as error:
        yield bad(
            f"Le dossier {database.parent} n’est pas inscriptible ({reason(error)}).",
            f"sudo chown {user}: {folder} && sudo chmod u+rwx {folder}",
        )
    held = list(_held(settings))
    opened = [path for path, state in held if stat.S_IMODE(state.st_mode) & 0o077]
    if opened:
        yield bad(
            f"D’autres utilisateurs peuvent lire {_named(opened)}.",
            f"sudo chmod go-rwx {_typed(opened)}",
        )
    else:
        yield good("Personne d’autre ne peut lire la base de données ni la clé.")
    strangers = [path for path, state in held if state.st_uid != os.geteuid()]
    if strangers:
        yield bad(
            f"D’un autre utilisateur : {_named(strangers)}.",
            f"sudo chown {user}: {_typed(strangers)}",
        )
    size = database.stat().st_size if database.exists() else 0
    free = shutil.disk_usage(database.parent).free
    room = f"{free / 1e9:.1f} Go libres dans {database.parent}".replace(".", ",", 1)
    if free < max(ROOM, 4 * size):
        yield bad(
            f"Le disque se remplit : {room}.",
            "Libérez de la place : sudo apt-get clean ; sudo journalctl --vacuum-size=200M",
        )
    else:
        yield good(f"{room}.")


def _held(settings: Settings) -> Iterator[tuple[Path, os.stat_result]]:
    """What holds or guards personal facts: the database and all beside it, key, backups."""
    database, folder = settings.database, settings.backup_dir
    found = [*sorted(database.parent.glob(f"{database.name}*")), settings.key_file, folder]
    if folder.is_dir():
        found += sorted(file for file in folder.iterdir() if moment_of(file.name))
    for path in found:
        try:
            if path:
                yield path, path.stat()
        except FileNotFoundError:
            pass  # the log comes and goes


def _me() -> str:
    try:
        return pwd.getpwuid(os.geteuid()).pw_name
    except KeyError:
        return str(os.geteuid())


def _named(paths: list[Path]) -> str:
    names = ", ".join(map(str, paths[:NAMED]))
    return names if len(paths) <= NAMED else f"{names} et {len(paths) - NAMED} autre(s)"


def _typed(paths: list[Path]) -> str:
    return " ".join(shlex.quote(str(path)) for path in paths)


def sqlite_in_use() -> Finding:
    """SQLite before 3.51.3 has a rare fault, from which the portal's lock keeps it."""
    version = sqlite_version()
    if tuple(map(int, version.split("."))) < (3, 51, 3):
        return good(f"SQLite {version} : sa faute de journal (WAL) est évitée par un verrou.")
    return good(f"SQLite {version}.")


def python_in_use() -> Finding:
    """Python before 3.11.10 and 3.12.5 lets an address write headers (CVE-2024-6923).

    The portal looks at each mail itself; distributions mend an older version without a new number,
    so the fault is tried.
    """
    version = platform.python_version()
    if sys.version_info >= (3, 12, 5) or (3, 11, 10) <= sys.version_info < (3, 12):
        return good(f"Python {version}.")
    tried = EmailMessage(policy=SMTP)
    tried["To"] = Address(username="=?utf-8?q?=0D=0AX=3A?=", domain="example.org")
    if b"\nX:" not in tried.as_bytes():
        return good(f"Python {version}, avec les corrections de la distribution.")
    return warn(
        f"Python {version} a une faute connue dans l’écriture des courriels (CVE-2024-6923) ; le "
        "portail relit chacun avant de l’envoyer.",
        "sudo apt update ; sudo apt full-upgrade, puis redémarrez le portail.",
    )


def schema(database: Path) -> Finding:
    """Whether the database is there and of this version. Raises `sqlite3.Error`."""
    if not database.exists():
        return bad(f"{database} n’existe pas.", portail("init"))
    behind = pending(database)
    if behind > 0:
        return bad(f"{behind} mise(s) à niveau attendent.", portail("init"))
    if behind < 0:
        return bad(
            "La base de données vient d’une version plus récente du portail.",
            "Relancez deploy/install.sh depuis le dossier de la version récente.",
        )
    return good("La base de données est à niveau.")


def integrity(settings: Settings) -> Finding:
    """What SQLite says of the file's pages. Raises `sqlite3.Error`."""
    fault = copies.quick_check(settings.database)
    if fault:
        return bad(f"La base de données est abîmée : {fault}.", _restore(settings))
    return good("La base de données est saine.")


class _Undone(Exception):
    pass


async def writing(settings: Settings, db: Database, now: int) -> Finding:
    """Whether the database takes a line, which is then undone.

    Raises `DatabaseBusy` or `sqlite3.Error`.
    """

    async def work(tx: Transaction) -> None:
        await journal.write(tx, "purged", at=now, actor="portal")  # any of its events would do
        raise _Undone

    with suppress(_Undone):
        await db.write(work)
    return good("La base de données peut être écrite.")


async def clock() -> Finding:
    """Whether the machine keeps its clock by the network."""
    synchronized = await _asked("timedatectl", "show", "-p", "NTPSynchronized", "--value")
    if synchronized == "no":
        return warn(
            "L’horloge n’est pas réglée par le réseau : les délais seront faux.",
            "sudo timedatectl set-ntp true",
        )
    return good("L’horloge est à l’heure." if synchronized else "L’horloge n’a pu être vérifiée.")


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
    came = await journal.busiest_address(db, now - 7 * DAY)
    if came:
        people, address, most = came
        if people >= CROWD and most > SHARE * people:
            return bad(
                f"{most} membres sur {people} sont venus de la même adresse.",
                setting(f"si c’est votre mandataire, PORTAL_TRUSTED_PROXIES={address}"),
            )
    if settings.https and not settings.trusted_proxies:
        return warn(
            "Aucun mandataire n’est déclaré : tous les visiteurs auront la même adresse.",
            setting("PORTAL_TRUSTED_PROXIES=127.0.0.1,::1 (le mandataire est sur cette machine)"),
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
                f"Voyez la ligne du serveur de courriel, et « {portail('mail list')} ».",
            )
        )
    failed = await outbox.given_up_since(db, now - 7 * DAY)
    if failed:
        findings.append(
            warn(
                f"{failed} courriel(s) de la semaine ne sont pas partis.",
                f"« {portail('mail list --failed')} » dit pourquoi.",
            )
        )
    return findings or [good("Aucun courriel n’attend.")]


async def smtp(settings: Settings, transport: Transport) -> Finding:
    """Whether the mail server lets the portal in."""
    if settings.smtp_url is None:
        return warn(
            f"Aucun serveur de courriel : les courriels s’écrivent dans {settings.mail_dir}.",
            setting("PORTAL_SMTP_URL=smtp+starttls://nom:motdepasse@hote:587"),
        )
    try:
        async with transport.connect():
            return good("Le serveur de courriel accepte le portail.")
    except Unreachable as error:
        return bad(
            f"Le serveur de courriel n’accepte pas le portail : {error}.",
            f"Vérifiez PORTAL_SMTP_URL (nom, mot de passe, port), puis "
            f"« {portail('mail test VOTRE@ADRESSE')} ».",
        )


async def last_backup(db: Database, now: int) -> Finding:
    """When a backup last was good."""
    entry = await journal.newest(db, "backed_up")
    failed = await journal.newest(db, "backup_failed")
    if failed and (entry is None or failed.at > entry.at):
        return bad(f"La dernière sauvegarde a manqué : {failed.detail}.", portail("backup"))
    if entry is None:
        return bad("Aucune sauvegarde n’a encore été faite.", portail("backup"))
    if now - entry.at > BACKUP_LATE:
        return bad(
            f"La dernière sauvegarde date de {(now - entry.at) // HOUR} h.",
            f"{portail('backup')} ; sudo systemctl enable --now portail-nightly.timer",
        )
    return good("La dernière sauvegarde a moins de 36 h.")


def backups(settings: Settings, allowed: list[Path]) -> Iterator[Finding]:
    """Reads the newest backup of each folder as a restoration would.

    `allowed` are the folders that the night may write, empty where that is not known.
    """
    yield _newest_backup(settings.backup_dir)
    second = settings.backup_second_dir
    if second is None:
        yield warn(
            "Les sauvegardes ne sont que sur cette machine.",
            setting(
                "PORTAL_BACKUP_SECOND_DIR=/mnt/portail, un autre disque ou une clé USB (guide, 4)"
            ),
        )
        return
    yield _newest_backup(second)
    with suppress(OSError):  # a folder that cannot be looked into has been told of by now
        if second.stat().st_dev == settings.database.parent.stat().st_dev:
            yield warn(
                f"{second} est sur le même disque que la base de données : il mourrait avec elle.",
                f"Branchez-y un autre disque ou une clé : sudo mount /dev/DISQUE {second}"
                " (guide, 4)",
            )
    if allowed and not any(second.resolve().is_relative_to(path) for path in allowed):
        yield bad(
            f"La nuit n’a pas le droit d’écrire dans {second}.",
            setting("PORTAL_BACKUP_SECOND_DIR=/mnt/portail, et le disque monté là (guide, 4)"),
        )


async def _written_at_night() -> list[Path]:
    """The folders into which systemd lets the night write; none where it does not say."""
    said = await _asked("systemctl", "show", "-p", "ReadWritePaths", "--value", NIGHT)
    return [Path(path.lstrip("-+")) for path in said.split()]


async def _asked(*command: str) -> str:
    """What a program of the machine answers; nothing where there is none."""
    if not shutil.which(command[0]):
        return ""
    process = await asyncio.create_subprocess_exec(
        *command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    )
    out, _ = await process.communicate()
    return out.decode().strip()


def _newest_backup(folder: Path) -> Finding:
    try:
        newest = newest_in(folder) if folder.exists() else None
        if newest is None:
            return bad(f"Aucune sauvegarde dans {folder}.", portail("backup"))
        with workshop(folder, ".relecture-en-cours") as place:
            unpack(newest, place)
    except NotABackup as error:
        return bad(
            f"{newest} : {error}.", f"« {portail('backup')} » en fait une autre ; gardez celle-ci."
        )
    except Occupied:
        return good(f"Une sauvegarde est en cours dans {folder}.")
    except OSError as error:
        return bad(
            f"{folder} : {reason(error)}.",
            f"Le disque est-il branché, et à {_me()} ? Puis « {portail('backup')} ».",
        )
    moment = moment_of(newest.name)
    return good(f"La sauvegarde du {moment:%Y-%m-%d %H:%M} se relit ({newest}).")
