"""The office's words for the columns, and the row of the table where they stand."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice

from roster.dates import is_date, without_order
from roster.tables import Cell, Row, Table, UnreadableFile, listed, shown
from roster.tidying import tidied
from rules import Refused
from rules.characters import folded_words
from rules.postal_code import postal_code

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
_REQUIRED = frozenset(FIELDS) - OPTIONAL

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
    "matricule": "n, no, nr, numero, num, number, id, identifiant, #",
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
_BARE = frozenset(_WORDS_OF_LAST_RESORT["matricule"].split(", "))
_BOTH_NAMES = frozenset(
    {"nomprenom", "prenomnom", "nometprenom", "prenometnom", "nomsprenoms", "nomcomplet"}
)
_SMALL_WORDS = frozenset({"de", "du", "des", "la", "le", "les", "l", "d", "of"})
_IN_BRACKETS = re.compile(r"\([^)]*\)|\[[^]]*\]")
_LETTERS = re.compile("[A-Za-z]{1,3}")
_SPACES = re.compile(r"\s+")
_NUMBERING = frozenset(
    "carte card membre member matricule dossier adherent adherente client code id identifiant"
    " licence numero num no number".split()
)
_STREETS = frozenset(
    "rue adresse address street avenue av boulevard boul chemin ch rang route place appartement"
    " app apt suite porte civique".split()
)
_NAMES = frozenset("nom noms prenom prenoms name surname".split())
_MATRICULE = re.compile(r"[0-9]{5}(\.0)?")
_SEARCHED_ROWS = 30
_TOO_MANY_MISSING = 3


class UnknownColumn(ValueError):
    """`--map` names what is not there; the message is one French sentence."""


@dataclass(frozen=True, slots=True)
class Column:
    """A column of the table: the field that it becomes, or None where it is left aside.

    `mapped` is whether the operator said so.
    """

    place: int
    heading: str
    field: str | None = None
    mapped: bool = False

    @property
    def letter(self) -> str:
        """Its name in a spreadsheet: A, B… AA."""
        letters, number = "", self.place + 1
        while number:
            number, letter = divmod(number - 1, 26)
            letters = chr(65 + letter) + letters
        return letters


@dataclass(frozen=True, slots=True)
class Headings:
    """How the table is understood: its heading row's number and what each column becomes.

    `left` are the workbook's other sheets. `trouble` is why no line can be taken so, and None
    where all is clear.
    """

    table: Table
    row: Row
    columns: Sequence[Column]
    left: Sequence[str]
    trouble: UnreadableFile | None = None

    @property
    def places(self) -> dict[str, int]:
        """Each field's column."""
        return {column.field: column.place for column in self.columns if column.field}

    @property
    def words(self) -> dict[str, str]:
        """Each field's heading, as the file has it."""
        return {column.field: column.heading for column in self.columns if column.field}


def find_headings(candidates: Sequence[Table], mapping: Mapping[str, str]) -> Headings:
    """The headings of the first table that has all the fields, among its first 30 rows.

    `mapping` gives fields the column that the operator named: by its exact heading, or by its
    words, or by its letter in a spreadsheet. What is missing, there twice, or may be another thing
    is the `trouble` of what is given back. Raises `UnreadableFile` for a file without any row, or
    whose quotes are wrong; `UnknownColumn` when `mapping` is what is wrong.
    """
    wanted = _wanted(mapping)
    best: tuple[int, Table, Row] | None = None
    failures: list[UnreadableFile] = []
    for table in candidates:
        try:
            for row in islice(table.rows(), _SEARCHED_ROWS):
                fields = {field for field, _ in _recognised(row.cells, wanted)}
                known = len(fields) + len(FIELDS) * (fields >= _REQUIRED)
                if best is None or known > best[0]:
                    best = known, table, row
        except UnreadableFile as error:
            failures.append(error)
        if best and best[0] >= len(FIELDS):
            break
    if best is None:
        raise failures[0] if failures else UnreadableFile("le fichier est vide.")
    known, table, row = best
    # A text's quotes may be wrong only because it is cut at the wrong sign.
    if failures and (
        known < len(FIELDS) if table.sheet else known == 0 and len(failures) == len(candidates)
    ):
        raise failures[0]
    left = [other.sheet for other in candidates if other is not table and other.sheet]
    return _headings(table, row, wanted, left)


def field_named(name: str) -> str:
    """The field that an operator's word means; raises `UnknownColumn`."""
    folded = fold(name)
    for field in FIELDS:
        if folded in (fold(field), fold(FIELDS[field])):
            return field
    return _FIELD_OF.get(folded) or _no_such_field(name)


def fold(heading: str) -> str:
    """A heading without case, accents, signs, small words, what stands in brackets and the order
    of dates that it names; signs alone stay as they are."""
    words = folded_words(_IN_BRACKETS.sub(" ", without_order(heading)))
    if all(len(word) == 1 for word in words):  # « D.D.N. » has no small word in it
        key = "".join(words)
    else:
        key = "".join(word for word in words if word not in _SMALL_WORDS)
    return key or heading.strip().casefold()


def _no_such_field(name: str) -> str:
    raise UnknownColumn(
        f"--map : « {shown(name)} » n’est pas un champ ; ce sont {', '.join(FIELDS)}."
    )


def _wanted(mapping: Mapping[str, str]) -> dict[str, str]:
    """The fields that the operator mapped, each with its column as it was named."""
    wanted: dict[str, str] = {}
    for name, column in mapping.items():
        field = field_named(name)
        if field in wanted:
            raise UnknownColumn(f"--map {field} est donné deux fois : gardez-en un.")
        wanted[field] = column
    return wanted


def _words(cells: Sequence[Cell]) -> list[str]:
    """The heading in each cell, its spaces evened out."""
    return [_SPACES.sub(" ", str(tidied(cell))) for cell in cells]


def _recognised(cells: Sequence[Cell], wanted: Mapping[str, str]) -> list[tuple[str, int]]:
    headings = _words(cells)
    keys = [fold(heading) for heading in headings]
    found = [
        (field, place)
        for field, column in wanted.items()
        for place in _named(column, headings, keys)
    ]
    taken = {place for _, place in found}
    for known in (_FIELD_OF, _FIELD_AT_LAST):
        settled = {*wanted, *(field for field, _ in found)}
        found += [
            (known[key], place)
            for place, key in enumerate(keys)
            if key in known and known[key] not in settled and place not in taken
        ]
    return found


def _named(column: str, headings: Sequence[str], keys: Sequence[str]) -> list[int]:
    """The places of the column that the operator named: exactly, else by its words or letter."""
    exact = _SPACES.sub(" ", column).strip().casefold()
    places = [place for place, heading in enumerate(headings) if heading.casefold() == exact]
    if not places:
        key = fold(column)
        places = [place for place, of_this in enumerate(keys) if of_this == key]
    if not places and _LETTERS.fullmatch(column):
        places = [
            place for place in range(len(headings)) if Column(place, "").letter == column.upper()
        ]
    return places


def _headings(table: Table, row: Row, wanted: Mapping[str, str], left: Sequence[str]) -> Headings:
    headings = _words(row.cells)
    here = f"{table.description}, ligne {row.number}" if table.sheet else f"ligne {row.number}"
    read = f"{here} : {listed(headings)}"
    fields: dict[int, str] = {}
    places: dict[str, list[int]] = {}
    for field, place in _recognised(row.cells, wanted):
        if field in wanted and place in fields:
            raise UnknownColumn(
                f"--map : la colonne « {shown(wanted[field])} » sert deux champs, {fields[place]}"
                f" et {field} ; s’ils sont dans les mêmes cases, séparez-les d’abord en deux"
                " colonnes."
            )
        fields[place] = field
        places.setdefault(field, []).append(place)
    for field, column in wanted.items():
        if field not in places:
            raise UnknownColumn(f"--map {field} : aucune colonne « {shown(column)} » ; {read}.")
    columns = [
        Column(
            place,
            shown(heading),
            fields[place] if place in fields and len(places[fields[place]]) == 1 else None,
            fields.get(place) in wanted,
        )
        for place, heading in enumerate(headings)
    ]
    trouble = next(_troubles(table, columns, places, wanted, read), None)
    return Headings(table, row, columns, left, trouble)


def _troubles(
    table: Table,
    columns: Sequence[Column],
    places: Mapping[str, Sequence[int]],
    wanted: Mapping[str, str],
    read: str,
) -> Iterator[UnreadableFile]:
    """Why no line can be taken by these columns, the first reason first."""
    for field, several in places.items():
        if len(several) > 1:
            yield _several(field, [columns[place] for place in several], read)
    missing = [field for field in FIELDS if field in _REQUIRED and field not in places]
    both = next((column for column in columns if fold(column.heading) in _BOTH_NAMES), None)
    if both is not None and not {"nom", "prenom"}.isdisjoint(missing):
        yield UnreadableFile(
            f"la colonne « {both.heading} » contient le nom et le prénom : séparez-la en deux dans"
            " votre tableur (Données, Convertir), avec un en-tête à chacune, puis recommencez."
        )
    if len(missing) >= _TOO_MANY_MISSING and _starts_at_once(table):
        yield UnreadableFile(
            "la ligne d’en-têtes manque : écrivez au-dessus de la liste Matricule, Nom, Prénom,"
            " Date de naissance, Code postal, chacun au-dessus de sa colonne, puis recommencez."
        )
    numbered = [column for column in columns if column.field is None and _is_numbering(column)]
    if "matricule" in places and "matricule" not in wanted:
        yield from _doubtful(columns, columns[places["matricule"][0]], numbered)
    if missing:
        named = numbered[0].heading if numbered and missing[0] == "matricule" else "COLONNE"
        yield UnreadableFile(
            f"colonne introuvable : {', '.join(FIELDS[field] for field in missing)}"
            f" ({read}) ; nommez-la avec --map {missing[0]}={_quoted(named)}."
        )


def _several(field: str, columns: Sequence[Column], read: str) -> UnreadableFile:
    headings = {column.heading.casefold() for column in columns}
    names = [
        _quoted(column.heading) if len(headings) == len(columns) else column.letter
        for column in columns
    ]
    return UnreadableFile(
        f"deux colonnes pour « {FIELDS[field]} » ({read}) ; dites laquelle :"
        f" {' ou '.join(f'--map {field}={name}' for name in names)}."
    )


def _doubtful(
    columns: Sequence[Column], found: Column, others: Sequence[Column]
) -> Iterator[UnreadableFile]:
    """Whether a bare « No » is the list's or a street's: nothing in it can tell."""
    if fold(found.heading) not in _BARE:
        return
    named = [column for column in columns if column.heading]
    at = named.index(found)
    beside = [one for one in (*named[max(at - 1, 0) : at], *named[at + 1 : at + 2]) if _is_of(one)]
    if others or beside:
        other = (
            f" ; sinon la bonne, par exemple --map matricule={_quoted(others[0].heading)}"
            if others
            else ""
        )
        yield UnreadableFile(
            f"la colonne « {found.heading} » est-elle le matricule, ou le numéro de la ligne ou de"
            f" la rue ? Si c’est lui : --map matricule={_quoted(found.heading)}{other}."
        )


def _is_of(column: Column) -> bool:
    """Whether the column is a street's or a name's, beside which a number may be anything's."""
    return not (_STREETS | _NAMES).isdisjoint(folded_words(column.heading))


def _is_numbering(column: Column) -> bool:
    words = folded_words(column.heading)
    return not _NUMBERING.isdisjoint(words) and _STREETS.isdisjoint(words) and not column.field


def _starts_at_once(table: Table) -> bool:
    """Whether the first full row is a member's."""
    for row in islice(table.rows(), _SEARCHED_ROWS):
        cells = [cell for cell in map(tidied, row.cells) if cell != ""]
        kinds = {kind for cell in cells for kind, is_one in _FACTS.items() if is_one(cell)}
        if len(kinds) >= 2:
            return True
        if len(cells) >= 3:
            return False
    return False


_FACTS: Mapping[str, Callable[[Cell], bool]] = {
    "matricule": lambda cell: _MATRICULE.fullmatch(str(cell)) is not None,
    "date": is_date,
    "postal_code": lambda cell: not isinstance(postal_code(str(cell)), Refused),
}
"""What a member's row has, by which it is known for none of headings."""


def _quoted(heading: str) -> str:
    """A heading as one types it at a terminal."""
    return f'"{heading}"' if " " in heading or not heading.isalnum() else heading
