"""Each thing that goes wrong in practice, made for real: what the doctor says, and which cure."""

import asyncio
import os
import platform
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from pathlib import Path

import pytest

from db import outbox
from db.database import Database, FileLock, Transaction, use_of
from db.migrate import LATEST, migrate
from mail.transports import Files
from settings import MONTREAL, Settings
from tests.conftest import TurnedClock
from upkeep.backup import carry, make, note
from upkeep.doctor import Finding, Verdict, examine, python_in_use

HOUR, DAY = 3600, 24 * 3600


@pytest.fixture
def programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str, str], None]:
    """Puts a program of the machine's in front, that answers this."""
    folder = tmp_path / "programs"
    folder.mkdir()
    monkeypatch.setenv("PATH", f"{folder}:{os.environ['PATH']}")

    def say(name: str, answer: str) -> None:
        (folder / name).write_text(f"#!/bin/sh\necho '{answer}'\n")
        (folder / name).chmod(0o755)

    say("timedatectl", "yes")
    say("systemctl", "")
    return say


@pytest.fixture
async def healthy(
    settings: Settings, tmp_path: Path, clock: TurnedClock, programs: Callable[[str, str], None]
) -> Settings:
    """An office of which nothing is to be said but that it has no mail server and no https."""
    key = tmp_path / "portal.key"
    key.write_text("k" * 40)
    key.chmod(0o600)
    settings = replace(settings, backup_dir=tmp_path / "b", key_file=key)
    db = await Database.open(settings.database)
    await backed_up(settings, db, clock())
    await db.close()
    return settings


async def backed_up(settings: Settings, db: Database, now: int) -> None:
    moment = datetime.fromtimestamp(now, MONTREAL)
    made = await asyncio.to_thread(make, settings, settings.backup_dir, moment)
    await note(db, "backed_up", now, str(made.path))


class Seen:
    """What the doctor found."""

    def __init__(self, findings: list[Finding]) -> None:
        self.findings = findings

    def one(self, says: str) -> Finding:
        """The only finding that says this, which is not that all is well."""
        (found,) = [f for f in self.findings if says in f.says and f.verdict is not Verdict.GOOD]
        assert found.cure
        return found

    def bad(self) -> list[str]:
        return [f.says for f in self.findings if f.verdict is Verdict.BAD]


async def seen(settings: Settings, now: int) -> Seen:
    return Seen(await examine(settings, Files(settings.mail_dir), now))


def execute(database: Path, *statements: str) -> None:
    with closing(sqlite3.connect(database, isolation_level=None)) as connection:
        for statement in statements:
            connection.execute(statement)


def content(database: Path) -> list[str]:
    with closing(sqlite3.connect(database)) as connection:
        return list(connection.iterdump())


async def test_a_healthy_office_has_nothing_to_correct(
    healthy: Settings, clock: TurnedClock
) -> None:
    before = content(healthy.database)
    found = await seen(healthy, clock())
    assert found.bad() == []
    # Python's is the machine's, not the office's: it has a test of its own below.
    warnings = [f for f in found.findings if f.verdict is Verdict.WARN and f != python_in_use()]
    assert [f.says for f in warnings] == [
        "Le portail n’est ouvert que sur cette machine (http://127.0.0.1:8000).",
        f"Aucun serveur de courriel : les courriels s’écrivent dans {healthy.mail_dir}.",
        "Les sauvegardes ne sont que sur cette machine.",
    ]
    assert content(healthy.database) == before


@pytest.mark.parametrize(
    ("change", "verdict", "says", "cure"),
    [
        ({"development": True}, Verdict.BAD, "PORTAL_DEVELOPMENT est allumé", "enlevez"),
        ({"office_phone": ""}, Verdict.WARN, "PORTAL_OFFICE_PHONE", "donnez PORTAL_OFFICE_PHONE"),
        ({"privacy_officer": ""}, Verdict.WARN, "PORTAL_PRIVACY_OFFICER", "Loi 25"),
        (
            {"base_url": "https://exemple.org"},
            Verdict.WARN,
            "Aucun mandataire n’est déclaré",
            "PORTAL_TRUSTED_PROXIES=127.0.0.1,::1",
        ),
    ],
)
async def test_settings_that_were_left(
    healthy: Settings,
    clock: TurnedClock,
    change: dict[str, object],
    verdict: Verdict,
    says: str,
    cure: str,
) -> None:
    found = (await seen(replace(healthy, **change), clock())).one(says)  # type: ignore[arg-type]
    assert found.verdict is verdict
    assert cure in found.cure


async def test_a_clock_that_nothing_sets(
    healthy: Settings, clock: TurnedClock, programs: Callable[[str, str], None]
) -> None:
    programs("timedatectl", "no")
    assert "set-ntp" in (await seen(healthy, clock())).one("L’horloge n’est pas réglée").cure


@pytest.mark.parametrize(
    "name", ["portal.db", "portal.db.lock", "portal.db.in-use", "portal.db.avant-1", "b/*.tar.gz"]
)
async def test_a_file_that_others_read_or_own(
    healthy: Settings, clock: TurnedClock, name: str
) -> None:
    folder = healthy.database.parent
    (folder / "portal.db.avant-1").touch(mode=0o600)
    (file,) = folder.glob(name)
    file.chmod(0o640)
    found = (await seen(healthy, clock())).one("D’autres utilisateurs peuvent lire")
    assert found.cure == f"sudo chmod go-rwx {file}"
    subprocess.run(found.cure.removeprefix("sudo ").split(), check=True)
    if os.geteuid():
        pytest.skip("only root gives a file away")
    os.chown(file, 12345, -1)
    found = (await seen(healthy, clock())).one("D’un autre utilisateur")
    assert str(file) in found.says
    subprocess.run(found.cure.removeprefix("sudo ").split(), check=True)
    assert (await seen(healthy, clock())).bad() == []


async def test_a_disk_that_fills(
    healthy: Settings, clock: TurnedClock, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=9m", "tmpfs", str(disk)]
    if subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("no file system may be mounted here")
    request.addfinalizer(lambda: subprocess.run(["umount", str(disk)], check=True))
    migrate(disk / "portal.db")
    found = await seen(replace(healthy, database=disk / "portal.db"), clock())
    assert "0,0 Go libres" in found.one("Le disque se remplit").says


@pytest.mark.parametrize(
    ("version", "says"),
    [
        (LATEST - 1, "1 mise(s) à niveau attendent."),
        (LATEST + 1, "vient d’une version plus récente"),
    ],
)
async def test_a_database_of_another_version(
    healthy: Settings, clock: TurnedClock, version: int, says: str
) -> None:
    execute(healthy.database, f"PRAGMA user_version = {version}")
    found = await seen(healthy, clock())
    assert found.one(says).verdict is Verdict.BAD
    assert found.findings[-1].says == "Les sauvegardes ne sont que sur cette machine."


@pytest.mark.parametrize("how", ["page", "whole"])
async def test_a_damaged_database_is_the_only_reason_to_restore(
    healthy: Settings, clock: TurnedClock, how: str
) -> None:
    rows = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n LIMIT 400)"
    execute(
        healthy.database,
        "PRAGMA journal_mode=DELETE",
        # Where nothing else that the doctor does would meet the fault.
        f"INSERT INTO spent_challenge {rows} SELECT randomblob(400), i FROM n",
    )
    data = bytearray(healthy.database.read_bytes())
    if how == "page":
        data[-30 * 4096 : -29 * 4096] = bytes(4096)
    else:
        data[:100] = bytes(100)
    healthy.database.write_bytes(data)
    found = await seen(replace(healthy, development=True), clock())
    (backup,) = healthy.backup_dir.iterdir()
    assert f"restore {backup}" in found.one("abîmée").cure
    # What else there is to say is said all the same.
    assert found.one("PORTAL_DEVELOPMENT")
    assert found.one("Les sauvegardes ne sont que")


@pytest.fixture
def immutable(healthy: Settings) -> Iterator[Callable[[Path], None]]:
    """Makes a file or folder one that even root cannot write."""
    made: list[Path] = []

    def make(path: Path) -> None:
        if subprocess.run(["chattr", "+i", str(path)], capture_output=True, check=False).returncode:
            pytest.skip("no file may be made immutable here")
        made.append(path)

    yield make
    for path in made:
        subprocess.run(["chattr", "-i", str(path)], check=True)


async def test_a_file_that_cannot_be_written_is_nothing_to_restore(
    healthy: Settings, clock: TurnedClock, immutable: Callable[[Path], None]
) -> None:
    immutable(healthy.database)
    found = await seen(healthy, clock())
    said = found.one("ne se laisse pas lire ou écrire")
    assert "ne peut être écrit" in said.says
    assert "Rien n’est à restaurer" in said.cure
    assert not [f for f in found.findings if "portail restore" in f.cure]
    assert found.one("Les sauvegardes ne sont que")


async def test_a_folder_that_cannot_be_written(
    healthy: Settings, clock: TurnedClock, immutable: Callable[[Path], None]
) -> None:
    immutable(healthy.database.parent)
    found = (await seen(healthy, clock())).one("n’est pas inscriptible (vous n’avez pas le droit")
    assert f": {healthy.database.parent} " in found.cure


async def test_a_lock_that_cannot_be_opened(healthy: Settings, clock: TurnedClock) -> None:
    lock = healthy.database.with_name("portal.db.lock")
    lock.unlink()
    lock.mkdir(mode=0o700)
    found = await seen(healthy, clock())
    assert "Rien n’est à restaurer" in found.one("ne se laisse pas lire ou écrire").cure


async def test_a_database_that_somebody_else_holds(
    healthy: Settings, clock: TurnedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("db.database.BUSY_TIMEOUT", 0.05)
    replaced = use_of(healthy.database)
    replaced.seize()
    found = await seen(healthy, clock())
    replaced.release()
    assert found.one("La base de données est occupée.")
    lock = FileLock(healthy.database)
    await lock.acquire()
    asyncio.get_running_loop().call_later(1, lock.release)
    assert (await seen(healthy, clock())).one("La base de données est occupée.")


def came(settings: Settings, clock: TurnedClock, rows: list[tuple[int, str]]) -> None:
    execute(
        settings.database,
        *(
            "INSERT INTO journal (at, event, member_id, actor, address)"
            f" VALUES ({clock() - HOUR}, 'signed_in', {member}, 'member', '{address}')"
            for member, address in rows
        ),
    )


async def test_a_proxy_that_is_taken_for_everybody(healthy: Settings, clock: TurnedClock) -> None:
    """One stray address, of a member at the office, does not hide it."""
    crowd = [(n, "10.0.0.9") for n in range(1, 21)]
    came(healthy, clock, [*crowd, (1, "192.0.2.1"), (21, "192.0.2.1")])
    found = (await seen(healthy, clock())).one("20 membres sur 21 sont venus de la même adresse")
    assert "PORTAL_TRUSTED_PROXIES=10.0.0.9" in found.cure
    clock.turn(days=8)
    assert not any("même adresse" in says for says in (await seen(healthy, clock())).bad())


async def test_addresses_that_differ_are_no_proxy(healthy: Settings, clock: TurnedClock) -> None:
    residence = [(n, "192.0.2.1") for n in range(1, 19)]
    came(healthy, clock, [*residence, (19, "192.0.2.2"), (20, "192.0.2.3")])
    assert (await seen(healthy, clock())).bad() == []


async def test_mail_that_waits_and_mail_that_was_given_up(
    healthy: Settings, clock: TurnedClock
) -> None:
    now = clock()
    db = await Database.open(healthy.database)

    async def add(tx: Transaction) -> None:
        for recipient in ("waits@example.com", "gone@example.com"):
            await outbox.add(tx, "welcome", recipient, now=now, lapses_at=now + DAY, member_id=None)

    await db.write(add)
    await db.write(
        lambda tx: tx.execute(
            "UPDATE outbox SET next_attempt_at = NULL, last_error = 'no such user'"
            " WHERE recipient = 'gone@example.com'"
        )
    )
    await db.close()
    clock.turn(hours=3)
    found = await seen(healthy, clock())
    assert found.one("Des courriels attendent depuis 3 h.").verdict is Verdict.BAD
    assert "mail list --failed" in found.one("1 courriel(s) de la semaine ne sont pas partis.").cure


async def test_a_backup_that_is_late(healthy: Settings, clock: TurnedClock) -> None:
    clock.turn(hours=37)
    found = (await seen(healthy, clock())).one("La dernière sauvegarde date de 37 h.")
    assert found.verdict is Verdict.BAD
    assert "portail-nightly.timer" in found.cure


async def test_no_backup_was_ever_made(healthy: Settings, clock: TurnedClock) -> None:
    execute(healthy.database, "DELETE FROM journal")
    (backup,) = healthy.backup_dir.iterdir()
    backup.unlink()
    found = await seen(healthy, clock())
    assert found.one("Aucune sauvegarde n’a encore été faite.").cure.endswith("backup")
    assert found.one(f"Aucune sauvegarde dans {healthy.backup_dir}.").verdict is Verdict.BAD


async def test_a_second_folder_on_the_same_disk(healthy: Settings, clock: TurnedClock) -> None:
    second = healthy.database.with_name("second")
    second.mkdir()
    settings = replace(healthy, backup_second_dir=second)
    found = await seen(settings, clock())
    assert found.one(f"{second} est sur le même disque").verdict is Verdict.WARN
    assert found.one(f"Aucune sauvegarde dans {second}.").verdict is Verdict.BAD


async def test_a_second_folder_that_the_night_may_not_write(
    healthy: Settings, clock: TurnedClock, programs: Callable[[str, str], None]
) -> None:
    second = healthy.database.with_name("second")
    settings = replace(healthy, backup_second_dir=second)
    moment = datetime.fromtimestamp(clock() + HOUR, MONTREAL)
    carry(await asyncio.to_thread(make, healthy, healthy.backup_dir, moment), second)
    programs("systemctl", "-/mnt/portail")
    found = (await seen(settings, clock())).one(f"La nuit n’a pas le droit d’écrire dans {second}")
    assert "/mnt/portail" in found.cure
    programs("systemctl", f"-/mnt/portail {second.parent}")
    assert (await seen(settings, clock())).bad() == []


def test_python_s_fault_in_mails_is_tried_and_told() -> None:
    finding = python_in_use()
    fixed = sys.version_info >= (3, 12, 5) or (3, 11, 10) <= sys.version_info < (3, 12)
    message = EmailMessage(policy=SMTP)
    message["To"] = Address(username="=?utf-8?q?=0D=0ABcc=3A?=", domain="example.org")
    splits = b"\nBcc:" in message.as_bytes()
    assert finding.verdict == (Verdict.WARN if splits and not fixed else Verdict.GOOD)
    assert platform.python_version() in finding.says
    assert ("CVE-2024-6923" in finding.says) == (splits and not fixed)
