"""What the night finds to correct reaches the office: the real command, a real mail server."""

import asyncio
import os
import sys
from pathlib import Path

from settings import Settings
from tests.conftest import Post
from tests.faults.conftest import ROOT
from tests.mail.sink import Sink, free_port


async def portail(settings: Settings, sink: Sink, *arguments: str, **more: str) -> tuple[int, str]:
    """Run a command of the office's machine; its exit code and what it says."""
    environ = {
        "PATH": os.environ["PATH"],
        "PORTAL_DATABASE": str(settings.database),
        "PORTAL_SECRET_KEY": settings.secret_keys[0],
        "PORTAL_SMTP_URL": sink.url,
        "PORTAL_MAIL_FROM": "portail@example.org",
        "PORTAL_OFFICE_EMAIL": "bureau@example.org",
        "PORTAL_BACKUP_DIR": str(settings.database.with_name("sauvegardes")),
    }
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, str(ROOT / "manage.py"), *arguments),
        env=environ | more,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    out, _ = await process.communicate()
    assert process.returncode is not None
    return process.returncode, out.decode()


def new_sink() -> Sink:
    sink = Sink(free_port())
    sink.open.set()
    return sink


async def test_a_good_night_is_silent(settings: Settings) -> None:
    async with new_sink().serving() as sink:
        assert (await portail(settings, sink, "backup"))[0] == 0
        code, said = await portail(settings, sink, "doctor", "--mail", "--night=success")
    assert code == 0, said
    assert sink.to == []


async def test_a_backup_that_failed_is_told_to_the_office(
    settings: Settings, tmp_path: Path
) -> None:
    disk = tmp_path / "usb"
    disk.write_text("a file where the device should be")
    async with new_sink().serving() as sink:
        missing = {"PORTAL_BACKUP_SECOND_DIR": str(disk)}
        assert (await portail(settings, sink, "backup", **missing))[0] == 1
        code, said = await portail(settings, sink, "doctor", "--mail", "--night=failed")
    assert code == 1
    assert "Le bureau en est averti : bureau@example.org" in said
    assert sink.to == ["bureau@example.org"]
    (mail,) = sink.mails
    assert mail["Subject"] == "Le portail a besoin de vous"
    words = " ".join(Post.text(mail).split())
    assert "– La sauvegarde de cette nuit a échoué." in words
    assert "– La dernière sauvegarde a manqué" in words
    assert "tapez « sudo portail doctor »" in words
    assert "PORTAL_TRUSTED_PROXIES" not in words  # what is only to be looked at stays away


async def test_a_database_that_does_not_open_is_told_too(settings: Settings) -> None:
    settings.database.write_bytes(b"no database" * 1000)
    async with new_sink().serving() as sink:
        code, said = await portail(settings, sink, "doctor", "--mail", "--night=failed")
    assert code == 1, said
    (mail,) = sink.mails
    assert "ne s’ouvre pas" in " ".join(Post.text(mail).split())


async def test_what_cannot_be_told_is_said(settings: Settings) -> None:
    down = new_sink()
    code, said = await portail(settings, down, "doctor", "--mail")
    assert code == 1
    assert said.splitlines()[-1].startswith("Le bureau n’a pu en être averti : ")
    for missing in ("PORTAL_OFFICE_EMAIL", "PORTAL_SMTP_URL"):
        code, said = await portail(settings, down, "doctor", "--mail", **{missing: ""})
        assert code == 1
        assert said.splitlines()[-1].startswith("Personne n’en est averti : donnez")
