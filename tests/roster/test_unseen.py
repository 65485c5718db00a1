"""What workbooks have beside their values: hidden rows, errors, days since 1904, passwords."""

import zipfile
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from xlsxwriter import Workbook

from roster.opening import tables
from roster.tables import Fault, Row, UnreadableFile

HARD = Path(__file__).parent / "files" / "hard"
CONTENT = """<office:document-content
 xmlns:office="urn:oasis:names:tc:opendocument:xmlns:office:1.0"
 xmlns:table="urn:oasis:names:tc:opendocument:xmlns:table:1.0"
 xmlns:text="urn:oasis:names:tc:opendocument:xmlns:text:1.0"
 xmlns:c="urn:org:documentfoundation:names:experimental:calc:xmlns:calcext:1.0"
 office:version="1.2"><office:body><office:spreadsheet>
<table:calculation-settings><table:null-date table:date-value="1904-01-01"/>
</table:calculation-settings>
<table:table table:name="A">
<table:table-row>
<table:table-cell office:value-type="string"><text:p>a</text:p></table:table-cell>
</table:table-row>
<table:table-row table:visibility="filter" table:number-rows-repeated="2">
<table:table-cell table:number-columns-repeated="2" office:value-type="string"><text:p>b</text:p>
</table:table-cell>
<table:table-cell office:value-type="string" office:string-value="" c:value-type="error">
<text:p>#N/A</text:p></table:table-cell>
</table:table-row>
<table:table-row>
<table:table-cell office:value-type="float" office:value="17112"><text:p>17112</text:p>
</table:table-cell>
</table:table-row>
</table:table></office:spreadsheet></office:body></office:document-content>"""


def read(file: Path) -> list[Row]:
    (table,) = tables(file)
    return list(table.rows())


def rewritten(file: Path, part: str, old: bytes, new: bytes) -> Path:
    """The workbook with that part of it changed."""
    other = file.with_name(f"other-{file.name}")
    with zipfile.ZipFile(file) as whole, zipfile.ZipFile(other, "w") as changed:
        for name in whole.namelist():
            content = whole.read(name)
            assert name != part or old in content
            changed.writestr(name, content.replace(old, new) if name == part else content)
    return other


@pytest.fixture
def sheet(tmp_path: Path) -> Path:
    """An .xlsx with a hidden row, errors, a formula of empty text and one never calculated."""
    file = tmp_path / "liste.xlsx"
    with Workbook(file) as book:
        page = book.add_worksheet()
        page.write_row("B2", ["x", "y"])
        page.write_row("B3", ["hidden", 1])
        page.set_row(2, None, None, {"hidden": True})
        page.write_formula("B4", "=NA()", None, "#N/A")
        page.write_formula("D4", "=1/0", None, "#DIV/0!")
        page.write_formula("B5", "=1+1", None, "")
        page.write_formula("C5", '=""', None, "")
        page.write_string("B6", "end")
    return rewritten(file, "xl/worksheets/sheet1.xml", b'<c r="C5"><f>', b'<c r="C5" t="str"><f>')


EXPECTED = [
    Row(2, ["", "x", "y", ""]),
    Row(3, ["", "hidden", 1.0, ""], hidden=True),
    Row(4, ["", Fault("#N/A"), "", Fault("#DIV/0!")]),
    Row(5, ["", Fault(""), "", ""]),
    Row(6, ["", "end", "", ""]),
]


def test_an_xlsx_tells_hidden_rows_and_errors_where_they_are(sheet: Path) -> None:
    assert read(sheet) == EXPECTED


def test_so_does_one_with_prefixed_names(sheet: Path) -> None:
    """As some libraries of .NET write it."""
    part = "xl/worksheets/sheet1.xml"
    prefixed = sheet
    for name in (b"worksheet", b"sheetData", b"row", b"c", b"v", b"f"):
        for old, new in ((b"<%b" % name, b"<x:%b" % name), (b"</%b>" % name, b"</x:%b>" % name)):
            for after in (b" ", b">", b""):
                if after or old.startswith(b"</"):
                    try:
                        prefixed = rewritten(prefixed, part, old + after, new + after)
                    except AssertionError:
                        continue
    prefixed = rewritten(prefixed, part, b"xmlns=", b"xmlns:x=")
    with zipfile.ZipFile(prefixed) as archive:
        assert b"<x:row" in archive.read(part)
    assert [row.hidden for row in read(prefixed)] == [row.hidden for row in EXPECTED]


def test_an_ods_tells_them_too(tmp_path: Path) -> None:
    file = tmp_path / "liste.ods"
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.spreadsheet")
        archive.writestr("content.xml", CONTENT.replace("\n<", "<"))
        archive.writestr(
            "META-INF/manifest.xml",
            "<m:manifest xmlns:m='urn:oasis:names:tc:opendocument:xmlns:manifest:1.0'/>",
        )
    assert read(file) == [
        Row(1, ["a", "", ""]),
        Row(2, ["b", "b", Fault("#N/A")], hidden=True),
        Row(3, ["b", "b", ""], hidden=True),
        Row(4, [17112.0, "", ""]),
    ]
    assert tables(file)[0].zero == date(1904, 1, 1)


def test_an_xls_tells_them_too() -> None:
    rows = read(HARD / "hidden.xls")
    assert [row.hidden for row in rows] == [False, False, True, False]
    assert rows[3].cells[5] == Fault("#N/A")
    assert rows[1].cells[3] == date(1950, 11, 7)
    assert tables(HARD / "d1904.xls")[0].zero == date(1904, 1, 1)


@pytest.mark.parametrize("name", ["d1904-general.xlsx", "d1904.xls"])
def test_bare_numbers_count_from_1904_where_the_workbook_does(name: str) -> None:
    (table,) = tables(HARD / name)
    assert table.zero == date(1904, 1, 1)


def zipped(file: Path, **parts: Any) -> Path:
    with zipfile.ZipFile(file, "w") as archive:
        for name, content in parts.items():
            archive.writestr(name.replace("__", "/"), content)
    return file


RELATIONS = """<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">
<Relationship Id="r" Type="http://x/officeDocument" Target="%s"/></Relationships>"""


def test_a_password_is_told_whatever_the_file_is_called(tmp_path: Path) -> None:
    locked = tmp_path / "liste.csv"
    locked.write_bytes((HARD / "locked.xlsx").read_bytes())
    ods = zipped(
        tmp_path / "liste.ods",
        mimetype="application/vnd.oasis.opendocument.spreadsheet",
        **{"content.xml": b"\1", "META-INF__manifest.xml": "<x><encryption-data/></x>"},
    )
    xls = tmp_path / "liste.xls"
    xls.write_bytes(
        # The record of the first sheet's place turned into the one of a password.
        (HARD / "hidden.xls").read_bytes().replace(b"\x85\x00\x0f\x00", b"\x2f\x00\x0f\x00", 1)
    )
    for file in (locked, ods, xls):
        with pytest.raises(UnreadableFile, match="protégé par un mot de passe"):
            tables(file)


def test_what_is_no_workbook_is_to_be_saved_as_one(tmp_path: Path) -> None:
    files = [
        zipped(tmp_path / "a.xlsx", **{"liste.csv": "Matricule"}),
        zipped(
            tmp_path / "b.xlsx",
            **{"_rels__.rels": RELATIONS % "word/document.xml", "word__document.xml": "<d/>"},
        ),
        zipped(tmp_path / "c.xlsb", **{"_rels__.rels": RELATIONS % "xl/workbook.bin"}),
        zipped(tmp_path / "d.odt", mimetype="application/x.text", **{"content.xml": "<x/>"}),
    ]
    for file in files:
        with pytest.raises(UnreadableFile, match=r"n’est pas un classeur .* en \.xlsx"):
            tables(file)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"<table><tr><td>Matricule", "page Web"),
        (b"\xef\xbb\xbf\r\n <!DOCTYPE html>", "page Web"),
        ('<?xml version="1.0"?><Workbook>'.encode("utf-16"), "XML"),
        (b"MIME-Version: 1.0\nX: y", "page Web"),
        (b"%PDF-1.4", "PDF"),
        (b"{\\rtf1", "RTF"),
        (b"BEGIN:VCARD\nN:Roy", "vCard"),
    ],
)
def test_nor_is_another_thing_with_a_workbook_s_name(
    tmp_path: Path, content: bytes, said: str
) -> None:
    file = tmp_path / "liste.xls"
    file.write_bytes(content)
    with pytest.raises(UnreadableFile, match=rf"{said}.*Classeur Excel \(\.xlsx\)"):
        tables(file)
