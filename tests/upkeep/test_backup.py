"""Backups: good ones, the ones that are kept, the second folder, and what a killed one leaves."""

import asyncio
import sqlite3
import stat
import tarfile
from contextlib import closing
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import settings as profile
from hypothesis import strategies as st

from db.database import Database
from settings import MONTREAL, Settings
from tests.people import EVERYONE
from upkeep.archive import NotABackup, unpack
from upkeep.backup import FORM, WORKSHOP, carry, make, to_remove
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
    assert made.path.name == "portail-20261123-120000.tar.gz"
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


def test_rotation_touches_no_other_file() -> None:
    nights = names([date(2020, 1, 1) + timedelta(days=n) for n in range(40)])
    others = ["portail.tar.gz", "portail-20261340-000000.tar.gz", "notes.txt"]
    assert set(to_remove([*others, *nights])) < set(nights)
