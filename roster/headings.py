"""The office's words for the columns, and the row of the table where they stand."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import islice

from roster.tables import Cell, Table, UnreadableFile
from rules.characters import folded_words

FIELDS = {
    "matricule": "matricule",
    "nom": "nom",
    "prenom": "prénom",
    "date_naissance": "date de naissance",
    "code_postal": "code postal",
    "courriel": "courriel",
}
"""The fields of a member, by the name that `--map` takes, and in words."""
OPTIONAL = frozenset({"courriel"})

_WORDS = {
    "matricule": "matricule, no matricule, n matricule, numero matricule, num matricule,"
    " matricule membre, no membre, n membre, numero membre, num membre",
    "nom": "nom, nom famille, nom membre, noms, family name, last name, surname",
    "prenom": "prenom, prenoms, prenom usuel, first name, given name",
    "date_naissance": "date naissance, naissance, date naiss, date nais, ddn, dn, ne, nee,"
    " birth date, date birth, dob",
    "code_postal": "code postal, codes postaux, cp, postal code",
    "courriel": "courriel, courriels, adresse courriel, adresse electronique, courrier"
    " electronique, e mail, adresse e mail, mail, adresse mail",
}
_FIELD_OF = {
    words.replace(" ", ""): field
    for field, several in _WORDS.items()
    for words in several.split(", ")
}
_SMALL_WORDS = frozenset({"de", "du", "des", "la", "le", "les", "l", "d", "of"})
_IN_BRACKETS = re.compile(r"\([^)]*\)|\[[^]]*\]")
_SEARCHED_ROWS = 30


class UnknownColumn(ValueError):
    """`--map` names what is not there; the message is one French sentence."""


@dataclass(frozen=True, slots=True)
class Headings:
    """Where the table's columns are: the heading row's number, and each field's place and words."""

    table: Table
    row: int
    places: Mapping[str, int]
    words: Mapping[str, str]


def find_headings(candidates: Sequence[Table], mapping: Mapping[str, str]) -> Headings:
    """The heading row of the table that knows most of the fields, among its first 30 rows.

    `mapping` gives fields the column that the operator named. Raises `UnreadableFile` when a
    column is missing or there twice, `UnknownColumn` when `mapping` is what is wrong.
    """
    wanted = {field_named(name): fold(column) for name, column in mapping.items()}
    best: tuple[int, Table, int, list[Cell]] | None = None
    failure: UnreadableFile | None = None
    for table in candidates:
        try:
            for number, cells in islice(table.rows(), _SEARCHED_ROWS):
                known = len({field for field, _ in _recognised(cells, wanted)})
                if best is None or known > best[0]:
                    best = known, table, number, cells
        except UnreadableFile as error:
            failure = failure or error
    if best is None or (best[0] == 0 and failure):
        raise failure or UnreadableFile("le fichier est vide.")
    _, table, number, cells = best
    return _headings(table, number, cells, wanted, mapping)


def field_named(name: str) -> str:
    """The field that an operator's word means; raises `UnknownColumn`."""
    folded = fold(name)
    for field in FIELDS:
        if folded in (fold(field), fold(FIELDS[field])):
            return field
    return _FIELD_OF.get(folded) or _no_such_field(name)


def fold(heading: str) -> str:
    """A heading without case, accents, signs, small words and what stands in brackets."""
    words = folded_words(_IN_BRACKETS.sub(" ", heading))
    if all(len(word) == 1 for word in words):  # « D.D.N. » has no small word in it
        return "".join(words)
    return "".join(word for word in words if word not in _SMALL_WORDS)


def _no_such_field(name: str) -> str:
    raise UnknownColumn(f"--map : « {name} » n’est pas un champ ; ce sont {', '.join(FIELDS)}.")


def _recognised(cells: Sequence[Cell], wanted: Mapping[str, str]) -> list[tuple[str, int]]:
    found = []
    for place, cell in enumerate(cells):
        folded = fold(str(cell))
        field = next((field for field, words in wanted.items() if words == folded), None)
        if field is None:
            field = _FIELD_OF.get(folded)
            if field in wanted:
                continue
        if field:
            found.append((field, place))
    return found


def _headings(
    table: Table,
    number: int,
    cells: Sequence[Cell],
    wanted: Mapping[str, str],
    mapping: Mapping[str, str],
) -> Headings:
    places: dict[str, int] = {}
    read = ", ".join(f"« {str(cell).strip()} »" for cell in cells if str(cell).strip())
    for field, place in _recognised(cells, wanted):
        if field in places:
            raise UnreadableFile(
                f"deux colonnes pour « {FIELDS[field]} » (ligne {number} : {read}) ;"
                f" dites laquelle avec --map {field}=COLONNE, ou renommez l’une d’elles."
            )
        places[field] = place
    for field, column in zip(wanted, mapping.values(), strict=True):
        if field not in places:
            raise UnknownColumn(
                f"--map {field} : aucune colonne « {column} » ; ligne {number} : {read}."
            )
    missing = [field for field in FIELDS if field not in places and field not in OPTIONAL]
    if missing:
        raise UnreadableFile(
            f"colonne introuvable : {', '.join(FIELDS[field] for field in missing)}"
            f" (ligne {number} : {read}) ; nommez-la avec --map {missing[0]}=COLONNE."
        )
    return Headings(
        table, number, places, {field: str(cells[place]).strip() for field, place in places.items()}
    )
