"""`backup`, `restore`, `rotate-key`, `doctor` and wrong commands, as a shell runs them."""

import os
import socket
import sqlite3
import stat
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from db.database import FileLock, use_of
from db.migrate import LATEST
from manage import commands
from tests.faults.conftest import ROOT
from upkeep.archive import unpack

Manage = Callable[..., Result]


@pytest.fixture
def database(tmp_path: Path) -> Path:
    return tmp_path / "var" / "portal.db"


@pytest.fixture
def manage(tmp_path: Path, database: Path, monkeypatch: pytest.MonkeyPatch) -> Manage:
    """Runs a command over the demo roster, in the test's own folder."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PORTAL_DATABASE", str(database))

    def run(*arguments: str | Path) -> Result:
        return CliRunner().invoke(commands, [str(argument) for argument in arguments])

    assert run("init").exit_code == 0
    assert run("import", ROOT / "roster" / "demo.csv", "--yes").exit_code == 0
    return run


def one_line(result: Result, code: int) -> str:
    """The one line of a command that ended with that exit code."""
    assert result.exit_code == code, result.output
    (line,) = (result.stderr if code else result.stdout).splitlines()
    return line


def journal(database: Path) -> list[tuple[str, str | None]]:
    with closing(sqlite3.connect(database)) as connection:
        return connection.execute("SELECT event, detail FROM journal ORDER BY id").fetchall()


def only_backup(folder: Path) -> Path:
    (path,) = folder.iterdir()
    return path


def test_a_backup_is_said_in_one_line_and_noted(manage: Manage, database: Path) -> None:
    line = one_line(manage("backup"), 0)
    path = only_backup(database.with_name("sauvegardes"))
    assert line.startswith(f"Sauvegarde faite et relue : {path} (200 membres, 0 accès")
    assert journal(database)[-1] == ("backed_up", str(path))


def test_a_backup_goes_to_the_second_folder_too(
    manage: Manage, database: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PORTAL_BACKUP_SECOND_DIR", str(tmp_path / "usb"))
    assert str(tmp_path / "usb") in one_line(manage("backup"), 0)
    first = only_backup(database.with_name("sauvegardes"))
    assert only_backup(tmp_path / "usb").read_bytes() == first.read_bytes()


def test_a_failed_backup_is_noted_and_ends_with_1(
    manage: Manage, database: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "usb").write_text("a file where the device should be")
    monkeypatch.setenv("PORTAL_BACKUP_SECOND_DIR", str(tmp_path / "usb"))
    assert one_line(manage("backup"), 1).startswith("Sauvegarde manquée : ")
    assert journal(database)[-1][0] == "backup_failed"
    doctor = manage("doctor")
    assert doctor.exit_code == 1
    assert "! La dernière sauvegarde a manqué" in doctor.stdout


@pytest.mark.parametrize("behind", [1, -1])
def test_a_file_of_another_version_is_backed_up_too(
    manage: Manage, database: Path, tmp_path: Path, behind: int
) -> None:
    with closing(sqlite3.connect(database)) as connection:
        connection.execute(f"PRAGMA user_version = {LATEST - behind}")
    assert one_line(manage("backup"), 0).startswith("Sauvegarde faite et relue : ")
    place = tmp_path / "place"
    place.mkdir()
    found = unpack(only_backup(database.with_name("sauvegardes")), place)
    assert (found.content.schema, found.content.rows["member"]) == (LATEST - behind, 200)


def test_a_backup_that_the_journal_cannot_note_is_good_all_the_same(
    manage: Manage, database: Path
) -> None:
    with closing(sqlite3.connect(database)) as connection:
        connection.execute("ALTER TABLE journal RENAME TO log")  # as another version may call it
    done = manage("backup")
    assert done.exit_code == 0, done.output
    assert done.stdout.startswith("Sauvegarde faite et relue : ")
    assert "Le journal n’a pu le noter" in done.stderr


def test_there_is_no_backup_of_nothing(manage: Manage, database: Path) -> None:
    database.unlink()
    assert "n’existe pas encore" in one_line(manage("backup"), 2)
    assert not database.exists()


def test_a_backup_into_a_file_is_asked_wrongly(manage: Manage, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    assert "n’est pas un dossier" in one_line(manage("backup", tmp_path / "file"), 2)
    assert "ce nom de fichier est trop long" in one_line(manage("backup", "a" * 300), 2)
    assert "two lines" in one_line(manage("restore", "two\nlines"), 2)


def test_a_backup_is_restored(manage: Manage, database: Path) -> None:
    manage("backup")
    with closing(sqlite3.connect(database)) as connection, connection:
        connection.execute("DELETE FROM member")
    done = manage("restore", only_backup(database.with_name("sauvegardes")))
    assert done.exit_code == 0, done.output
    assert "200 membres" in done.stdout
    with closing(sqlite3.connect(database)) as connection:
        assert connection.execute("SELECT count(*) FROM member").fetchone() == (200,)


def test_nothing_is_restored_while_the_server_runs(manage: Manage, database: Path) -> None:
    manage("backup")
    lock = use_of(database)
    lock.share()
    try:
        line = one_line(manage("restore", only_backup(database.with_name("sauvegardes"))), 1)
    finally:
        lock.release()
    assert "arrêtez-le d’abord" in line


@pytest.mark.parametrize("what", ["none", "folder", "text"])
def test_what_is_no_backup_is_asked_wrongly(manage: Manage, tmp_path: Path, what: str) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "text").write_text("matricule,nom\n")
    assert str(tmp_path / what) in one_line(manage("restore", tmp_path / what), 2)


def test_the_key_is_rotated(manage: Manage, database: Path) -> None:
    file = database.with_name("portal.key")
    (old,) = file.read_text().split()
    assert "redémarre" in one_line(manage("rotate-key"), 0)
    kept, new = file.read_text().split()
    assert kept == old != new
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert journal(database)[-1][0] == "key_rotated"
    os.utime(file, (0, 0))
    aside = database.with_name("portal.db.avant-20200101-120000")
    aside.touch()
    assert "key 1, avant 1" in one_line(manage("purge"), 0)
    assert not aside.exists()
    assert file.read_text().split() == [new]


def test_a_key_from_the_environment_is_the_operators(
    manage: Manage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PORTAL_SECRET_KEY", "k" * 40)
    line = one_line(manage("rotate-key"), 2)
    assert "PORTAL_SECRET_KEY" in line
    assert "k" * 40 not in line


def test_a_key_that_the_journal_could_not_note_is_replaced_once(
    manage: Manage, database: Path
) -> None:
    file = database.with_name("portal.key")
    old = file.read_text()
    with closing(sqlite3.connect(database)) as connection:
        connection.execute(
            "CREATE TRIGGER full BEFORE INSERT ON journal BEGIN SELECT raise(FAIL, 'x'); END"
        )
    line = one_line(manage("rotate-key", "--leaked"), 1)
    assert line.startswith("La clé est remplacée (ne recommencez pas)")
    assert "systemctl restart portail" in line
    assert file.read_text() != old


def test_a_busy_database_invites_nobody_to_replace_the_key_twice(
    manage: Manage, database: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("db.database.BUSY_TIMEOUT", 0.05)
    with closing(sqlite3.connect(database, isolation_level=None)) as connection:
        connection.execute("BEGIN IMMEDIATE")
        line = one_line(manage("rotate-key"), 1)
    assert line.startswith("La clé est remplacée (ne recommencez pas)")
    assert line.endswith("la base de données est occupée.")


def test_a_restoration_into_a_folder_that_cannot_be_written_does_not_blame_the_backup(
    manage: Manage, database: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    manage("backup")
    backup = only_backup(database.with_name("sauvegardes"))
    monkeypatch.setenv("PORTAL_SECRET_KEY", "k" * 40)
    monkeypatch.setenv("PORTAL_DATABASE", "/proc/portal.db")
    line = one_line(manage("restore", backup), 1)
    assert line.startswith("La sauvegarde n’a pu être remise en place : ")
    assert str(backup) not in line


def test_somebody_elses_database_is_left_alone(
    manage: Manage, database: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("os.geteuid", lambda: os.getuid() + 1)
    assert "appartient à un autre utilisateur" in one_line(manage("purge"), 2)


def test_the_doctor_finds_what_is_wrong(
    manage: Manage, database: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    manage("backup")
    healthy = manage("doctor")
    assert healthy.exit_code == 0, healthy.stdout
    assert "0 à corriger" in healthy.stdout
    assert "? Les sauvegardes ne sont que sur cette machine." in healthy.stdout

    database.chmod(0o644)
    monkeypatch.setenv("PORTAL_SMTP_URL", "smtp://127.0.0.1:1")
    backup = only_backup(database.with_name("sauvegardes"))
    backup.write_bytes(backup.read_bytes()[:-100])
    with closing(sqlite3.connect(database)) as connection, connection:
        connection.executemany(
            "INSERT INTO journal (at, event, member_id, actor, address)"
            " VALUES (strftime('%s') + 7200, 'signed_in', ?, 'member', '127.0.0.1')",
            [(n,) for n in range(1, 21)],
        )
    ill = manage("doctor")
    assert ill.exit_code == 1
    for found in (
        "! D’autres utilisateurs peuvent lire",
        "! Le serveur de courriel n’accepte pas le portail",
        "! Le journal a des lignes du futur",
        "! 20 membres sur 20 sont venus de la même adresse.",
        "PORTAL_TRUSTED_PROXIES=127.0.0.1",
        f"! {backup} : le fichier est abîmé",
    ):
        assert found in ill.stdout, ill.stdout


def test_the_doctor_says_when_there_is_no_database(manage: Manage, database: Path) -> None:
    with FileLock(database):
        database.unlink()
    done = manage("doctor")
    assert done.exit_code == 1
    assert "n’existe pas" in done.stdout


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        (["nulle"], "« nulle » n’est pas une commande."),
        (["--nulle"], "« --nulle » n’est pas une option."),
        (["serve", "--port", "abc"], "--port : un nombre de 1 à 65535 est attendu."),
        (["serve", "--port"], "L’option --port ne s’emploie pas ainsi."),
        (["registrations"], "Il manque --since."),
        (["registrations", "--since", "hier"], "--since : une date comme 2026-11-23"),
        (["restore"], "Il manque FILE."),
        (["restore", "a", "b"], "Il y a un mot de trop"),
    ],
)
def test_a_command_that_is_typed_wrongly(manage: Manage, typed: list[str], said: str) -> None:
    line = one_line(manage(*typed), 2)
    assert line.startswith(said)
    assert "--help" in line


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        (["--help"], 0),
        (["backup", "--help"], 0),
        (["serve", "--help"], 0),
        (["mail", "list", "--help"], 0),
        (["registrations", "--help"], 0),
        ([], 2),
        (["mail"], 2),
        (["member"], 2),
    ],
)
def test_help_is_in_french(manage: Manage, typed: list[str], code: int) -> None:
    done = manage(*typed)
    assert done.exit_code == code
    assert done.output.startswith("Emploi : commands ")
    for english in (
        *("Usage", "Options:", "Commands", "COMMAND ", "ARGS", "Show", "default", "required"),
        *("INTEGER", "TEXT ", "<=", "%Y"),
    ):
        assert english not in done.output
    if code:
        assert done.stderr.endswith("\nIl manque une commande : choisissez-en une ci-dessus.\n")


def run(*words: str, stdout: str, environment: dict[str, str]) -> tuple[int, str]:
    """A command whose answer goes to that device."""
    with open(stdout, "w") as out:
        done = subprocess.run(
            [sys.executable, ROOT / "manage.py", *words],
            env={**os.environ, **environment},
            stdout=out,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
    return done.returncode, done.stderr


IMPORT = ["import", str(ROOT / "roster" / "demo.csv"), "--dry-run"]


@pytest.mark.parametrize("words", [["stats"], ["--help"], ["doctor"], IMPORT])
def test_an_answer_that_cannot_be_written_is_one_line(
    manage: Manage, database: Path, words: list[str]
) -> None:
    assert run(*words, stdout="/dev/full", environment={"PORTAL_DATABASE": str(database)}) == (
        1,
        "Interrompu : le disque est plein : libérez de la place.\n",
    )


@pytest.mark.parametrize("words", [["stats"], IMPORT])
def test_a_reader_who_is_gone_is_no_fault(manage: Manage, database: Path, words: list[str]) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    environment = {"PORTAL_DATABASE": str(database)}
    assert run(*words, stdout=f"/dev/fd/{writing}", environment=environment) == (1, "")
    os.close(writing)


def test_a_port_in_use_is_said_before_the_server_starts(manage: Manage) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = str(other.getsockname()[1])
        line = one_line(manage("serve", "--port", port), 1)
    assert line.startswith(f"Le port {port} est déjà pris")


def test_an_address_of_another_machine_is_asked_wrongly(manage: Manage) -> None:
    assert "192.0.2.1" in one_line(manage("serve", "--host", "192.0.2.1"), 2)


DATABASE_FAULTS = {
    "text": "ce n’est pas une base de données",
    "folder": "n’est pas un fichier : donnez-en un à PORTAL_DATABASE",
    "long": "ce nom de fichier est trop long",
}


@pytest.mark.parametrize("command", ["stats", "init", "backup"])
@pytest.mark.parametrize("what", DATABASE_FAULTS)
def test_what_is_no_database_is_said_in_french(
    manage: Manage, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, what: str, command: str
) -> None:
    path = tmp_path / ("a" * 300 if what == "long" else what)
    if what == "text":
        path.write_text("matricule,nom\n" * 100)
    elif what == "folder":
        path.mkdir()
    monkeypatch.setenv("PORTAL_DATABASE", str(path))
    monkeypatch.setenv("PORTAL_SECRET_KEY", "k" * 40)
    assert DATABASE_FAULTS[what] in one_line(manage(command), 2)


def test_a_damaged_database_is_said_with_its_cure(manage: Manage, database: Path) -> None:
    content = database.read_bytes()
    database.write_bytes(content[:4096] + b"x" * (len(content) - 4096))
    line = one_line(manage("stats"), 1)
    assert line == (
        f"{database} : le fichier est abîmé : remettez une sauvegarde (« manage.py restore »)."
    )


def test_a_database_that_somebody_keeps_locked_is_busy(
    manage: Manage, database: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("db.database.BUSY_TIMEOUT", 0.05)
    with closing(sqlite3.connect(database, isolation_level=None)) as connection:
        connection.execute("BEGIN IMMEDIATE")
        line = one_line(manage("purge"), 1)
    assert line == "La base de données est occupée : réessayez dans une minute."
