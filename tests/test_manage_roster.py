"""`manage.py import` and `manage.py export`, as the office types them."""

import asyncio
import os
import pty
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from xlsxwriter import Workbook

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
    returned, screen = desk.answer(answers, "import", file, "--force")
    assert "Appliquer ce plan ?" in screen
    assert returned == code, screen
    assert desk.names()["00875"] == first_name
    assert len(desk.names()) == members


def _wait_until_it_sleeps(pid: int) -> None:
    """Until its main thread waits for a key: between prompt and reading a signal is not seen."""
    stat = Path(f"/proc/{pid}/stat")
    while stat.read_text().rpartition(")")[2].split()[0] != "S":
        time.sleep(0.01)
    time.sleep(0.05)


@pytest.mark.parametrize("keys", [[b"\x03"], [b"oui\r", b"\x03"]])
def test_one_ctrl_c_at_a_question_ends_it(
    desk: Desk, digest: Callable[[], str], keys: list[bytes]
) -> None:
    before = digest()
    file = desk.file(ZOE, "01234;Roy;Luc;1/1/1950;h1h1h1;")
    leader, follower = pty.openpty()
    with subprocess.Popen(
        [sys.executable, MANAGE, "import", file, "--force"],
        env={**os.environ, "PORTAL_DATABASE": str(desk.settings.database)},
        preexec_fn=lambda: os.login_tty(follower),  # its terminal: Ctrl-C reaches it
    ) as process:
        os.close(follower)
        screen = b""
        for key in keys:
            while not screen.endswith(b"[oui/non]: "):
                screen += os.read(leader, 1)
            _wait_until_it_sleeps(process.pid)
            os.write(leader, key)
            screen += b"|"
        try:
            while part := os.read(leader, 4096):
                screen += part
        except OSError:
            pass
        assert process.wait() == 1
    os.close(leader)
    assert screen.decode().endswith("Interrompu : rien de plus n’est fait.\r\n")
    assert "Traceback" not in screen.decode()
    assert digest() == before


def test_yes_gives_no_matricule_to_another_person_but_with_successors(desk: Desk) -> None:
    file = desk.file(ZOE, "01234;Roy;Luc;1/1/1950;h1h1h1;")
    result = desk.run("import", file, "--yes", "--force")
    assert result.exit_code == 0
    assert "Matricules laissés à la personne d’avant : 1 (--successors" in result.output
    assert desk.names()["00875"] == "François"
    assert desk.names()["01234"] == "Luc"
    assert desk.run("import", file, "--yes", "--force", "--successors").exit_code == 0
    assert desk.names()["00875"] == "Zoé"


def test_many_matricules_that_pass_to_another_person_want_force(
    desk: Desk, digest: Callable[[], str]
) -> None:
    file = desk.file(ZOE)
    before = digest()
    result = desk.run("import", file, "--yes", "--successors")
    assert result.exit_code == 2
    assert "1 matricules sur 5 passeraient à une autre personne" in result.stderr
    assert "triée seule" in desk.run("import", file, "--dry-run").output
    assert digest() == before
    desk.run("import", FILES / "utf8-comma.csv", "--yes", "--force")  # 123 active members
    text = (FILES / "utf8-comma.csv").read_text("utf-8").splitlines()
    other = "33163,Roy,Zoé,1960-01-01,H1H 1H1"
    file.write_text("\n".join([text[0], other]), "utf-8")
    assert desk.run("import", file, "--yes", "--successors").exit_code == 0
    assert desk.names()["33163"] == "Zoé"


def test_the_operator_names_the_sheet_and_hears_which_are_left(desk: Desk) -> None:
    file = desk.folder / "liste.xlsx"
    with Workbook(file) as book:
        for name, matricule in (("Actifs", "01234"), ("Anciens", "05678")):
            sheet = book.add_worksheet(name)
            sheet.write_row(0, 0, HEADINGS.split(";"))
            sheet.write_row(1, 0, [matricule, "Roy", "Luc", "1/1/1950", "h1h1h1"])
    result = desk.run("import", file, "--dry-run")
    assert "Lu : feuille « Actifs » (laissées : « Anciens »), 1 ligne(s)." in result.output
    assert desk.run("import", file, "--yes", "--sheet", "anciens").exit_code == 0
    assert "05678" in desk.names()
    wrong = desk.run("import", file, "--yes", "--sheet", "x")
    assert wrong.exit_code == 2
    assert wrong.stderr == "--sheet : aucune feuille « x » ; « Actifs », « Anciens ».\n"


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


def test_force_gives_no_matricule_away(desk: Desk) -> None:
    file = desk.file(ZOE)
    result = desk.run("import", file, "--yes", "--absent", "deactivate", "--force")
    assert result.exit_code == 0
    assert desk.names() == {"00875": "François"}


def test_a_total_below_the_list_is_no_member_who_cannot_be_told(desk: Desk) -> None:
    desk.run("import", FILES / "utf8-comma.csv", "--yes")
    file = desk.folder / "liste.csv"
    file.write_text((FILES / "utf8-comma.csv").read_text("utf-8") + "Total,120,,,\n", "utf-8")
    assert desk.run("import", file, "--yes", "--absent", "deactivate").exit_code == 0
    assert len(desk.names()) == 120


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


HARD = FILES / "hard"


def test_the_operator_says_the_order_of_dates(desk: Desk) -> None:
    asked = desk.run("import", HARD / "mdy.csv", "--yes", "--force")
    assert asked.exit_code == 2
    assert "--dates mdy" in asked.stderr
    assert asked.stderr.count("\n") == 1
    done = desk.run("import", HARD / "mdy.csv", "--yes", "--dates", "mdy")
    assert "comme --dates le demande" in done.output
    assert desk.names()["00102"] == "Lise"


def test_the_operator_leaves_hidden_rows(desk: Desk) -> None:
    assert desk.run("import", HARD / "filtered.xlsx", "--yes", "--hidden", "skip").exit_code == 0
    assert "00102" not in desk.names()
    assert "00103" in desk.names()


def test_the_operator_empties_a_column_on_purpose(desk: Desk) -> None:
    file = desk.file(*(text.rpartition(";")[0] + ";" for text in ROSTER))
    kept = desk.run("import", file, "--yes")
    assert "celles du dossier restent (--clear courriel les efface)" in kept.output
    assert kept.output.endswith("Rien à changer.\n")
    done = desk.run("import", file, "--yes", "--clear", "courriel")
    assert done.output.endswith("C’est fait.\n")
    none = desk.run(
        "import", FILES / "utf8-comma.csv", "--dry-run", "--clear", "courriel", "--force"
    )
    assert none.exit_code == 2
    assert "--clear" in none.stderr


def test_a_mass_change_of_one_fact_wants_force(desk: Desk, digest: Callable[[], str]) -> None:
    assert desk.run("import", HARD / "base20.csv", "--yes").exit_code == 0
    before = digest()
    result = desk.run("import", HARD / "sorted-dob.csv", "--yes")
    assert result.exit_code == 2
    assert "20 membres sur 25 changeraient de date de naissance" in result.stderr
    assert "    ligne 2, 20101 : 1940-01-01 → 1959-08-22" in result.output
    assert digest() == before
    assert desk.run("import", HARD / "sorted-dob.csv", "--yes", "--force").exit_code == 0
    assert digest() != before


@pytest.mark.parametrize(("setting", "members"), [("canada", 2), ("any", 4)])
def test_postal_codes_of_other_countries_are_a_setting(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, setting: str, members: int
) -> None:
    monkeypatch.setenv("PORTAL_POSTAL_CODES", setting)
    result = desk.run("import", HARD / "postal-abroad.csv", "--yes")
    assert result.exit_code == 0
    assert len(desk.names()) == 5 + members


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
        (["import", "liste.csv", "--dates", "x"], "--dates : dmy ou mdy ou ymd est attendu"),
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
        (["import", "/dev/null", "--yes"], "/dev/null : il faut un fichier"),
        (["import", "a" * 300, "--yes"], "ce nom de fichier est trop long"),
        (["serve", "--port", "x"], "--port : un nombre de 1 à 65535 est attendu"),
        (["serve", "--port", "99999"], "--port : un nombre de 1 à 65535 est attendu"),
        (["mail", "list", "--limit", "0"], "--limit : un nombre de 1 à 100000 est attendu"),
        (["mail", "retry", "0"], "ID : un nombre d’au moins 1 est attendu"),
        (["serve", "--host", "no.such.host.invalid"], "n’est pas une adresse connue"),
    ],
)
def test_a_wrong_argument_or_file_is_one_french_line_and_exit_code_2(
    desk: Desk, digest: Callable[[], str], words: list[str], said: str
) -> None:
    desk.file(ROSTER[0])
    (desk.folder / "bad.csv").write_text(f'{HEADINGS}\n"00875{";Roy" * 9}\n')
    (desk.folder / "refused.csv").write_text(f"{HEADINGS}\n12A45;Roy;Luc;1/1/1950;h1h1h1;\n")
    before = digest()
    result = desk.run(*words)
    assert result.exit_code == 2
    assert said in result.stderr
    assert result.stderr.count("\n") == 1
    assert "Traceback" not in result.output
    assert digest() == before
