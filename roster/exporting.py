"""The roster with the state of each access, as a file for the office's spreadsheet."""

import csv
import os
import re
import secrets
from collections.abc import AsyncIterator
from datetime import date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from xlsxwriter import Workbook

from db import members
from db.database import Database
from db.members import Listed

HEADINGS = (
    "Matricule",
    "Nom",
    "Prénom",
    "Date de naissance",
    "Code postal",
    "Courriel",
    "Accès",
    "Courriel de l’accès",
    "Accès créé le",
)
WIDTHS = (10, 22, 18, 18, 12, 30, 20, 30, 14)
KINDS = (".csv", ".xlsx")
"""What the file's name ends with says what it becomes."""

_CHUNK = 1000
# A spreadsheet takes a text that begins so for a formula, in full-width characters too.
_FORMULA = re.compile(r"[=+\-@\t\r＝＋－＠]")

Value = str | date | None


async def export(db: Database, file: Path, zone: ZoneInfo) -> int:
    """Write the active members to `file`, whose name ends as one of `KINDS`; gives how many.

    Whoever reads `file` sees the old one or the new one, whole; only its owner can. Raises
    OSError.
    """
    unfinished = file.with_name(f".{secrets.token_hex(8)}{file.suffix.lower()}")
    os.close(os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600))
    try:
        write = _write_workbook if file.suffix.lower() == ".xlsx" else _write_csv
        count = await write(unfinished, _rows(db, zone))
        unfinished.replace(file)
    finally:
        unfinished.unlink(missing_ok=True)
    return count


async def _rows(db: Database, zone: ZoneInfo) -> AsyncIterator[tuple[Value, ...]]:
    after = ""
    while people := await members.listed(db, after, _CHUNK):
        for person in people:
            created = person.access_created_at
            yield (
                person.matricule,
                person.family_name,
                person.first_name,
                date.fromisoformat(person.birth_date),
                person.postal_code,
                person.email,
                _state(person),
                person.access_email,
                datetime.fromtimestamp(created, zone).date() if created is not None else None,
            )
        after = people[-1].matricule


def _state(person: Listed) -> str:
    if person.access_created_at is None:
        return "aucun"
    if person.access_frozen_at is not None:
        return "bloqué"
    return "actif" if person.access_confirmed_at is not None else "adresse à confirmer"


async def _write_csv(file: Path, rows: AsyncIterator[tuple[Value, ...]]) -> int:
    """Excel in French reads it right: byte order mark, semicolons, dates in ISO."""
    count = 0
    with file.open("w", encoding="utf-8-sig", newline="") as opened:
        writer = csv.writer(opened, delimiter=";")
        writer.writerow(HEADINGS)
        async for row in rows:
            writer.writerow(map(_neutralised, row))
            count += 1
    return count


def _neutralised(value: Value) -> str:
    if isinstance(value, str):
        return f"'{value}" if _FORMULA.match(value) else value
    return value.isoformat() if value else ""


async def _write_workbook(file: Path, rows: AsyncIterator[tuple[Value, ...]]) -> int:
    """Every text is written as text: nothing in it can be a formula, and zeros stay."""
    count = 0
    workbook = Workbook(file, {"constant_memory": True, "tmpdir": str(file.parent)})
    try:
        sheet = workbook.add_worksheet("Membres")
        bold = workbook.add_format({"bold": True})
        day = workbook.add_format({"num_format": "yyyy-mm-dd"})
        sheet.freeze_panes(1, 0)
        for column, (heading, width) in enumerate(zip(HEADINGS, WIDTHS, strict=True)):
            sheet.set_column(column, column, width)
            sheet.write_string(0, column, heading, bold)
        async for row in rows:
            count += 1
            for column, value in enumerate(row):
                if isinstance(value, str):
                    sheet.write_string(count, column, value)
                elif value:
                    sheet.write_datetime(count, column, value, day)
    finally:
        workbook.close()
    return count
