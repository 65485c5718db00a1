"""The kinds of file that people who keep lists bring, each as a secretary expects it to be taken.

The files are made up; what is expected of each stands in the table below.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from roster.headings import UnknownColumn
from roster.objections import objections
from roster.reading import Choices
from roster.report import report
from roster.tables import UnreadableFile
from tests.roster.conftest import Office

HARD = Path(__file__).parent / "files" / "hard"

Facts = dict[str, tuple[str | None, ...]]


@dataclass(frozen=True)
class Hard:
    """A file, and what it gives: refused whole, or its plan's report and what is then on file."""

    file: str
    refused: str = ""
    """What the one sentence says that refuses the file as a whole."""
    choices: Choices = field(default_factory=Choices)
    first: str = ""
    """A file that was loaded before it."""
    said: Iterable[str] = ()
    unsaid: Iterable[str] = ()
    insist: str = ""
    """What the plan wants `--force` for."""
    on_file: Facts = field(default_factory=dict)
    """Columns of `member` and what they hold, by matricule."""


BORN = ("1940-01-01", "1941-02-08", "1942-03-15")
TABLE = (
    Hard("mdy.csv", refused=r"mois d’abord \(« 03/25/1948 », ligne 3\).*--dates mdy"),
    Hard(
        "mdy.csv",
        choices=Choices(dates="mdy"),
        said=("4 lue(s) mois d’abord (MM/JJ/AAAA), comme --dates le demande", "Refusés : 0"),
        on_file={"birth_date": ("1950-11-07", "1948-03-25", "1961-06-02", "1955-12-31")},
    ),
    Hard(
        "base20-resaved-english-excel.csv",
        first="base20.csv",
        refused="--dates mdy",
        on_file={"birth_date": BORN},
    ),
    Hard(
        "base20-resaved-english-excel.csv",
        first="base20.csv",
        choices=Choices(dates="mdy"),
        said=("Inchangés : 20",),
        on_file={"birth_date": BORN},
    ),
    Hard(
        "sorted-dob.csv",
        first="base20.csv",
        insist="20 membres sur 20 changeraient de date de naissance",
        said=("date de naissance, par exemple :", "ligne 2, 20101 : 1940-01-01 → 1959-08-22"),
    ),
    Hard("line-number.csv", refused='--map matricule=No ; sinon .* matricule="No de carte"'),
    Hard(
        "line-number.csv",
        choices=Choices({"matricule": "No de carte"}),
        said=("matricule = « No de carte » (--map)", "Laissées de côté : « No »."),
        on_file={"matricule": ("20415", "20416", "20417")},
    ),
    Hard("no-rue.csv", refused='la colonne « No » .* matricule="No de membre actif"'),
    Hard(
        "no-rue.csv",
        choices=Choices({"matricule": "No de membre actif"}),
        said=("Laissées de côté : « No », « Rue ».",),
        on_file={"matricule": ("20415", "20416", "20417")},
    ),
    Hard(
        "macroman-fr.csv",
        said=("Lu : texte Macintosh",),
        on_file={"family_name": ("Labonté", "Lefèvre"), "first_name": ("André", "François")},
    ),
    Hard(
        "mojibake.csv",
        said=("Accents remis : « CÃ´me » est lu « Côme ».",),
        on_file={"family_name": ("Côme", "Labonté")},
    ),
    Hard("locked.xlsx", refused="protégé par un mot de passe"),
    Hard(
        "d1904-general.xlsx",
        said=("3 numéro(s) de jour du tableur, comptés depuis 1904",),
        on_file={"birth_date": ("1950-11-07", "1948-03-25", "1961-02-06")},
    ),
    Hard(
        "filtered.xlsx",
        said=(
            "Masquées dans le classeur, prises aussi (--hidden skip les laisse) : ligne 3.",
            "« Statut » (Actif : 2, Décédée : 1) n’est pas lu",
        ),
        on_file={"matricule": ("00101", "00102", "00103")},
    ),
    Hard(
        "filtered.xlsx",
        choices=Choices(hidden=False),
        said=("Masquées dans le classeur, laissées : ligne 3.",),
        on_file={"matricule": ("00101", "00103")},
    ),
    Hard(
        "mail3-na.xlsx",
        first="mail1.csv",
        said=(
            "lignes 2 et 3, Courriel : La case montre #N/A : l’adresse du dossier reste.",
            "Inchangés : 2",
        ),
        on_file={"email": ("anne@example.ca", "paul@example.ca")},
    ),
    Hard(
        "errors.xlsx",
        said=(
            "Date de naissance : La case montre #VALEUR! (#VALUE!)",
            "Code postal : La case montre #N/A",
            "Refusés : 1",
        ),
        unsaid=("La case est vide",),
    ),
    Hard(
        "names-invisible.csv",
        said=("lignes 2 et 3, Nom : Des signes qui ne se voient pas ont été enlevés.",),
        on_file={
            "matricule": ("00109", "00110", "00111", "00112"),
            "family_name": ("Tremblay", "Gagnon", "Roy", "Roy"),
            "postal_code": ("J4K 2T9",) * 4,
        },
    ),
    Hard(
        "matricule-prefix.csv",
        said=("Matricules : lus sans « M- », commun à tous.",),
        on_file={"matricule": ("00875", "00876", "00877", "00878", "00879")},
    ),
    Hard(
        "month-names.csv",
        said=("6 en lettres ; 1 année(s) à deux chiffres lue(s) 19xx",),
        on_file={
            "birth_date": (
                *("1950-11-07", "1948-03-25", "1950-11-07"),
                *("1950-11-07", "1950-11-07", "1950-05-01"),
            )
        },
    ),
    Hard(
        "emails.csv",
        said=(
            "Courriel : Ce n’est pas une adresse",
            "lignes 5 et 13, Courriel : Plusieurs adresses",
            "Refusés : 0",
        ),
        on_file={
            "email": (
                *(None,) * 4,
                "jean@gmail.com",
                "jean@gmail.com",
                "jean@gmail.com",
                *(None,) * 3,
                "JEAN@gmail.com",
                *(None,) * 4,
            )
        },
    ),
    Hard("html.xls", refused=r"page Web .*Classeur Excel \(\.xlsx\)"),
    Hard(
        "inch.csv",
        said=("Laissées de côté : « Note ».",),
        on_file={"matricule": ("00101", "00102")},
    ),
    Hard("dup-bracket.csv", refused=r'--map matricule=Matricule ou .*"Matricule \(ancien\)"'),
    Hard(
        "dup-bracket.csv",
        choices=Choices({"matricule": "Matricule"}),
        on_file={"matricule": ("00101",)},
    ),
    Hard(
        "dup-bracket.csv",
        choices=Choices({"matricule": "Matricule (ancien)"}),
        said=("Laissées de côté : « Matricule ».",),
        on_file={"matricule": ("00202",)},
    ),
    Hard(
        "prenumbered.xlsx",
        said=("Numérotées mais vides, passées : lignes 5 à 300 (296)", "Refusés : 0"),
        on_file={"matricule": ("00101", "00102", "00103")},
    ),
    Hard(
        "nom-nee.csv",
        said=(
            "ligne 2, Nom : Plusieurs noms",
            "ligne 3, Nom : Un titre",
            "lignes 4 et 5, Nom : Le prénom est aussi",
            "ligne 4, Nom : Cette personne semble décédée",
            "ligne 6, Prénom : Écrivez au moins une lettre.",
            "ligne 7, Nom : Deux personnes",
            "lignes 8 et 10, Nom : Ceci semble tenir la place",
            "lignes 8 à 10 (3), Date de naissance : Ceci semble tenir la place",
            "ligne 8, Code postal : Ceci semble tenir la place",
        ),
        on_file={"family_name": ("Lévesque née Roy", "Mme Gagnon", "Feu Jean Dion")},
    ),
    Hard(
        "postal-abroad.csv",
        said=(
            "lignes 2 et 3, Code postal : Ce n’est pas un code postal canadien",
            "PORTAL_POSTAL_CODES=any",
        ),
        on_file={"postal_code": ("J7J 8G8", "J7J 8G8")},
    ),
    Hard(
        "postal-abroad.csv",
        choices=Choices(abroad=True),
        said=("lignes 2 et 3, Code postal : Code postal d’un autre pays.",),
        on_file={"postal_code": ("33139", "75011", "J7J 8G8", "J7J 8G8")},
    ),
    Hard("short-typo.csv", said=("ligne 4, Matricule : Zéros remis : 2010 est lu 02010.",)),
    Hard("headerless.csv", refused="la ligne d’en-têtes manque"),
)


@pytest.mark.parametrize(
    "hard", TABLE, ids=[f"{number}-{hard.file}" for number, hard in enumerate(TABLE)]
)
async def test_a_hard_file_gives_what_a_secretary_expects(new_office: Office, hard: Hard) -> None:
    if hard.first:
        await new_office.load(HARD / hard.first)
    if hard.refused:
        with pytest.raises((UnreadableFile, UnknownColumn), match=hard.refused):
            await new_office.plan(HARD / hard.file, hard.choices)
    else:
        plan = await new_office.plan(HARD / hard.file, hard.choices)
        report_ = (
            "\n".join(report(plan, deactivate=False)).replace("\u00a0", " ").replace("\u202f", " ")
        )
        for words in hard.said:
            assert words in report_
        for words in hard.unsaid:
            assert words not in report_
        insisted = [str(one.sentence % one.values) for one in objections(plan, deactivate=False)]
        assert [one for one in insisted if hard.insist not in one] == []
        assert bool(insisted) is bool(hard.insist)
        if not insisted:
            await new_office.load(HARD / hard.file, hard.choices)
    for column, values in hard.on_file.items():
        found = new_office.all(f"SELECT {column} FROM member ORDER BY matricule")
        assert tuple(value for (value,) in found)[: len(values)] == values
        assert len(found) == len(values) or hard.first or column == "family_name"
