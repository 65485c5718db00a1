"""What a cell of the office's list says about a member, in words for whoever keeps the list."""

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache

from roster.accents import is_broken
from roster.tables import Cell, Fault, shown
from rules import N_, Refused
from rules.characters import SPACES
from rules.email import email
from rules.listed_name import listed_family_name, listed_first_name, listed_name
from rules.matricule import matricule
from rules.name import name_key
from rules.postal_code import postal_code


@dataclass(frozen=True, slots=True)
class Remark:
    """What is to be known of a cell although its line is taken: a French sentence, as `Refused`."""

    sentence: str
    values: Mapping[str, str | int] = field(default_factory=dict)


EMPTY = Refused(N_("La case est vide."))
NEVER_CALCULATED = Refused(
    N_("La case est une formule sans résultat : ouvrez la liste dans Excel et enregistrez-la.")
)
TOO_NARROW = Refused(N_("La case montre #### : élargissez la colonne, puis enregistrez la liste."))
BROKEN_ACCENT = Refused(
    N_("Un accent est brisé : reprenez la liste d’origine, ou écrivez-le de nouveau.")
)
FIVE_DIGITS = Refused(N_("Un matricule a cinq chiffres, sans rien devant ni derrière."))
NOT_CANADIAN = Refused(
    N_("Ce n’est pas un code postal canadien (A1A 1A1) ; PORTAL_POSTAL_CODES=any prend les autres.")
)
NO_POSTAL_CODE = Refused(N_("Ce n’est pas un code postal."))

SEVERAL_NAMES = Remark(N_("Plusieurs noms dans la case : le membre peut taper chacun d’eux."))
TITLE = Remark(N_("Un titre accompagne le nom : le membre peut taper le nom seul."))
FIRST_NAME_TOO = Remark(
    N_("Le prénom est aussi dans cette case : le membre peut taper le nom seul.")
)
TWO_PEOPLE = Remark(N_("Deux personnes sur une ligne : une seule pourra s’inscrire."))
LATE = Remark(N_("Cette personne semble décédée : si c’est le cas, retirez sa ligne."))
STAND_IN = Remark(N_("Ceci semble tenir la place d’un renseignement qui manque : vérifiez."))
NO_ADDRESS = Remark(N_("Ce n’est pas une adresse : elle n’est pas prise, celle du dossier reste."))
SEVERAL_ADDRESSES = Remark(N_("Plusieurs adresses : aucune n’est prise, celle du dossier reste."))
NOBODY = Refused(N_("Cette ligne n’est celle de personne : est-ce un total ?"))
NUMBER_ONLY = Refused(N_("Rien d’autre que le matricule."))

HIDDEN_SIGNS = Remark(N_("Des signes qui ne se voient pas ont été enlevés."))
FROM_ABROAD = Remark(N_("Code postal d’un autre pays."))

_BESIDE_A_NAME = {
    "several": SEVERAL_NAMES,
    "title": TITLE,
    "first_name": FIRST_NAME_TOO,
    "people": TWO_PEOPLE,
    "late": LATE,
}
_STAND_IN_NAME = re.compile("x+|test|tests|essai|bidon|inconnue?|anonyme|vacante?|nd|na|so")
STAND_IN_DATES = frozenset({"1900-01-01", "1901-01-01", "1904-01-01", "1911-11-11", "2000-01-01"})
_STAND_IN_CODES = frozenset({"H0H 0H0", "A1A 1A1", "00000", "99999"})

# As Excel in French shows them; the file keeps the English ones.
_IN_FRENCH = {
    "#VALUE!": "#VALEUR!",
    "#NAME?": "#NOM?",
    "#NUM!": "#NOMBRE!",
    "#NULL!": "#NUL!",
    "#SPILL!": "#PROPAGATION!",
}

_PREFIXED = re.compile(r"(.*[^0-9])([0-9]{1,5})")
_DASHES = re.compile("[‐‑‒–—−]")
_DECIMAL = re.compile(r"([0-9]{1,5})[.,]0+")
_SHORT = re.compile("[0-9]{1,4}")

_BETWEEN = re.compile(r"(?<=\w)[._/,](?=\w)|[.,;]+$")
_PROVINCE = re.compile(
    r"^\(?(?:qc|pq|qu[eé]bec|on|ont|nb|ns|pe|nl|mb|sk|ab|bc|yt|nt|nu|ca|canada)\b\)?[ .,)-]*"
    r"(?=[a-z][0-9][a-z])|[ .,(-]*(?:\b(?:qc|pq|qu[eé]bec|ca|canada)\b[ .,)]*)+$",
    re.IGNORECASE,
)

_NAMED_ADDRESS = re.compile(r"[^<>]*<([^<>]+)>\W*")
_AROUND_AN_ADDRESS = re.compile(r"^(?:mailto:|[\"'«“ ])+|[\"'»” .;,]+$", re.IGNORECASE)


def text_of(cell: Cell) -> str:
    """A cell as one reads it: whole numbers without a decimal point."""
    if isinstance(cell, float) and cell.is_integer():
        return str(int(cell))
    return str(cell)


def fault_of(cell: Fault) -> Refused:
    """Why a fact cannot be had of a cell in error."""
    if not cell.shown:
        return NEVER_CALCULATED
    if not cell.shown.strip("#"):
        return TOO_NARROW
    return Refused(N_("La case montre %(error)s : corrigez sa formule."), {"error": _shown(cell)})


def _shown(cell: Fault) -> str:
    french = _IN_FRENCH.get(cell.shown)
    return f"{french} ({cell.shown})" if french else cell.shown


def _whole(text: str) -> str:
    """A matricule that went through a program as a number with decimals: « 875.0 »."""
    found = None if text.isdecimal() else _DECIMAL.fullmatch(text)
    return found[1] if found else text


def _folded(prefix: str) -> str:
    return SPACES.sub("", _DASHES.sub("-", prefix)).casefold()


@dataclass(slots=True)
class Matricules:
    """The matricules of the whole file, looked at before any of them is read."""

    prefix: str = ""
    """What stands before the digits of every one of several, however it is capitalised."""
    zeros_lost: bool = True
    """Whether none written as text starts with 0, so that short ones lost theirs."""
    _prefixes: Counter[str] = field(default_factory=Counter)
    _first: str = ""

    def add(self, cell: Cell) -> None:
        """Look at one more cell."""
        if isinstance(cell, date | Fault):
            return
        text = _whole(text_of(cell))
        found = _PREFIXED.fullmatch(text)
        if found or text.isdecimal():
            self._prefixes[_folded(found[1]) if found else ""] += 1
            self._first = self._first or (found[1].strip() if found else "")
            digits = found[2] if found else text
            if isinstance(cell, str) and len(digits) > 1 and digits[0] == "0":
                self.zeros_lost = False

    def settle(self) -> None:
        """Know the prefix, now that all have been looked at."""
        if len(self._prefixes) == 1:
            ((_, count),) = self._prefixes.items()
            self.prefix = self._first if count > 1 else ""

    def written(self, cell: Cell) -> str:
        """The cell's text without the common prefix and without decimals."""
        text = _whole(text_of(cell))
        found = _PREFIXED.fullmatch(text) if self.prefix else None
        return found[2] if found else text

    def digits(self, cell: Cell) -> str:
        """The same with the zeros that it lost."""
        text = self.written(cell)
        lost = self.zeros_lost or not isinstance(cell, str)
        return text.zfill(5) if lost and _SHORT.fullmatch(text) else text


@lru_cache(1_000)
def matricule_of(digits: str) -> str | Refused:
    """The matricule of five digits."""
    answer = matricule(digits)
    return FIVE_DIGITS if isinstance(answer, Refused) and not answer.values else answer


@lru_cache(10_000)
def family_name_of(text: str) -> str | Refused:
    """The family name of a cell, as the list has it."""
    return BROKEN_ACCENT if is_broken(text) else listed_family_name(_without_stray_quote(text))


@lru_cache(10_000)
def first_name_of(text: str) -> str | Refused:
    """The first name of a cell, as the list has it."""
    return BROKEN_ACCENT if is_broken(text) else listed_first_name(_without_stray_quote(text))


def _without_stray_quote(text: str) -> str:
    """A name without the quote of a cell that was never closed."""
    return text.replace('"', "") if text.count('"') % 2 else text


@lru_cache(10_000)
def about_names(family: str, first: str) -> tuple[Remark, ...]:
    """What is to be known of a member's two names."""
    listed = listed_name(family, first)
    stand_in = any(_STAND_IN_NAME.fullmatch(name_key(name)) for name in (family, first))
    told = tuple(remark for kind, remark in _BESIDE_A_NAME.items() if kind in listed.beside)
    return (*told, STAND_IN) if stand_in else told


@lru_cache(20_000)
def postal_code_of(text: str, *, abroad: bool) -> str | Refused:
    """The postal code of a cell, whatever stands between its halves, and a province beside it."""
    plain = _PROVINCE.sub("", _BETWEEN.sub("", text))
    answer = postal_code(plain or text, abroad=abroad)
    if isinstance(answer, Refused) and "votre" in answer.sentence:
        return NO_POSTAL_CODE if abroad else NOT_CANADIAN
    return answer


def about_postal_code(code: str) -> Remark | None:
    """What is to be known of a postal code that is taken."""
    if code in _STAND_IN_CODES:
        return STAND_IN
    return None if code[3:4] == " " else FROM_ABROAD


@lru_cache(1_000)
def address_of(text: str) -> str | Remark:
    """The one e-mail address in a cell's text, or why there is none."""
    named = _NAMED_ADDRESS.fullmatch(text)
    address = _AROUND_AN_ADDRESS.sub("", named[1] if named else text)
    if address.count("@") > 1:
        return SEVERAL_ADDRESSES
    answer = email(address)
    return NO_ADDRESS if isinstance(answer, Refused) else answer


def zeros_put_back(written: str, read: str) -> Remark:
    """What is to be known of a matricule that had lost its zeros."""
    return Remark(
        N_("Zéros remis : %(written)s est lu %(matricule)s."),
        {"written": written, "matricule": read},
    )


def accents_put_right(written: str, read: str) -> Remark:
    """What is to be known of a text whose accents were misread once."""
    return Remark(
        N_("Accents remis : « %(written)s » est lu « %(read)s »."),
        {"written": shown(written), "read": shown(read)},
    )


def address_in_error(cell: Fault) -> Remark:
    """What is to be known of an address whose cell is in error."""
    if not cell.shown:
        return Remark(N_("La case est une formule sans résultat : l’adresse du dossier reste."))
    return Remark(
        N_("La case montre %(error)s : l’adresse du dossier reste."), {"error": _shown(cell)}
    )
