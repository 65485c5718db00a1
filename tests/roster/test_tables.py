"""Encodings, separators and workbooks."""

import os
import zipfile
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest
from xlsxwriter import Workbook

from roster.headings import find_headings
from roster.opening import tables
from roster.reading import Choices, Line, RosterFile
from roster.tables import UnknownSheet, UnreadableFile
from tests.roster.conftest import HEADINGS, TODAY

PERSON = "00875;Lœuvrard;Françoise;07/11/1950;J7J 8G8;"

ODS_CONTENT = """<?xml version="1.0" encoding="UTF-8"?>
<office:document-content xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0"
 xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0"
 xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0" office:version="1.2">
<office:body><office:spreadsheet><table:table table:name="Membres">
<table:table-row><table:table-cell office:value-type="string"><text:p>Notre liste</text:p>
</table:table-cell></table:table-row>
<table:table-row>%s</table:table-row>
<table:table-row>
<table:table-cell office:value-type="float" office:value="875"><text:p>875</text:p>
</table:table-cell>
<table:table-cell office:value-type="string"><text:p>Lapointe</text:p></table:table-cell>
<table:table-cell office:value-type="string"><text:p>François</text:p></table:table-cell>
<table:table-cell office:value-type="date" office:date-value="1950-11-07"><text:p>07/11/50</text:p>
</table:table-cell>
<table:table-cell office:value-type="string"><text:p>j7j 8g8</text:p></table:table-cell>
</table:table-row></table:table></office:spreadsheet></office:body></office:document-content>"""
"""As LibreOffice writes it, once the line breaks before the tags are gone."""


def lines(file: Path) -> list[Line]:
    read = list(RosterFile(file).lines(TODAY))
    assert all(isinstance(line, Line) for line in read), read
    return read  # type: ignore[return-value]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32", "cp1252"])
@pytest.mark.parametrize("separator", [",", ";", "\t"])
def test_every_encoding_and_separator_reads_alike(
    tmp_path: Path, encoding: str, separator: str
) -> None:
    file = tmp_path / "liste.txt"
    text = "\r\n".join([HEADINGS, PERSON]).replace(";", separator)
    file.write_bytes(text.encode(encoding))
    assert lines(file) == [Line(2, "00875", "Lœuvrard", "Françoise", "1950-11-07", "J7J 8G8", None)]


def test_utf_16_of_the_other_byte_order(tmp_path: Path) -> None:
    file = tmp_path / "liste.txt"
    file.write_bytes(b"\xfe\xff" + f"{HEADINGS}\n{PERSON}".encode("utf-16-be"))
    assert lines(file)[0].family_name == "Lœuvrard"


def test_a_letter_beyond_the_first_megabyte_decides_on_the_encoding(tmp_path: Path) -> None:
    file = tmp_path / "liste.csv"
    blank = ";;;;;\n" * 200_000
    file.write_bytes(f"{HEADINGS}\n{blank}{PERSON}".encode("cp1252"))
    assert lines(file)[0].first_name == "Françoise"


def test_numbers_are_those_of_the_file_where_a_quoted_cell_has_several_lines(
    tmp_path: Path,
) -> None:
    file = tmp_path / "liste.csv"
    file.write_text(f'{HEADINGS};note\n{PERSON};"deux\nlignes"\n\n33163{PERSON[5:]};\n')
    assert [line.number for line in lines(file)] == [2, 5]


def test_a_quote_that_is_never_closed_swallows_nobody(tmp_path: Path) -> None:
    file = tmp_path / "liste.csv"
    file.write_text(f'{HEADINGS}\n{PERSON}\n33163;"Roy;Luc;07/11/1950;J7J 8G8;\n{PERSON}\n')
    first, wrong, last = RosterFile(file).lines(TODAY)
    assert isinstance(first, Line)
    assert isinstance(wrong, Line)
    assert (wrong.number, wrong.family_name) == (3, "Roy")
    assert isinstance(last, Line)


def test_a_workbook_gives_dates_day_numbers_and_texts_their_meaning(tmp_path: Path) -> None:
    file = tmp_path / "liste.xlsx"
    with Workbook(file) as workbook:
        workbook.add_worksheet("Notes").write_row(0, 0, ["Bonjour"])
        sheet = workbook.add_worksheet("Membres")
        day = workbook.add_format({"num_format": "dd/mm/yy"})
        sheet.write_row(4, 1, HEADINGS.split(";"))
        people = [
            ("00875", date(1950, 11, 7)),
            (33163, 18574),
            ("10411", "07/11/1950"),
            (20001, 7111950),
            (20002, 19501107),
            (77777, "1950-11-07 00:00:00"),
        ]
        for row, (matricule, born) in enumerate(people, start=6):
            sheet.write_row(row, 1, [matricule, "Roy", "Luc"])
            if isinstance(born, date):
                sheet.write_datetime(row, 4, born, day)
            else:
                sheet.write(row, 4, born)
            sheet.write(row, 5, "J7J 8G8")
    read = lines(file)
    assert {line.birth_date for line in read} == {"1950-11-07"}
    assert [line.matricule for line in read] == [str(m).zfill(5) for m, _ in people]
    assert [line.number for line in read] == [7, 8, 9, 10, 11, 12]


def test_a_workbook_is_one_whatever_its_name(tmp_path: Path) -> None:
    file = tmp_path / "liste.csv"
    file.write_bytes((Path(__file__).parent / "files/excel-numeric-matricules.xlsx").read_bytes())
    assert len(lines(file)) == 120


def test_a_year_alone_is_no_day_of_1905(tmp_path: Path) -> None:
    file = tmp_path / "liste.xlsx"
    with Workbook(file) as workbook:
        sheet = workbook.add_worksheet()
        sheet.write_row(0, 0, HEADINGS.split(";"))
        sheet.write_row(1, 0, [875, "Roy", "Luc", 1950, "J7J 8G8"])
    (line,) = RosterFile(file).lines(TODAY)
    assert not isinstance(line, Line)
    assert line.reasons[0][0] == "date_naissance"


def test_an_ods_workbook_is_read_too(tmp_path: Path) -> None:
    file = tmp_path / "liste.ods"
    headings = "".join(
        f'<table:table-cell office:value-type="string"><text:p>{words}</text:p></table:table-cell>'
        for words in ("No de membre", "NOM", "PRÉNOM", "Né(e) le", "C.P.")
    )
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        archive.writestr("content.xml", (ODS_CONTENT % headings).replace("\n<", "<"))
        archive.writestr(
            "META-INF/manifest.xml",
            "<m:manifest xmlns:m='urn:oasis:names:tc:opendocument:xmlns:manifest:1.0'/>",
        )
    (line,) = lines(file)
    assert replace(line, remarks=()) == Line(
        3, "00875", "Lapointe", "François", "1950-11-07", "J7J 8G8", None
    )


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "vide"),
        (b"PK\x03\x04 but no archive", "ne s’ouvre pas"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1 but no workbook", "ne s’ouvre pas"),
        (b"RIFF\x00\x00\x01\x00WAVE", "ni un fichier texte"),
        (b"\xef\xbb\xbfmatricule;nom\n\xe9\n", "abîmé"),
        (b"\xff\xfem\x00a\x00t", "abîmé"),
        (b"matricule;nom\x81\n", "enregistrez-le en .xlsx"),
        (b"matricule;nom\n", "colonne introuvable : prénom, date de naissance, code postal"),
        (b"Bonjour,\nvoici la liste.\n", "colonne introuvable : matricule, nom"),
        (f"{HEADINGS}\n\n;;;\n".encode(), "aucune ligne"),
    ],
)
def test_what_is_no_roster_is_refused_in_one_sentence(
    tmp_path: Path, content: bytes, said: str
) -> None:
    file = tmp_path / "liste.csv"
    file.write_bytes(content)
    with pytest.raises(UnreadableFile, match=said) as refusal:
        RosterFile(file)
    assert "\n" not in str(refusal.value)


def test_the_better_of_several_tables_is_taken(write_file: Callable[..., Path]) -> None:
    file = write_file(
        "Roy, Luc;00875;Roy;Luc;07/11/1950;J7J 8G8", headings=f"Nom, prénom;{HEADINGS}"
    )
    assert find_headings(tables(file), {}).table.description == "texte UTF-8, point-virgule"


def workbook(file: Path, *sheets: tuple[str, list[list[str]]], hidden: str = "") -> Path:
    """A workbook of those sheets."""
    with Workbook(file) as book:
        for name, rows in sheets:
            sheet = book.add_worksheet(name)
            for number, row in enumerate(rows):
                sheet.write_row(number, 0, row)
            if name == hidden:
                sheet.hide()
            else:
                sheet.activate()
    return file


TABLE = [HEADINGS.split(";"), PERSON.split(";")]
OTHER = [HEADINGS.split(";"), ["33163", *PERSON.split(";")[1:]]]
PART = [HEADINGS.split(";")[:3], PERSON.split(";")[:3]]


@pytest.mark.parametrize(
    ("sheets", "hidden", "description", "left"),
    [
        ([("A", PART), ("B", TABLE), ("C", OTHER)], "", "feuille « B »", ["A", "C"]),
        ([("A", OTHER), ("B", TABLE)], "A", "feuille « B »", ["A"]),
        ([("A", PART), ("B", TABLE)], "B", "feuille masquée « B »", ["A"]),
        ([("A", TABLE)], "", "feuille « A »", []),
    ],
)
def test_the_first_sheet_that_is_seen_and_has_all_the_fields_is_read(
    tmp_path: Path,
    sheets: list[tuple[str, list[list[str]]]],
    hidden: str,
    description: str,
    left: list[str],
) -> None:
    file = RosterFile(workbook(tmp_path / "liste.xlsx", *sheets, hidden=hidden))
    assert file.headings.table.description == description
    assert list(file.headings.left) == left
    assert [line.matricule for line in file.lines(TODAY)] == ["00875"]


def test_the_operator_names_the_sheet(tmp_path: Path) -> None:
    file = workbook(tmp_path / "liste.xlsx", ("A", TABLE), ("Été 2026", OTHER))
    assert [
        line.matricule for line in RosterFile(file, Choices(sheet="été 2026")).lines(TODAY)
    ] == ["33163"]
    with pytest.raises(UnknownSheet, match="aucune feuille « B » ; « A », « Été 2026 »"):
        RosterFile(file, Choices(sheet="B"))
    text = tmp_path / "liste.csv"
    text.write_text(f"{HEADINGS}\n{PERSON}\n")
    with pytest.raises(UnknownSheet, match="pas de feuilles"):
        RosterFile(text, Choices(sheet="A"))


@pytest.mark.parametrize("far", ["XFD1048576", "AZ1048576"])
def test_one_cell_far_away_ends_the_reading_not_the_command(tmp_path: Path, far: str) -> None:
    with Workbook(tmp_path / "liste.xlsx") as book:
        sheet = book.add_worksheet()
        for number, row in enumerate(TABLE):
            sheet.write_row(number, 0, row)
        sheet.write_string(far, " ")
    with pytest.raises(
        UnreadableFile, match=r"ne s’ouvre pas .* copiez la liste dans un nouveau classeur"
    ):
        RosterFile(tmp_path / "liste.xlsx")


def test_a_workbook_damaged_behind_its_first_rows_is_refused_whole(tmp_path: Path) -> None:
    file = workbook(tmp_path / "liste.xlsx", ("A", TABLE))
    with zipfile.ZipFile(file) as whole, zipfile.ZipFile(tmp_path / "cut.xlsx", "w") as cut:
        for name in whole.namelist():
            content = whole.read(name)
            cut.writestr(name, content[:-60] if name.endswith("sheet1.xml") else content)
    with pytest.raises(UnreadableFile, match="ne s’ouvre pas"):
        RosterFile(tmp_path / "cut.xlsx")


def test_what_is_no_file_on_a_disk_is_refused_at_once(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(UnreadableFile, match="il faut un fichier"):
        tables(tmp_path / "pipe")
