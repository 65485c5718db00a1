"""The files that offices really have, each as a person would expect it to be taken."""

from pathlib import Path

import pytest

from roster.headings import find_headings
from roster.opening import tables
from tests.roster.conftest import Office

FILES = Path(__file__).parent / "files"
WHOLE = (
    ("utf8-comma.csv", "texte UTF-8, virgule"),
    ("excel-utf8-bom.csv", "texte UTF-8, point-virgule"),
    ("excel-fr-windows1252.csv", "texte Windows-1252, point-virgule"),
    ("tabs-utf16.txt", "texte UTF-16, tabulation"),
    ("excel-numeric-matricules.xlsx", "feuille « Membres »"),
)
FACTS = "SELECT matricule, family_name, first_name, birth_date, postal_code FROM member ORDER BY 1"


@pytest.mark.parametrize(("name", "description"), WHOLE)
async def test_every_line_of_a_sound_file_is_taken(
    new_office: Office, name: str, description: str
) -> None:
    plan = await new_office.load(FILES / name)
    assert plan.file.headings.table.description == description
    assert (plan.new_count, plan.refused) == (120, [])
    taken = new_office.all(FACTS)
    assert len(taken) == 120
    for person in (
        ("00875", "Lapointe", "François", "1950-11-07", "J7J 8G8"),
        ("33163", "Lapointe", "Sylvie", "1985-01-02", "G7J 8H5"),
        ("06102", "Dubé", "Stéphane", "1996-11-06", "H8K 3V7"),
        ("70375", "Bœuf", "Marie", "1973-08-25", "G5G 1P4"),
        ("96979", "Van der Meer", "Éric", "1950-12-16", "J6B 1L8"),
        ("35179", "Œuvrard", "Éric", "1944-07-27", "H4L 5T8"),
        ("76322", "D'Amours", "François", "1965-02-13", "H4R 1K1"),
        ("89762", "Dubé", "Jean", "1997-08-20", "H5J 2B3"),
    ):
        assert person in taken


async def test_the_five_sound_files_tell_the_same_roster(new_office: Office) -> None:
    await new_office.load(FILES / WHOLE[0][0])
    for name, _ in WHOLE[1:4]:
        plan = await new_office.plan(FILES / name)
        assert (plan.unchanged_count, plan.absent_count) == (120, 0)
    # The workbook is the only one that has e-mails: of every third member.
    workbook = await new_office.plan(FILES / WHOLE[4][0])
    assert (workbook.unchanged_count, workbook.changed_count) == (80, 40)
    assert workbook.changed_fields["email"].count == 40
    assert sum(changes.count for changes in workbook.changed_fields.values()) == 40


async def test_the_workbook_starts_below_its_title_and_gets_its_zeros_back(
    new_office: Office,
) -> None:
    file = FILES / "excel-numeric-matricules.xlsx"
    headings = find_headings(tables(file), {})
    assert headings.row.number == 3
    plan = await new_office.load(file)
    (zeros,) = plan.remarks
    assert len(zeros.numbers) == 12
    assert zeros.said.sentence.startswith("Zéros remis")
    assert new_office.all("SELECT email FROM member WHERE matricule = '00875'") == [
        ("membre0@example.org",)
    ]


async def test_the_broken_lines_are_refused_with_number_column_and_reason(
    new_office: Office,
) -> None:
    plan = await new_office.load(FILES / "broken-lines.csv")
    refused = [
        (line.number, column, str(reason))
        for line in plan.refused
        for column, reason in line.reasons
    ]
    twice = "Ce matricule est aussi à une autre ligne, avec d’autres renseignements."
    assert refused == [
        (4, "matricule", "Un matricule a cinq chiffres, sans rien devant ni derrière."),
        (
            5,
            "date_naissance",
            "Vérifiez le jour et le mois : cette date n’existe pas au calendrier.",
        ),
        (
            6,
            "code_postal",
            "Vérifiez les lettres du code postal : jamais D, F, I, O, Q ni U.",
        ),
        (7, "date_naissance", "La case est vide."),
        (7, "code_postal", "La case est vide."),
        (8, "matricule", twice),
        (9, "matricule", twice),
        (10, "nom", "La case est vide."),
        (
            11,
            "date_naissance",
            "Vérifiez l’année : cette date est à venir.",
        ),
        (
            12,
            "nom",
            "La case est une formule sans résultat : ouvrez la liste dans Excel et enregistrez-la.",
        ),
        (13, "matricule", "Le matricule compte cinq chiffres, zéros compris : écrivez 00875."),
    ]
    assert (plan.new_count, plan.repeated_count) == (10, 1)
    assert [row[0] for row in new_office.all(FACTS)] == [
        "00875", "06102", "14849", "28895", "33163", "58321", "60664", "69744", "80372", "95114",
    ]  # fmt: skip
