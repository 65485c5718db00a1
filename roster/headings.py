"""The office's words for the columns, and the row of the table where they stand."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import islice

from roster.tables import Cell, Table, UnreadableFile, listed, shown
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
_REQUIRED = frozenset(FIELDS) - {"courriel"}

_WORDS = {
    "matricule": "matricule, matr, no matricule, n matricule, numero matricule, num matricule,"
    " no membre, n membre, numero membre, num membre, member no, member number",
    "nom": "nom, nom famille, noms, family name, last name, surname",
    "prenom": "prenom, prenoms, prenom usuel, first name, given name",
    "date_naissance": "date naissance, naissance, date naiss, date nais, ddn, dn, ne, nee,"
    " birth date, birthdate, date birth, dob",
    "code_postal": "code postal, codes postaux, code post, cp, postal code, zip, zip code",
    "courriel": "courriel, courriels, adresse courriel, adresse electronique, courrier"
    " electronique, e mail, adresse e mail, mail, adresse mail",
}
_WORDS_OF_LAST_RESORT = {
    "matricule": "n, no, numero, num",
    "nom": "nom naissance",
}
"""What names a field only where no other column does: lists number their lines too."""


def _field_of(words: Mapping[str, str]) -> dict[str, str]:
    return {
        one.replace(" ", "") + of_the_member: field
        for field, several in words.items()
        for one in several.split(", ")
        for of_the_member in ("", "membre")
    }


_FIELD_OF = _field_of(_WORDS)
_FIELD_AT_LAST = _field_of(_WORDS_OF_LAST_RESORT)
_BOTH_NAMES = frozenset(
    {"nomprenom", "prenomnom", "nometprenom", "prenometnom", "nomsprenoms", "nomcomplet"}
)
_SMALL_WORDS = frozenset({"de", "du", "des", "la", "le", "les", "l", "d", "of"})
_IN_BRACKETS = re.compile(r"\([^)]*\)|\[[^]]*\]")
_SEARCHED_ROWS = 30


class UnknownColumn(ValueError):
    """`--map` names what is not there; the message is one French sentence."""


@dataclass(frozen=True, slots=True)
class Headings:
    """Where the table's columns are: the heading row's number, and each field's place and words.

    `left` are the workbook's other sheets.
    """

    table: Table
    row: int
    places: Mapping[str, int]
    words: Mapping[str, str]
    left: Sequence[str]


def find_headings(candidates: Sequence[Table], mapping: Mapping[str, str]) -> Headings:
    """The headings of the first table that has all the fields, among its first 30 rows.

    `mapping` gives fields the column that the operator named. Raises `UnreadableFile` when a
    column is missing or there twice, `UnknownColumn` when `mapping` is what is wrong.
    """
    wanted = _wanted(mapping)
    best: tuple[int, Table, int, list[Cell]] | None = None
    failures: list[UnreadableFile] = []
    for table in candidates:
        try:
            for number, cells in islice(table.rows(), _SEARCHED_ROWS):
                fields = {field for field, _ in _recognised(cells, wanted)}
                known = len(fields) + len(FIELDS) * (fields >= _REQUIRED)
                if best is None or known > best[0]:
                    best = known, table, number, cells
        except UnreadableFile as error:
            failures.append(error)
        if best and best[0] >= len(FIELDS):
            break
    if best is None:
        raise failures[0] if failures else UnreadableFile("le fichier est vide.")
    known, table, number, cells = best
    # A text's quotes may be wrong only because it is cut at the wrong sign.
    if failures and (
        known < len(FIELDS) if table.sheet else known == 0 and len(failures) == len(candidates)
    ):
        raise failures[0]
    left = [other.sheet for other in candidates if other is not table and other.sheet]
    return _headings(table, number, cells, wanted, mapping, left)


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
    raise UnknownColumn(
        f"--map : « {shown(name)} » n’est pas un champ ; ce sont {', '.join(FIELDS)}."
    )


def _wanted(mapping: Mapping[str, str]) -> dict[str, str]:
    """The fields that the operator mapped, each with its column's key."""
    wanted: dict[str, str] = {}
    for name, column in mapping.items():
        field, key = field_named(name), _key(column)
        if field in wanted:
            raise UnknownColumn(f"--map {field} est donné deux fois : gardez-en un.")
        other = next((one for one, words in wanted.items() if words == key), None)
        if other:
            raise UnknownColumn(
                f"--map : la colonne « {shown(column)} » sert deux champs, {other} et {field} ;"
                " s’ils sont dans les mêmes cases, séparez-les d’abord en deux colonnes."
            )
        wanted[field] = key
    return wanted


def _key(heading: str) -> str:
    """What headings are compared by: folded, or as it stands where only signs are in it."""
    return fold(heading) or heading.strip().casefold()


def _recognised(cells: Sequence[Cell], wanted: Mapping[str, str]) -> list[tuple[str, int]]:
    mapped = {key: field for field, key in wanted.items()}
    keys = [_key(str(cell)) for cell in cells]
    found = [(mapped[key], place) for place, key in enumerate(keys) if key in mapped]
    taken = {place for _, place in found}
    for known in (_FIELD_OF, _FIELD_AT_LAST):
        settled = {*wanted, *(field for field, _ in found)}
        found += [
            (known[key], place)
            for place, key in enumerate(keys)
            if key in known and known[key] not in settled and place not in taken
        ]
    return found


def _headings(
    table: Table,
    number: int,
    cells: Sequence[Cell],
    wanted: Mapping[str, str],
    mapping: Mapping[str, str],
    left: Sequence[str],
) -> Headings:
    places: dict[str, int] = {}
    here = f"{table.description}, ligne {number}" if table.sheet else f"ligne {number}"
    read = f"{here} : {listed(cells)}"
    for field, place in _recognised(cells, wanted):
        if field in places:
            raise UnreadableFile(
                f"deux colonnes pour « {FIELDS[field]} » ({read}) ;"
                f" dites laquelle avec --map {field}=COLONNE, ou renommez l’une d’elles."
            )
        places[field] = place
    for field, column in zip(wanted, mapping.values(), strict=True):
        if field not in places:
            raise UnknownColumn(f"--map {field} : aucune colonne « {shown(column)} » ; {read}.")
    missing = [field for field in FIELDS if field in _REQUIRED and field not in places]
    both = next((cell for cell in cells if fold(str(cell)) in _BOTH_NAMES), None)
    if both is not None and not {"nom", "prenom"}.isdisjoint(missing):
        raise UnreadableFile(
            f"la colonne « {shown(both)} » contient le nom et le prénom : séparez-la en deux dans"
            " votre tableur (Données, Convertir), avec un en-tête à chacune, puis recommencez."
        )
    if missing:
        raise UnreadableFile(
            f"colonne introuvable : {', '.join(FIELDS[field] for field in missing)}"
            f" ({read}) ; nommez-la avec --map {missing[0]}=COLONNE."
        )
    words = {field: shown(cells[place]) for field, place in places.items()}
    return Headings(table, number, places, words, left)
