"""A backup is called good once it was opened again, checked and counted against its source."""

import errno
import os
import re
import shutil
from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from db import copies, journal
from db.database import Database
from settings import Settings
from upkeep.archive import Backup, NotABackup, pack, unpack
from upkeep.files import private_file, settle, workshop

FORM = "portail-%Y%m%d-%H%M%S.tar.gz"
FORM_BY_HAND = "portail-%Y%m%d-%H%M%S-manuelle.tar.gz"
PATTERN = re.compile(r"portail-([0-9]{8}-[0-9]{6})(-manuelle)?\.tar\.gz")
LINKLESS = {errno.EPERM, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS, errno.EMLINK}
"""What a file system without hard links says, such as a USB key's."""
WORKSHOP = ".sauvegarde-en-cours"
KEPT: tuple[tuple[int, Callable[[datetime], Hashable]], ...] = (
    (7, lambda moment: moment.date()),
    (4, lambda moment: moment.isocalendar()[:2]),
    (12, lambda moment: (moment.year, moment.month)),
)
"""The newest backup of each of the last 7 days, 4 weeks and 12 months that have one."""
KEPT_BY_HAND = 10
"""The newest of those that somebody asked for: kept apart, for one that is made after a wrong
import must not take the place of the night's. None outlasts the oldest month."""
A_YEAR = timedelta(days=366)


@dataclass(frozen=True, slots=True)
class Made:
    """A good backup: where it is, its size in bytes, and what is in it."""

    path: Path
    size: int
    backup: Backup


def make(settings: Settings, folder: Path, moment: datetime, *, nightly: bool = False) -> Made:
    """Back the portal up into `folder`, verify, then remove the backups past their time.

    One that is not the night's bears « manuelle » in its name and has a time of its own.
    Raises `NotABackup` when what was written does not read back the same, `Occupied`,
    `sqlite3.Error` or `OSError`; the folder's good backups are then all still there.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    with workshop(folder, WORKSHOP) as place:
        source = place / "copy.db"
        content = copies.copy(settings.database, source)
        backup = Backup(moment, source, content, settings.secret_keys)
        archive = place / "backup.tar.gz"
        pack(backup, archive)
        source.unlink()
        _verify(archive, place, backup)
        path = _publish(archive, folder / moment.strftime(FORM if nightly else FORM_BY_HAND))
        _rotate(path)
    return Made(path, path.stat().st_size, backup)


def carry(made: Made, folder: Path) -> Path:
    """Copy a good backup into a second folder, read it back there, and keep order there too.

    Raises as `make` does.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    with workshop(folder, WORKSHOP) as place:
        archive = place / "backup.tar.gz"
        with made.path.open("rb") as source, private_file(archive) as target:
            shutil.copyfileobj(source, target)
        _verify(archive, place, made.backup)
        path = _publish(archive, folder / made.path.name)
        _rotate(path)
    return path


def to_remove(names: Iterable[str]) -> list[str]:
    """The backups whose time is past, by the date in their name; no other file is touched."""
    dated = sorted(((moment, name) for name in names if (moment := moment_of(name))), reverse=True)
    by_hand = [(moment, name) for moment, name in dated if is_by_hand(name)]
    kept = {name for moment, name in by_hand[:KEPT_BY_HAND] if dated[0][0] - moment <= A_YEAR}
    for most, period in KEPT:
        newest: dict[Hashable, str] = {}
        for moment, name in dated:
            if not is_by_hand(name):
                newest.setdefault(period(moment), name)
        kept.update(list(newest.values())[:most])
    return [name for _, name in dated if name not in kept]


def moment_of(name: str) -> datetime | None:
    """When the backup of that file name was made, in the office's time; None for another file."""
    found = PATTERN.fullmatch(name)
    try:
        return datetime.strptime(found[1], "%Y%m%d-%H%M%S") if found else None
    except ValueError:
        return None


def is_by_hand(name: str) -> bool:
    """Whether the backup of that file name was asked for by somebody, not by the night."""
    found = PATTERN.fullmatch(name)
    return bool(found and found[2])


def newest_in(folder: Path) -> Path | None:
    """The newest backup in that folder. Raises `OSError` when the folder cannot be read."""
    dated = [(moment, file) for file in folder.iterdir() if (moment := moment_of(file.name))]
    return max(dated)[1] if dated else None


async def note(db: Database, event: str, now: int, detail: str) -> None:
    """Write the result into the journal: `backed_up` with the file, `backup_failed` with why."""
    await db.write(lambda tx: journal.write(tx, event, at=now, actor="portal", detail=detail[:500]))


def _verify(archive: Path, place: Path, expected: Backup) -> None:
    found = unpack(archive, place)
    found.database.unlink()
    if (found.content, found.keys) != (expected.content, expected.keys):
        raise NotABackup("la copie relue n’est pas celle qui a été écrite")


def _publish(archive: Path, path: Path) -> Path:
    """Give it its name, never over a backup that is there."""
    try:
        os.link(archive, path)
    except OSError as error:
        if error.errno not in LINKLESS:
            raise
        # A name that is taken was refused first, and the folder is this process's alone.
        archive.rename(path)
    settle(path.parent)
    return path


def _rotate(newest: Path) -> None:
    """Remove the backups whose time is past as seen from that one.

    One with a later name, from a clock that was ahead, neither counts nor goes.
    """
    now = moment_of(newest.name)
    assert now
    dated = ((file.name, moment_of(file.name)) for file in newest.parent.iterdir())
    for name in to_remove(name for name, moment in dated if moment and moment <= now):
        (newest.parent / name).unlink()
