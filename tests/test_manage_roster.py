"""`manage.py import` and `manage.py export`, as the office types them."""

import asyncio
import os
import pty
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from db.database import Database
from manage import commands
from settings import Settings
from tests.people import EVERYONE, FRANCOIS, SYLVIE, enrol
from tests.roster.conftest import HEADINGS, ROSTER, line

FILES = Path(__file__).parent / "roster" / "files"
MANAGE = Path(__file__).parent.parent / "manage.py"
ZOE = line(FRANCOIS, family_name="Roy", first_name="Zoé", birth_date="1/1/1960")


class Desk:
    """The office's terminal: a command typed there, and what is then on file."""

    def __init__(self, settings: Settings, folder: Path) -> None:
        self.settings = settings
        self.folder = folder

    def run(self, *words: str | Path) -> Result:
        """Run a command where there is no terminal to answer at."""
        environment = {"PORTAL_DATABASE": str(self.settings.database)}
        return CliRunner().invoke(commands, list(map(str, words)), env=environment)

    def answer(self, answers: str, *words: str | Path) -> tuple[int, str]:
        """Run a command at a real terminal and type `answers`; gives exit code and screen."""
        leader, follower = pty.openpty()
        with subprocess.Popen(
            [sys.executable, MANAGE, *words],
            cwd=self.folder,
            env={**os.environ, "PORTAL_DATABASE": str(self.settings.database)},
            stdin=follower,
            stdout=follower,
            stderr=follower,
        ) as process:
            os.close(follower)
            os.write(leader, answers.encode())
            screen = b""
            try:
                while part := os.read(leader, 4096):
                    screen += part
            except OSError:  # the other end is closed: the command has ended
                pass
        os.close(leader)
        return process.returncode, screen.decode()

    def file(self, *lines: str, headings: str = HEADINGS) -> Path:
        file = self.folder / "liste.csv"
        file.write_text("\n".join([headings, *lines, ""]), "utf-8")
        return file

    def names(self) -> dict[str, str]:
        """The first names of the active members."""
        with closing(sqlite3.connect(self.settings.database)) as connection:
            return dict(connection.execute("SELECT matricule, first_name FROM member WHERE active"))


@pytest.fixture
def desk(settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Desk:
    """A terminal in an empty folder, the cast of `tests.people` on the roster."""
    monkeypatch.chdir(tmp_path)

    async def fill() -> None:
        db = await Database.open(settings.database)
        await enrol(db, EVERYONE)
        await db.close()

    asyncio.run(fill())
    return Desk(settings, tmp_path)


def test_a_dry_run_tells_and_writes_nothing(desk: Desk, digest: Callable[[], str]) -> None:
    before = digest()
    result = desk.run("import", FILES / "broken-lines.csv", "--dry-run", "--absent", "deactivate")
    assert result.exit_code == 0
    assert "  ligne 5, date_naissance : Vérifiez le jour" in result.output.replace("\u00a0", " ")
    assert "Nouveaux : 8\n" in result.output
    assert "Refusés : 10\n" in result.output
    assert "ajoutez --force" in result.output
    assert digest() == before


def test_a_script_says_yes(desk: Desk) -> None:
    result = desk.run("import", FILES / "utf8-comma.csv", "--yes")
    assert (result.exit_code, result.stderr) == (0, "")
    assert result.output.endswith("C’est fait.\n")
    assert len(desk.names()) == 120 + 3
    again = desk.run("import", FILES / "utf8-comma.csv", "--yes")
    assert again.output.endswith("Rien à changer.\n")


def test_without_a_terminal_nobody_can_be_asked(desk: Desk, digest: Callable[[], str]) -> None:
    before = digest()
    result = desk.run("import", FILES / "utf8-comma.csv")
    assert result.exit_code == 2
    assert result.stderr.startswith("Sans terminal")
    assert digest() == before


@pytest.mark.parametrize(
    ("answers", "code", "first_name", "members"),
    [
        ("oui\noui\n", 0, "Zoé", 6),
        ("o\nnon\n", 0, "François", 6),
        ("\n", 1, "François", 5),
        ("\x04", 1, "François", 5),
    ],
)
def test_at_a_terminal_the_plan_and_the_other_person_are_asked_apart(
    desk: Desk, answers: str, code: int, first_name: str, members: int
) -> None:
    file = desk.file(ZOE, "01234;Roy;Luc;1/1/1950;h1h1h1;")
    returned, screen = desk.answer(answers, "import", file)
    assert "Appliquer ce plan ?" in screen
    assert returned == code, screen
    assert desk.names()["00875"] == first_name
    assert len(desk.names()) == members


def test_yes_alone_gives_no_matricule_to_another_person(desk: Desk) -> None:
    file = desk.file(ZOE, "01234;Roy;Luc;1/1/1950;h1h1h1;")
    result = desk.run("import", file, "--yes")
    assert result.exit_code == 0
    assert "Matricules laissés à la personne d’avant : 1 (--force" in result.output
    assert desk.names()["00875"] == "François"
    assert desk.names()["01234"] == "Luc"
    assert desk.run("import", file, "--yes", "--force").exit_code == 0
    assert desk.names()["00875"] == "Zoé"


def test_deactivating_more_than_a_tenth_wants_force(desk: Desk, digest: Callable[[], str]) -> None:
    file = desk.file(*(text for text in ROSTER if not text.startswith(SYLVIE.matricule)))
    before = digest()
    result = desk.run("import", file, "--yes", "--absent", "deactivate")
    assert result.exit_code == 2
    assert "1 membres sur 5 seraient désactivés" in result.stderr
    assert digest() == before
    forced = desk.run("import", file, "--yes", "--absent", "deactivate", "--force")
    assert forced.exit_code == 0
    assert SYLVIE.matricule not in desk.names()


def test_a_tenth_itself_does_not(desk: Desk) -> None:
    desk.run("import", FILES / "utf8-comma.csv", "--yes")  # 123 active members
    assert (
        desk.run("import", FILES / "utf8-comma.csv", "--yes", "--absent", "deactivate").exit_code
        == 0
    )
    assert len(desk.names()) == 120


def test_who_is_absent_cannot_be_told_of_a_file_with_unreadable_matricules(desk: Desk) -> None:
    desk.run("import", FILES / "utf8-comma.csv", "--yes")
    text = (FILES / "utf8-comma.csv").read_text("utf-8").replace("33163,", "3E163,")
    file = desk.folder / "liste.csv"
    file.write_text(text, "utf-8")
    result = desk.run("import", file, "--yes", "--absent", "deactivate")
    assert result.exit_code == 2
    assert "sans matricule lisible" in result.stderr
    assert "33163" in desk.names()


def test_the_operator_maps_a_column(desk: Desk) -> None:
    file = desk.file("01234;Roy;Luc;1/1/1950;h1h1h1", headings="Dossier;Nom;Prénom;Naissance;Code")
    result = desk.run(
        "import", file, "--yes", "--map", "matricule=dossier", "--map", "code_postal=CODE"
    )
    assert result.exit_code == 0, result.output
    assert desk.names()["01234"] == "Luc"


def test_an_export_goes_to_a_new_file(desk: Desk) -> None:
    result = desk.run("export", "membres.csv")
    assert (result.exit_code, result.output) == (0, "membres.csv : 5 membre(s).\n")
    assert (desk.folder / "membres.csv").read_bytes().startswith(b"\xef\xbb\xbf")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["import"], "Il manque FILE"),
        (["import", "liste.csv", "--fast"], "« --fast » n’est pas une option"),
        (["import", "liste.csv", "--absent", "x"], "--absent : keep ou deactivate est attendu"),
        (["import", "liste.csv", "--map"], "L’option --map ne s’emploie pas ainsi"),
        (["import", "liste.csv", "--yes", "--map", "nom"], "--map nom : écrivez CHAMP=COLONNE"),
        (["import", "liste.csv", "--yes", "--map", "x=nom"], "« x » n’est pas un champ"),
        (["import", "liste.csv", "--yes", "--map", "nom=x"], "aucune colonne « x »"),
        (["import", "liste.csv", "other.csv"], "un mot de trop"),
        (["import", "nothing.csv", "--yes"], "nothing.csv : ce fichier ou ce dossier n’existe pas"),
        (["import", ".", "--yes"], ". : c’est un dossier"),
        (["import", "bad.csv", "--yes"], "bad.csv : ligne 2 : guillemets mal placés"),
        (["import", "refused.csv", "--yes"], "Aucune ligne ne peut être prise"),
        (["export"], "Il manque FILE"),
        (["export", "membres.ods"], "se terminer par .csv ou .xlsx"),
        (["export", "nowhere/membres.csv"], "nowhere/membres.csv : ce fichier ou ce dossier"),
        (["imprt"], "« imprt » n’est pas une commande"),
        (["serve", "--port", "x"], "--port : un nombre entier est attendu"),
    ],
)
def test_a_wrong_argument_or_file_is_one_french_line_and_exit_code_2(
    desk: Desk, digest: Callable[[], str], words: list[str], said: str
) -> None:
    desk.file(ROSTER[0])
    (desk.folder / "bad.csv").write_text(f'{HEADINGS}\n"00875;Roy\n')
    (desk.folder / "refused.csv").write_text(f"{HEADINGS}\n12A45;Roy;Luc;1/1/1950;h1h1h1;\n")
    before = digest()
    result = desk.run(*words)
    assert result.exit_code == 2
    assert said in result.stderr
    assert result.stderr.count("\n") == 1
    assert "Traceback" not in result.output
    assert digest() == before
