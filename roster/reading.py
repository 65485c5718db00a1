"""A CSV file of the office becomes lines that went through the rules."""

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from rules import N_, Refused
from rules.birth_date import birth_date
from rules.email import email
from rules.matricule import matricule
from rules.name import family_name, first_name
from rules.postal_code import postal_code

REQUIRED = ("matricule", "nom", "prenom", "date_naissance", "code_postal")
COLUMNS = (*REQUIRED, "courriel")


@dataclass(frozen=True, slots=True)
class Line:
    """One member as the file has it; `birth_date` is ISO."""

    number: int
    matricule: str
    family_name: str
    first_name: str
    birth_date: str
    postal_code: str
    email: str | None


@dataclass(frozen=True, slots=True)
class RefusedLine:
    """A line that cannot be taken: its number in the file, the column and the reason."""

    number: int
    column: str
    reason: Refused


def read(file: Path, today: date) -> Iterator[Line | RefusedLine]:
    """The lines of a UTF-8 CSV file with a header, separated by `,` or `;`, blank ones left out.

    Raises OSError, or ValueError with a French sentence when the file as a whole is not one.
    """
    try:
        text = file.read_text("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ValueError("le fichier n’est pas en UTF-8") from error
    lines = text.splitlines()
    if not lines:
        raise ValueError("le fichier est vide")
    separator = ";" if lines[0].count(";") > lines[0].count(",") else ","
    reader = csv.reader(lines, delimiter=separator)
    header = [name.strip().lower() for name in next(reader)]
    missing = [name for name in REQUIRED if name not in header]
    if missing:
        raise ValueError(f"colonne(s) manquante(s) : {', '.join(missing)}")
    try:
        for cells in reader:
            if any(cell.strip() for cell in cells):
                yield _line(reader.line_num, dict(zip(header, cells, strict=False)), today)
    except csv.Error as error:
        raise ValueError(f"ligne {reader.line_num} illisible ({error})") from error


def _line(number: int, cells: dict[str, str], today: date) -> Line | RefusedLine:
    born = birth_date(cells.get("date_naissance", ""), today)
    address = cells.get("courriel", "").strip()
    values = {
        "matricule": matricule(cells.get("matricule", "")),
        "nom": family_name(cells.get("nom", "")),
        "prenom": first_name(cells.get("prenom", "")),
        "date_naissance": born if isinstance(born, Refused) else born.isoformat(),
        "code_postal": postal_code(cells.get("code_postal", "")),
        "courriel": email(address) if address else None,
    }
    for column, value in values.items():
        if isinstance(value, Refused):
            return RefusedLine(number, column, value)
    return Line(number, *values.values())  # type: ignore[arg-type]


TWICE = Refused(N_("Ce matricule est déjà à une autre ligne, avec d’autres renseignements."))
