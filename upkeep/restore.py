"""Putting a backup in the place of the database, so that nothing of the present one is lost."""

import os
import re
import sqlite3
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from db import annulments, copies, journal, outbox, recoveries, sessions, throttles
from db.database import Database, FileLock, Transaction, use_of
from db.migrate import migrate
from settings import Settings
from upkeep.archive import Backup, unpack
from upkeep.files import settle, workshop
from upkeep.keys import write_keys

WORKSHOP = ".restauration-en-cours"
COMPANIONS = ("-wal", "-shm", "-journal")
"""What SQLite keeps beside a file: played into another one, each would ruin it."""
ASIDE = re.compile(rf"([0-9]{{8}}-[0-9]{{6}})({'|'.join(COMPANIONS)})?")
KEPT_ASIDE = 30 * 24 * 3600
HELD = "retenu : la base vient d’une sauvegarde, il est peut-être déjà parti"
"""Why a mail of the backup does not leave by itself: it may have left since."""


@dataclass(frozen=True, slots=True)
class Restored:
    """What is in place now; `aside` is the former file, `held` how many mails wait for a say."""

    backup: Backup
    aside: Path | None
    held: int
    key_taken: bool


async def restore(settings: Settings, archive: Path, now: int) -> Restored:
    """Put `archive` in the place of the database, migrated to this version.

    Sessions, temporary passwords, the office's codes and counters of tries are emptied, for they
    may have been ended since; the present file is kept beside. Raises `DatabaseBusy` while anybody
    has the database open, `NotABackup`, `SchemaTooNew`, `sqlite3.Error` or `OSError`: the present
    one then stays.
    """
    database = settings.database
    database.parent.mkdir(parents=True, exist_ok=True)
    in_use = use_of(database)
    in_use.seize()
    try:
        with workshop(database.parent, WORKSHOP) as place:
            backup = unpack(archive, place)
            migrate(backup.database)
            held = await _prepare(backup.database, now)
            key_taken = _is_blank(database)
            aside = _aside(database, datetime.fromtimestamp(now, settings.timezone))
            with FileLock(database):
                _swap(backup.database, database, aside)
        if key_taken and settings.key_file:
            write_keys(settings.key_file, backup.keys)
    finally:
        in_use.release()
    return Restored(backup, aside, held, key_taken)


async def _prepare(copy: Path, now: int) -> int:
    db = await Database.open(copy)

    async def work(tx: Transaction) -> int:
        await sessions.empty(tx)
        await recoveries.empty(tx)
        await throttles.empty(tx)
        await annulments.void_codes(tx)
        held = await outbox.hold(tx, HELD)
        await journal.write(tx, "restored", at=now, actor="office")
        return held

    try:
        held = await db.write(work)
    finally:
        await db.close()
    copies.fold_wal(copy)
    return held


def _is_blank(database: Path) -> bool:
    """Whether there is no database with members yet: a new machine takes the backup's key.

    Elsewhere the present key stays: it may have been rotated because somebody saw the old one.
    """
    if not database.exists():
        return True
    try:
        return copies.rows_of(database, "member") == 0
    except sqlite3.Error:
        return False


def _aside(database: Path, moment: datetime) -> Path | None:
    if not database.exists():
        return None
    return database.with_name(f"{database.name}.avant-{moment:%Y%m%d-%H%M%S}")


def drop_aside(database: Path, now: int) -> int:
    """Erase the files that restorations kept aside over 30 days ago; gives how many there were.

    They hold everybody's facts. When one was made is in its name. Raises `OSError`.
    """
    gone = 0
    for file in sorted(database.parent.glob(f"{database.name}.avant-*")):
        found = ASIDE.fullmatch(file.name.removeprefix(f"{database.name}.avant-"))
        if found and now - datetime.strptime(found[1], "%Y%m%d-%H%M%S").timestamp() > KEPT_ASIDE:
            file.unlink()
            gone += not found[2]
    return gone


def _swap(copy: Path, database: Path, aside: Path | None) -> None:
    if aside:
        # A damaged file may have kept its log: both are kept under names that fit together.
        for end in (*COMPANIONS, ""):
            with suppress(FileNotFoundError):
                os.link(f"{database}{end}", f"{aside}{end}")
        settle(database.parent)
    for end in COMPANIONS:
        Path(f"{database}{end}").unlink(missing_ok=True)
    copy.replace(database)
    settle(database.parent)
