"""The office's words for the columns."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from roster.headings import UnknownColumn
from roster.reading import Choices, Line, RefusedLine, RosterFile
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
        "Matricule;Nom du membre;Prénom du membre;Naissance du membre;Code postal du membre",
        "Nº membre;Nom de naissance;Prénom;Birthdate;Zip",
        "Matr.;Nom;Prénom;Naissance;CP",
        "Member No;Last name;First name;Birth date;Postal code",
        '"Numéro de\nmatricule";Nom;Prénom;"Date de\r\nnaissance";"Code\npostal"',
        "MATRICULE;Noms;Prénoms;Date de naissance (JJ/MM/AAAA);Code Postal",
    ],
)
def test_the_words_of_offices_are_known(write_file: Callable[..., Path], headings: str) -> None:
    (line,) = RosterFile(write_file(PERSON, headings=headings)).lines(TODAY)
    assert isinstance(line, Line)
    assert replace(line, number=2) == TAKEN


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
    assert list(RosterFile(file, Choices({"Matricule": "DOSSIER"})).lines(TODAY)) == [TAKEN]


def test_two_columns_for_one_field_are_for_the_operator_to_choose(
    write_file: Callable[..., Path],
) -> None:
    file = write_file(f"{PERSON};12345", headings="Matricule;Nom;Prénom;DDN;CP;No membre")
    with pytest.raises(UnreadableFile, match="deux colonnes pour « matricule »"):
        RosterFile(file)
    (line,) = RosterFile(file, Choices({"matricule": "no membre"})).lines(TODAY)
    assert isinstance(line, Line)
    assert line.matricule == "12345"


@pytest.mark.parametrize(
    ("mapping", "said"),
    [
        ({"telephone": "Nom"}, "« telephone » n’est pas un champ"),
        ({"nom": "Patronyme"}, "aucune colonne « Patronyme »"),
        ({"nom": "Nom", "prenom": "NOM"}, "la colonne « NOM » sert deux champs, nom et prenom"),
        ({"nom": "Nom", "Nom": "Prénom"}, "--map nom est donné deux fois"),
    ],
)
def test_a_wrong_mapping_is_said(
    write_file: Callable[..., Path], mapping: dict[str, str], said: str
) -> None:
    with pytest.raises(UnknownColumn, match=said):
        RosterFile(write_file(PERSON, headings="Matricule;Nom;Prénom;DDN;CP"), Choices(mapping))


def test_a_column_whose_name_is_a_sign_is_compared_as_it_stands(
    write_file: Callable[..., Path],
) -> None:
    file = write_file(f"+;{PERSON}", headings="*;#;Nom;Prénom;Naissance;CP")
    assert list(RosterFile(file, Choices({"matricule": "#"})).lines(TODAY)) == [TAKEN]


@pytest.mark.parametrize(
    "headings",
    [
        "No;Matricule;Nom;Nom de naissance;Prénom;DDN;CP",
        "N°;No membre;Nom;Nom de naissance;Prénom;DDN;CP",
    ],
)
def test_lists_that_number_their_lines_have_another_matricule(
    write_file: Callable[..., Path], headings: str
) -> None:
    file = write_file("1;00875;Roy;Tremblay;Luc;07/11/1950;J7J 8G8", headings=headings)
    assert list(RosterFile(file).lines(TODAY)) == [TAKEN]


@pytest.mark.parametrize("both", ["Nom, prénom", "Prénom et nom", "NOM COMPLET"])
def test_two_names_in_one_column_are_to_be_split(
    write_file: Callable[..., Path], both: str
) -> None:
    file = write_file("00875;Roy, Luc;07/11/1950;J7J 8G8", headings=f"Matricule;{both};DDN;CP")
    with pytest.raises(UnreadableFile, match=f"la colonne « {both} » .* séparez-la en deux"):
        RosterFile(file)


def test_what_a_file_says_is_told_short_and_on_one_line(write_file: Callable[..., Path]) -> None:
    file = write_file(
        PERSON,
        headings=";".join(['"Tél.\n\x1b[31m"', "x" * 100_000, *(f"c{n}" for n in range(30))]),
    )
    with pytest.raises(UnreadableFile) as refusal:
        RosterFile(file)
    said = str(refusal.value)
    assert len(said) < 400
    assert said.isprintable()
    assert "« Tél. [31m »" in said
    assert "et 20 autre(s)" in said


def test_the_reasons_name_a_wrapped_heading_on_one_line(write_file: Callable[..., Path]) -> None:
    file = write_file(
        "00875;Roy;Luc;;J7J 8G8", headings='Matricule;Nom;Prénom;"Date de\nnaissance";CP'
    )
    (line,) = RosterFile(file).lines(TODAY)
    assert isinstance(line, RefusedLine)
    assert line.reasons[0][0] == "Date de naissance"
