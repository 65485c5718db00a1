"""Backups: good ones, the ones that are kept, the second folder, and what a killed one leaves."""

import asyncio
import hashlib
import io
import json
import os
import shutil
import sqlite3
import stat
import subprocess
import tarfile
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from datetime import date, datetime, timedelta
from functools import partial
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import settings as profile
from hypothesis import strategies as st

from db.database import Database
from settings import MONTREAL, Settings
from tests.people import EVERYONE
from upkeep.archive import DATABASE, KEYS, MANIFEST, NotABackup, unpack
from upkeep.backup import (
    FORM,
    FORM_BY_HAND,
    WORKSHOP,
    carry,
    is_by_hand,
    make,
    newest_in,
    to_remove,
)
from upkeep.files import Occupied, workshop

NOON = datetime(2026, 11, 23, 12, tzinfo=MONTREAL)


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """Where a backup is unpacked."""
    (tmp_path / "place").mkdir()
    return tmp_path / "place"


async def test_a_backup_holds_the_database_the_key_and_what_was_counted(
    db: Database, settings: Settings, tmp_path: Path, place: Path
) -> None:
    made = await asyncio.to_thread(make, settings, tmp_path / "b", NOON)
    assert made.path.name == "portail-20261123-120000-manuelle.tar.gz"
    assert stat.S_IMODE(made.path.stat().st_mode) == 0o600
    assert stat.S_IMODE(made.path.parent.stat().st_mode) == 0o700
    found = unpack(made.path, place)
    assert found.content.rows["member"] == len(EVERYONE)
    assert found.keys == settings.secret_keys
    assert found.made_at == NOON
    assert [file.name for file in made.path.parent.iterdir()] == [made.path.name]


async def test_a_backup_is_of_one_moment_while_others_write(
    db: Database, settings: Settings, tmp_path: Path
) -> None:
    stop = False

    async def write() -> int:
        count = 0
        while not stop:
            # Two rows at once: a copy of one moment holds an even number of them.
            await db.write(
                lambda tx: tx.execute_many(
                    "INSERT INTO journal (at, event, actor) VALUES (?, 'both', 'portal')",
                    [(1,), (1,)],
                )
            )
            count += 2
        return count

    writing = asyncio.create_task(write())
    counts = []
    for second in range(5):
        moment = NOON + timedelta(seconds=second)
        made = await asyncio.to_thread(make, settings, tmp_path / "b", moment)
        counts.append(made.backup.content.rows["journal"])
    stop = True
    written = await writing
    assert all(count % 2 == 0 for count in counts), counts
    assert counts == sorted(counts)
    assert 0 < counts[-1] <= written


async def test_a_backup_holds_nothing_that_was_deleted(
    db: Database, settings: Settings, tmp_path: Path, place: Path
) -> None:
    await db.write(
        lambda tx: tx.execute(
            "INSERT INTO journal (at, event, actor) VALUES (1, 'sentinel-gone', 'portal')"
        )
    )
    await db.write(lambda tx: tx.execute("DELETE FROM journal"))
    made = await asyncio.to_thread(make, settings, tmp_path / "b", NOON)
    assert b"sentinel-gone" in settings.database.with_name("portal.db-wal").read_bytes()
    assert b"sentinel-gone" not in unpack(made.path, place).database.read_bytes()


def test_the_second_folder_has_the_same_file_read_back(settings: Settings, tmp_path: Path) -> None:
    made = make(settings, tmp_path / "b", NOON)
    path = carry(made, tmp_path / "second")
    assert path.read_bytes() == made.path.read_bytes()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_a_backup_never_overwrites_another(settings: Settings, tmp_path: Path) -> None:
    first = make(settings, tmp_path, NOON)
    before = first.path.read_bytes()
    with pytest.raises(FileExistsError):
        make(replace(settings, secret_keys=("another-key-of-at-least-32-chars",)), tmp_path, NOON)
    assert first.path.read_bytes() == before


@pytest.fixture
def usb(tmp_path: Path) -> Iterator[Path]:
    """A key as offices buy them: exFAT knows no hard links, no owners and no modes."""
    if os.geteuid() or not (shutil.which("mkfs.exfat") and shutil.which("mount.exfat-fuse")):
        pytest.skip("no key may be made here")
    key, image = tmp_path / "usb", tmp_path / "image"
    key.mkdir()
    with image.open("wb") as file:
        file.truncate(20 << 20)
    subprocess.run(["mkfs.exfat", image], check=True, capture_output=True)
    losetup = ["losetup", "-f", "--show", str(image)]
    done = subprocess.run(losetup, capture_output=True, text=True, check=False)
    loop = done.stdout.strip()
    try:
        mount = ["mount.exfat-fuse", loop, str(key)]
        if done.returncode or subprocess.run(mount, capture_output=True, check=False).returncode:
            pytest.skip("no key may be mounted here")
        yield key
        subprocess.run(["umount", key], check=True)
    finally:
        if loop:
            subprocess.run(["losetup", "-d", loop], check=True)


def test_a_usb_key_takes_backups(settings: Settings, tmp_path: Path, usb: Path) -> None:
    with pytest.raises(OSError):  # noqa: PT011 - or this key is none of the kind
        os.link(__file__, usb / "link")
    made = make(settings, tmp_path / "b", NOON)
    assert carry(made, usb).read_bytes() == made.path.read_bytes()
    with pytest.raises(FileExistsError):
        carry(made, usb)
    later = make(settings, usb, NOON + timedelta(hours=1))
    assert [file.name for file in usb.iterdir()] == [later.path.name]


def test_what_a_killed_backup_left_is_removed(settings: Settings, tmp_path: Path) -> None:
    left = tmp_path / WORKSHOP
    left.mkdir()
    (left / "copy.db").write_text("personal facts")
    make(settings, tmp_path, NOON)
    assert not left.exists()


def test_two_backups_do_not_share_a_folder(settings: Settings, tmp_path: Path) -> None:
    with workshop(tmp_path, WORKSHOP), pytest.raises(Occupied):
        make(settings, tmp_path, NOON)


@pytest.mark.parametrize("at", [0.02, 0.3, 0.6, 0.9, 0.999])
def test_a_flipped_byte_is_noticed(
    settings: Settings, tmp_path: Path, place: Path, at: float
) -> None:
    path = make(settings, tmp_path / "b", NOON).path
    data = bytearray(path.read_bytes())
    data[int(len(data) * at)] ^= 0x55
    path.write_bytes(data)
    with pytest.raises(NotABackup):
        unpack(path, place)


@pytest.mark.parametrize("kept", [0, 1, 100, 1000])
def test_a_cut_backup_is_noticed(
    settings: Settings, tmp_path: Path, place: Path, kept: int
) -> None:
    path = make(settings, tmp_path / "b", NOON).path
    path.write_bytes(path.read_bytes()[:kept])
    with pytest.raises(NotABackup):
        unpack(path, place)


def test_an_archive_of_something_else_is_no_backup(tmp_path: Path, place: Path) -> None:
    archive = tmp_path / "other.tar.gz"
    with tarfile.open(archive, "w:gz") as tar:
        tar.add(__file__, "portal.db")
    with pytest.raises(NotABackup):
        unpack(archive, place)


def test_a_damaged_database_is_never_called_backed_up(settings: Settings, tmp_path: Path) -> None:
    with closing(sqlite3.connect(settings.database, isolation_level=None)) as connection:
        connection.execute("PRAGMA journal_mode=DELETE")
        connection.executemany(
            "INSERT INTO journal (at, event, actor) VALUES (?, hex(randomblob(400)), 'portal')",
            [(n,) for n in range(200)],
        )
    data = bytearray(settings.database.read_bytes())
    data[-40 * 4096 : -39 * 4096] = bytes(4096)
    settings.database.write_bytes(data)
    with pytest.raises((sqlite3.Error, NotABackup)):
        make(settings, tmp_path / "b", NOON)
    assert not list((tmp_path / "b").glob("*.tar.gz"))


def rewritten(archive: Path, change: Callable[[dict[str, bytes]], None]) -> None:
    """Write the archive anew, intact as an archive, with other parts."""
    with tarfile.open(archive) as tar:
        parts = {}
        for entry in tar:
            file = tar.extractfile(entry)
            assert file
            parts[entry.name] = file.read()
    change(parts)
    with tarfile.open(archive, "w:gz") as tar:
        for name, data in parts.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(data)
            tar.addfile(entry, io.BytesIO(data))


def other_row(parts: dict[str, bytes], tmp_path: Path, *, consistent: bool) -> None:
    """Another database, of which the manifest may know."""
    file = tmp_path / "other.db"
    file.write_bytes(parts[DATABASE])
    with closing(sqlite3.connect(file)) as connection, connection:
        connection.execute("INSERT INTO journal (at, event, actor) VALUES (1, 'x', 'portal')")
    parts[DATABASE] = file.read_bytes()
    if consistent:
        manifest = json.loads(parts[MANIFEST])
        manifest["sha256"] = hashlib.sha256(parts[DATABASE]).hexdigest()
        parts[MANIFEST] = json.dumps(manifest).encode()


def no_key(parts: dict[str, bytes], tmp_path: Path) -> None:
    parts[KEYS] = b"\n"


def no_manifest(parts: dict[str, bytes], tmp_path: Path) -> None:
    del parts[MANIFEST]


def damaged_inside(parts: dict[str, bytes], tmp_path: Path) -> None:
    """A page of zeros that was there when the sum was taken."""
    data = bytearray(parts[DATABASE])
    data[-4096:] = bytes(4096)
    manifest = json.loads(parts[MANIFEST])
    manifest["sha256"] = hashlib.sha256(data).hexdigest()
    parts[DATABASE], parts[MANIFEST] = bytes(data), json.dumps(manifest).encode()


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (partial(other_row, consistent=False), "n’est plus celle qui a été sauvegardée"),
        (partial(other_row, consistent=True), "ne contient pas ce qui a été compté"),
        (damaged_inside, "est abîmée"),
        (no_key, "la clé manque"),
        (no_manifest, "il manque une partie"),
    ],
)
def test_an_archive_whose_parts_do_not_fit_is_no_backup(
    settings: Settings, tmp_path: Path, place: Path, change: Callable[..., None], why: str
) -> None:
    path = make(settings, tmp_path / "b", NOON).path
    rewritten(path, lambda parts: change(parts, tmp_path))
    with pytest.raises(NotABackup, match=why):
        unpack(path, place)


def test_a_good_archive_that_was_written_anew_is_good(
    settings: Settings, tmp_path: Path, place: Path
) -> None:
    """Or the test above would prove nothing."""
    path = make(settings, tmp_path / "b", NOON).path
    rewritten(path, lambda parts: None)
    assert unpack(path, place).keys == settings.secret_keys


def test_what_does_not_read_back_is_no_backup(settings: Settings, tmp_path: Path) -> None:
    """A key that a backup cannot hold: what is read back is not what was to be kept."""
    broken = replace(settings, secret_keys=("a key with a space, that comes back as many",))
    with pytest.raises(NotABackup, match="la copie relue"):
        make(broken, tmp_path / "b", NOON)
    assert list((tmp_path / "b").iterdir()) == []


def test_a_backup_that_spoils_on_its_way_is_not_carried(settings: Settings, tmp_path: Path) -> None:
    made = make(settings, tmp_path / "b", NOON)
    data = made.path.read_bytes()
    made.path.write_bytes(data[:-300] + bytes(300))
    with pytest.raises(NotABackup):
        carry(made, tmp_path / "second")
    assert list((tmp_path / "second").iterdir()) == []


def names(days: list[date]) -> list[str]:
    return [datetime(day.year, day.month, day.day, 3, 30).strftime(FORM) for day in days]


def test_a_year_of_nights_leaves_seven_days_four_weeks_and_twelve_months() -> None:
    kept: list[str] = []
    for night in range(800):
        kept.append(*names([date(2024, 1, 1) + timedelta(days=night)]))
        gone = to_remove(kept)
        kept = [name for name in kept if name not in gone]
    days = [date(2026, 3, 10) - timedelta(days=back) for back in range(7)]
    weeks = [date(2026, 3, 1), date(2026, 2, 22)]  # Sundays; the week of 8 March is a day too
    months = [date(2025, month, 1) - timedelta(days=1) for month in range(5, 13)]
    months += [date(2025, 12, 31), date(2026, 1, 31), date(2026, 2, 28)]
    assert sorted(kept) == sorted(names([*days, *weeks, *months]))


@given(st.sets(st.dates(date(2020, 1, 1), date(2030, 1, 1)), min_size=1, max_size=60))
@profile(max_examples=100, deadline=None)
def test_rotation_keeps_the_newest_and_is_done_once(days: set[date]) -> None:
    everything = names(sorted(days))
    gone = to_remove(everything)
    kept = [name for name in everything if name not in gone]
    assert everything[-1] in kept
    assert kept[-min(7, len(kept)) :] == everything[-min(7, len(kept)) :]
    assert len(kept) <= 7 + 4 + 12
    assert to_remove(kept) == []


def test_the_past_nights_are_removed_in_both_folders(settings: Settings, tmp_path: Path) -> None:
    for folder in (tmp_path / "b", tmp_path / "second"):
        folder.mkdir()
        for name in names([NOON.date() - timedelta(days=n) for n in range(1, 60)]):
            (folder / name).touch()
    made = make(settings, tmp_path / "b", NOON, nightly=True)
    path = carry(made, tmp_path / "second")
    for folder, new in ((made.path.parent, made.path.name), (path.parent, path.name)):
        left = sorted(file.name for file in folder.iterdir())
        assert left[-7:] == [
            *names([NOON.date() - timedelta(days=n) for n in range(6, 0, -1)]),
            new,
        ]
        assert len(left) < 7 + 4 + 3


def test_what_was_just_made_stays_where_names_lie_in_the_future(
    settings: Settings, tmp_path: Path
) -> None:
    """The clock was ahead for a while, and was set right."""
    ahead = names([date(2031, 1, 1) + timedelta(days=40 * n) for n in range(30)])
    past = names([NOON.date() - timedelta(days=n) for n in range(1, 60)])
    for name in [*ahead, *past]:
        (tmp_path / name).touch()
    for night in range(3):
        made = make(settings, tmp_path, NOON + timedelta(days=night), nightly=True)
        assert made.path.exists()
    left = {file.name for file in tmp_path.iterdir()}
    assert left > set(ahead)
    assert len(left & set(past)) < 4 + 4 + 3


def test_rotation_touches_no_other_file() -> None:
    nights = names([date(2020, 1, 1) + timedelta(days=n) for n in range(40)])
    others = ["portail.tar.gz", "portail-20261340-000000.tar.gz", "notes.txt"]
    assert set(to_remove([*others, *nights])) < set(nights)


def test_one_made_by_hand_takes_no_place_of_a_night(settings: Settings, tmp_path: Path) -> None:
    """After a wrong import somebody backs up at once: the good copy of that day stays."""
    night = make(settings, tmp_path, NOON - timedelta(hours=9), nightly=True)
    for minute in range(12):
        make(settings, tmp_path, NOON + timedelta(minutes=minute))
    assert night.path.exists()
    by_hand = sorted(file.name for file in tmp_path.iterdir() if is_by_hand(file.name))
    assert by_hand == [
        (NOON + timedelta(minutes=minute)).strftime(FORM_BY_HAND) for minute in range(2, 12)
    ]
    newest = newest_in(tmp_path)
    assert newest
    assert newest.name == by_hand[-1]


def test_one_made_by_hand_goes_after_a_year() -> None:
    """The privacy page promises twelve months."""
    old = (NOON - timedelta(days=367)).strftime(FORM_BY_HAND)
    recent = (NOON - timedelta(days=365)).strftime(FORM_BY_HAND)
    assert to_remove([old, recent, NOON.strftime(FORM)]) == [old]
