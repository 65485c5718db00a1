"""The roster for the office's spreadsheet, and back."""

import csv
import stat
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
from python_calamine import CalamineWorkbook

from db.database import Transaction
from roster.exporting import HEADINGS, export
from settings import MONTREAL
from tests.people import FRANCOIS, SYLVIE
from tests.roster.conftest import Office

FORMULA = '=HYPERLINK("http://x")@example.org'


async def frozen(office: Office) -> None:
    await office.sign_up(FRANCOIS)
    await office.sign_up(SYLVIE)

    async def write(tx: Transaction) -> None:
        await tx.execute("UPDATE account SET frozen_at = 1 WHERE member_id = 2")
        await tx.execute("UPDATE account SET created_at = 1795000000, email = ?", (FORMULA,))

    await office.db.write(write)


async def test_a_text_file_opens_rightly_in_excel(office: Office, tmp_path: Path) -> None:
    await frozen(office)
    file = tmp_path / "membres.csv"
    assert await export(office.db, file, MONTREAL) == 5
    raw = file.read_bytes()
    assert raw.startswith(b"\xef\xbb\xbfMatricule;Nom;")
    rows = list(csv.reader(raw.decode("utf-8-sig").splitlines(), delimiter=";"))
    assert rows[0] == list(HEADINGS)
    assert rows[1] == [
        "00875", "Lapointe", "François", "1950-11-07", "J7J 8G8", "francois.lapointe@example.org",
        "actif", f"'{FORMULA}", "2026-11-18",
    ]  # fmt: skip
    assert [row[6] for row in rows[1:]] == ["actif", "aucun", "aucun", "aucun", "bloqué"]
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert list(tmp_path.glob(".*")) == []


async def test_a_workbook_keeps_zeros_dates_and_texts(office: Office, tmp_path: Path) -> None:
    await frozen(office)
    file = tmp_path / "membres.XLSX"
    assert await export(office.db, file, MONTREAL) == 5
    with file.open("rb") as opened:
        rows = list(CalamineWorkbook.from_filelike(opened).get_sheet_by_index(0).iter_rows())
    assert rows[0] == list(HEADINGS)
    assert rows[1] == [
        "00875", "Lapointe", "François", date(1950, 11, 7), "J7J 8G8",
        "francois.lapointe@example.org", "actif", FORMULA, date(2026, 11, 18),
    ]  # fmt: skip
    assert stat.S_IMODE(file.stat().st_mode) == 0o600


@pytest.mark.parametrize("name", ["membres.csv", "membres.xlsx"])
async def test_what_was_exported_comes_back_unchanged(
    office: Office, tmp_path: Path, name: str
) -> None:
    await office.db.write(
        lambda tx: tx.execute(
            "UPDATE member SET email = '+1+1@example.org', family_name = '-Roy',"
            " first_name = '－Luc' WHERE matricule = '00875'"
        )
    )
    await export(office.db, tmp_path / name, MONTREAL)
    plan = await office.plan(tmp_path / name)
    assert (plan.unchanged_count, plan.absent_count, plan.refused) == (5, 0, [])


@pytest.mark.parametrize("first", ["=1+1", "+1", "-1", "@x", "\tx", "＝1", "－1"])
async def test_no_cell_of_a_text_file_is_a_formula(
    office: Office, tmp_path: Path, first: str
) -> None:
    await office.db.write(
        lambda tx: tx.execute(
            "UPDATE member SET family_name = ?1, first_name = ?1, email = ?1", (first,)
        )
    )
    await export(office.db, tmp_path / "membres.csv", MONTREAL)
    text = (tmp_path / "membres.csv").read_text("utf-8-sig")
    for row in list(csv.reader(text.splitlines(), delimiter=";"))[1:]:
        assert [row[1], row[2], row[5]] == [f"'{first}"] * 3


async def test_a_failed_export_leaves_the_old_file(
    office: Office, tmp_path: Path, digest: Callable[[], str]
) -> None:
    file = tmp_path / "membres.csv"
    file.mkdir()
    before = digest()
    with pytest.raises(OSError, match="directory"):
        await export(office.db, file, MONTREAL)
    assert list(tmp_path.glob(".*")) == []
    assert digest() == before
