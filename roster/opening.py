"""A file of the office, whatever it is, becomes the tables that it may hold."""

from pathlib import Path

from roster import text_rows, workbooks
from roster.encodings import encoding_of
from roster.tables import Table, UnknownSheet, UnreadableFile

SEPARATORS = {";": "point-virgule", ",": "virgule", "\t": "tabulation"}
_WORKBOOKS = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")
_FOREIGN = {
    b"<": "une page Web ou un fichier XML",
    b"mime-version:": "une page Web",
    b"%pdf": "un fichier PDF",
    b"{\\rtf": "un texte de traitement de texte (RTF)",
    b"begin:vcard": "un carnet d’adresses (vCard)",
}
"""What a file that is no table begins with, in small letters."""


def tables(file: Path, sheet: str | None = None) -> list[Table]:
    """The tables that `file` may hold: a workbook's sheets, or a text cut at each separator.

    Hidden sheets come last; `sheet` names the only one wanted. Raises `UnreadableFile`,
    `UnknownSheet` or OSError. What a workbook is, its first bytes tell: offices have text files
    named .xls.
    """
    if file.exists() and not file.is_file() and not file.is_dir():
        raise UnreadableFile("il faut un fichier : enregistrez d’abord la liste, puis nommez-la.")
    with file.open("rb") as opened:
        start = opened.read(200)
    if not start:
        raise UnreadableFile("le fichier est vide.")
    if start.startswith(_WORKBOOKS):
        return workbooks.sheets(file, sheet)
    _refuse_foreign(start)
    if sheet is not None:
        raise UnknownSheet("--sheet : ce fichier est un texte, il n’a pas de feuilles.")
    encoding, name = encoding_of(file, start[:4])
    return [
        Table(
            f"texte {name}, {words}",
            lambda sign=separator: text_rows.rows(file, encoding, sign),  # type: ignore[misc]
        )
        for separator, words in SEPARATORS.items()
    ]


def _refuse_foreign(start: bytes) -> None:
    plain = start.replace(b"\0", b"").lstrip(b"\xef\xbb\xbf\xff\xfe \t\r\n").lower()
    for sign, what in _FOREIGN.items():
        if plain.startswith(sign):
            raise UnreadableFile(
                f"c’est {what}, quel que soit son nom : ouvrez-le dans votre tableur, puis Fichier,"
                " Enregistrer sous, « Classeur Excel (.xlsx) »."
            )
