"""Putting a backup in the place of the database, so that nothing of the present one is lost."""

import os
import re
import sqlite3
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from db import (
    accounts,
    annulments,
    copies,
    erasures,
    journal,
    members,
    outbox,
    recoveries,
    sessions,
    throttles,
)
from db.database import Database, FileLock, Transaction, use_of
from db.erasures import Erasure, Remembered
from db.migrate import migrate
from members.annul import annul
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
    """What is in place now; `aside` is the former file, `held` how many mails wait for a say.

    `erased` counts who was erased again, `annulled` whose access was taken back again;
    `list_known` is whether the former file could say who was to be.
    """

    backup: Backup
    aside: Path | None
    held: int
    erased: int
    annulled: int
    list_known: bool
    key_taken: bool


@dataclass(frozen=True, slots=True)
class Since:
    """What the office took away, which no backup may give back: who was erased, and whose access
    was taken back, by the member's id, with when."""

    erasures: list[Erasure] = field(default_factory=list)
    annulments: list[tuple[int, int]] = field(default_factory=list)


async def restore(settings: Settings, archive: Path, now: int) -> Restored:
    """Put `archive` in the place of the database, migrated to this version.

    Sessions, temporary passwords, the office's codes and counters of tries are emptied, for they
    may have been ended since. Who was erased since is erased again, by the present file's list,
    which goes on in the restored one, and an access that was taken back is so again. The present
    file is kept beside. Raises `DatabaseBusy` while anybody has the database open, `NotABackup`,
    `SchemaTooNew`, `sqlite3.Error` or `OSError`: the present one then stays.
    """
    database = settings.database
    database.parent.mkdir(parents=True, exist_ok=True)
    in_use = use_of(database)
    in_use.seize()
    try:
        with workshop(database.parent, WORKSHOP) as place:
            backup = unpack(archive, place)
            migrate(backup.database)
            key_taken = _is_blank(database)
            since = _since(database)
            held, erased, annulled = await _prepare(backup, since or Since(), now)
            aside = _aside(database, datetime.fromtimestamp(now, settings.timezone))
            with FileLock(database):
                _swap(backup.database, database, aside)
        if key_taken and settings.key_file:
            write_keys(settings.key_file, backup.keys)
    finally:
        in_use.release()
    list_known = since is not None and not key_taken
    return Restored(backup, aside, held, erased, annulled, list_known, key_taken)


async def _prepare(backup: Backup, since: Since, now: int) -> tuple[int, int, int]:
    db = await Database.open(backup.database)

    async def work(tx: Transaction) -> tuple[int, int, int]:
        await sessions.empty(tx)
        await recoveries.empty(tx)
        await throttles.empty(tx)
        await annulments.void_codes(tx)
        held = await outbox.hold(tx, HELD)
        await erasures.keep(tx, since.erasures)
        gone = await _erased_since(tx, since.erasures, int(backup.made_at.timestamp()))
        for member_id in gone:
            await erasures.delete(tx, member_id)
            await journal.write(tx, "member_erased", at=now, actor="portal", detail="again")
        annulled = 0
        for member_id, at in since.annulments:
            account = await accounts.by_member(tx, member_id)
            if account and account.created_at <= at:
                annulled += await annul(tx, member_id, now=now, actor="portal")
        await journal.write(tx, "restored", at=now, actor="office")
        return held, len(gone), annulled

    try:
        counts = await db.write(work)
        await db.scrub()
    finally:
        await db.close()
    copies.fold_wal(backup.database)
    return counts


async def _erased_since(tx: Transaction, present: list[Erasure], made_at: int) -> list[int]:
    """Who of the restored members is on the list: by the number of the row, for names change; and
    by the person, for the list may be another machine's.

    By the person only where the erasing came after the backup: whom the office has listed again
    before it is another row.
    """
    rows = {one.member_id for one in await erasures.everyone(tx)}
    persons = Remembered(one for one in present if one.at >= made_at)
    found = await members.everyone(tx) if rows or persons else []
    return [
        member.id
        for member in found
        if member.id in rows
        or persons.person(member.matricule, member.birth_date, member.family_key, member.first_key)
    ]


def _since(database: Path) -> Since | None:
    """What the present file tells; None where it cannot, or there is none."""
    if not database.exists():
        return None
    try:
        return Since(erasures.of_file(database), annulments.of_file(database))
    except sqlite3.Error:
        return None


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
