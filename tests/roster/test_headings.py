"""The office's words for the columns."""

from collections.abc import Callable
from pathlib import Path

import pytest

from roster.headings import UnknownColumn
from roster.reading import Line, RosterFile
from roster.tables import UnreadableFile
from tests.roster.conftest import TODAY

PERSON = "00875;Roy;Luc;07/11/1950;J7J 8G8"
TAKEN = Line(2, "00875", "Roy", "Luc", "1950-11-07", "J7J 8G8", None)


@pytest.mark.parametrize(
    "headings",
    [
        "No matricule;NOM;PRÉNOM;DDN;CP",
        "Matricule;Nom de famille;Prénom;Date de naissance;Code postal",
        "N° de membre;Nom du membre;Prénom usuel;D.D.N.;C.P.",
        "matricule;nom;prenom;naissance;code_postal",
        "N° de membre;Nom;Prénom;Né(e) le;C.P.",
        "Numéro de matricule ;Nom (famille);PRENOM;DATE NAISS.;CODE  POSTAL",
        "MATRICULE;Noms;Prénoms;Date de naissance (JJ/MM/AAAA);Code Postal",
    ],
)
def test_the_words_of_offices_are_known(write_file: Callable[..., Path], headings: str) -> None:
    assert list(RosterFile(write_file(PERSON, headings=headings)).lines(TODAY)) == [TAKEN]


def test_columns_come_in_any_order_among_others(write_file: Callable[..., Path]) -> None:
    file = write_file(
        "rouge;J7J 8G8;Luc;l.roy@example.org;Roy;x;07/11/1950;00875",
        headings="Couleur;CP;Prénom;Adresse courriel;Nom;;DDN;Matricule",
    )
    (line,) = RosterFile(file).lines(TODAY)
    assert line == Line(2, "00875", "Roy", "Luc", "1950-11-07", "J7J 8G8", "l.roy@example.org")


def test_the_operator_names_a_column(write_file: Callable[..., Path]) -> None:
    file = write_file(PERSON, headings="Dossier;Nom;Prénom;Naissance;CP")
    with pytest.raises(UnreadableFile, match=r"introuvable : matricule .*--map matricule="):
        RosterFile(file)
    assert list(RosterFile(file, {"Matricule": "DOSSIER"}).lines(TODAY)) == [TAKEN]


def test_two_columns_for_one_field_are_for_the_operator_to_choose(
    write_file: Callable[..., Path],
) -> None:
    file = write_file(f"{PERSON};12345", headings="Matricule;Nom;Prénom;DDN;CP;No membre")
    with pytest.raises(UnreadableFile, match="deux colonnes pour « matricule »"):
        RosterFile(file)
    (line,) = RosterFile(file, {"matricule": "no membre"}).lines(TODAY)
    assert isinstance(line, Line)
    assert line.matricule == "12345"


@pytest.mark.parametrize(
    ("mapping", "said"),
    [
        ({"telephone": "Nom"}, "« telephone » n’est pas un champ"),
        ({"nom": "Patronyme"}, "aucune colonne « Patronyme »"),
    ],
)
def test_a_wrong_mapping_is_said(
    write_file: Callable[..., Path], mapping: dict[str, str], said: str
) -> None:
    with pytest.raises(UnknownColumn, match=said):
        RosterFile(write_file(PERSON, headings="Matricule;Nom;Prénom;DDN;CP"), mapping)
