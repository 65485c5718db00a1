"""Birth dates as lists write them: the whole column tells in which order, then they are read.

No single date can tell: 07/11/1950 is a day of November and one of July.
"""

import re
import unicodedata
from collections import Counter
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import lru_cache
from typing import NamedTuple

from roster.tables import Cell, UnreadableFile, shown
from rules import N_, Refused
from rules.birth_date import FIRST_YEAR
from rules.characters import folded_words

ORDERS = {"dmy": "jour d’abord", "mdy": "mois d’abord", "ymd": "année d’abord"}
"""The orders that `--dates` takes, in words."""

NOT_A_DATE = Refused(N_("Ce n’est pas une date complète : écrivez-la sous la forme JJ/MM/AAAA."))
NO_SUCH_DAY = Refused(N_("Vérifiez le jour et le mois : cette date n’existe pas au calendrier."))
TO_COME = Refused(N_("Vérifiez l’année : cette date est à venir."))
TOO_OLD = Refused(N_("Vérifiez l’année : %(year)s ou après."), {"year": FIRST_YEAR})
TWO_DIGITS = Refused(N_("Écrivez les quatre chiffres de l’année."))
DAY_NUMBER = Refused(
    N_("C’est un numéro de jour du tableur : donnez à la colonne le format Date, JJ/MM/AAAA.")
)
OTHER_ORDER = {
    "dmy": Refused(N_("La colonne est lue jour d’abord : JJ/MM/AAAA.")),
    "mdy": Refused(N_("La colonne est lue mois d’abord : MM/JJ/AAAA.")),
    "ymd": Refused(N_("La colonne est lue année d’abord : AAAA-MM-JJ.")),
}

_MONTHS = (
    "janvier january janv jan",
    "fevrier february fevr fev feb",
    "mars march mar",
    "avril april avr apr",
    "mai may",
    "juin june jun",
    "juillet july juil jul",
    "aout august aou aug",
    "septembre september sept sep",
    "octobre october oct",
    "novembre november nov",
    "decembre december dec",
)
_MONTH_OF = {word: n for n, words in enumerate(_MONTHS, start=1) for word in words.split()}
_BESIDE = frozenset(
    "lundi mardi mercredi jeudi vendredi samedi dimanche lun mer jeu ven sam dim"
    " monday tuesday wednesday thursday friday saturday sunday mon tue tues wed thu thur thurs fri"
    " sat sun le de du the of er re st nd rd th".split()
)
"""Words of a date that say nothing more; « mar » is March, but beside another month Tuesday."""

_DASHES = str.maketrans(dict.fromkeys("‐‑‒–—−⁄∕", "-"))
_FIGURES = re.compile(r"([0-9]{1,4}) ?[-/., ] ?([0-9]{1,2}) ?[-/., ] ?([0-9]{1,4})")
_EIGHT = re.compile(r"[0-9]{8}")
_DAY_NUMBER = re.compile(r"[0-9]{4,5}(\.0+)?")
_MIDNIGHT = re.compile(
    r"(T| +|, )(0?0:00(:00(\.0+)?)?|12:00(:00)? ?a\.?m\.?)( ?Z)?$", re.IGNORECASE
)
_TOKENS = re.compile("[0-9]+|[a-z]+")

_LAST_DAYS = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
# A number from 1900 to 2100 in a date's cell is a year alone, not a day of 1905.
_DAYS = range(2101, 100_000)
_PER_SLIP = 50
"""So many dates that only the column's order can read forgive one that it cannot."""

_D, _M, _Y = "(?:jj?|dd?|jour|day)", "(?:mm?|mois|month)", "(?:aa(?:aa)?|yy(?:yy)?|annee|year)"
_NAMED = (
    ("ymd", re.compile(rf"(?<![a-z]){_Y}[^a-z0-9]*{_M}[^a-z0-9]*{_D}(?![a-z])")),
    ("dmy", re.compile(rf"(?<![a-z]){_D}[^a-z0-9]*{_M}(?:[^a-z0-9]*{_Y})?(?![a-z])")),
    ("mdy", re.compile(rf"(?<![a-z]){_M}[^a-z0-9]*{_D}(?:[^a-z0-9]*{_Y})?(?![a-z])")),
)


class Written(NamedTuple):
    """A date as it stands: year first, last or of two digits (`short`), or its month in words."""

    shape: str
    parts: tuple[int, int, int]
    """In the order of the text; of one in words: year, month, day."""
    century: bool = True
    """Whether the year has its four digits."""


@dataclass(slots=True)
class Evidence:
    """Dates of one shape: how many there are, and which orders cannot read them."""

    orders: tuple[str, ...]
    count: int = 0
    against: Counter[str] = field(default_factory=Counter)
    examples: dict[str, tuple[int, str]] = field(default_factory=dict)
    """By order, the first line that it cannot read, and the date there."""

    def add(self, number: int, text: str, written: "Written") -> None:
        """Count one more; what no order can read speaks for none."""
        self.count += 1
        readable = [order for order in self.orders if _fits(written, order)]
        for order in self.orders if readable else ():
            if order not in readable:
                self.against[order] += 1
                self.examples.setdefault(order, (number, text))

    def forgives(self, order: str) -> bool:
        """Whether what speaks against the order may be slips."""
        others = max((n for one, n in self.against.items() if one != order), default=0)
        return self.against[order] * _PER_SLIP <= others


@dataclass(slots=True)
class DateColumn:
    """What the whole column of dates shows, gathered before any of them is read."""

    real: int = 0
    """Cells that are dates to the spreadsheet itself."""
    latest_day: int = 0
    """The highest day of a month among those."""
    numbers: int = 0
    """Numbers that the spreadsheet counts days by."""
    year_first: int = 0
    in_words: int = 0
    two_digits: int = 0
    last: Evidence = field(default_factory=lambda: Evidence(("dmy", "mdy")))
    short: Evidence = field(default_factory=lambda: Evidence(("dmy", "mdy", "ymd")))

    def add(self, number: int, cell: Cell) -> None:
        """Look at one more cell."""
        if isinstance(cell, date):
            self.real += 1
            self.latest_day = max(self.latest_day, cell.day)
        elif isinstance(cell, int | float):
            self.numbers += cell in _DAYS
        written = _written(cell) if isinstance(cell, str) else None
        if written is None:
            return
        self.two_digits += not written.century
        if written.shape == "year_first":
            self.year_first += 1
        elif written.shape == "words":
            self.in_words += 1
        elif written.shape == "last":
            self.last.add(number, str(cell), written)
        else:
            self.short.add(number, str(cell), written)


@dataclass(frozen=True, slots=True)
class Dates:
    """In which order the dates of a file are read, and why.

    `why` is `asked`, `heading`, `shown` (dates that can be read in no other order: `example` is
    one's line) or `unopposed` (day first, as nothing speaks against it). `short` is the order of
    those whose year has two digits; None where that cannot be told, and they are refused.
    """

    column: DateColumn
    order: str
    why: str
    short: str | None
    example: int | None = None


def order_named(heading: str) -> str | None:
    """The order that a heading names: « DDN (MM/JJ/AAAA) » says `mdy`."""
    plain = _plain(heading)
    return next((order for order, pattern in _NAMED if pattern.search(plain)), None)


def without_order(heading: str) -> str:
    """A heading without the order that it names."""
    plain = _plain(heading)
    for _, pattern in _NAMED:
        if pattern.search(plain):
            return pattern.sub(" ", plain)
    return heading


def is_date(cell: Cell) -> bool:
    """Whether a cell looks like a date, in any order."""
    return isinstance(cell, date) or (isinstance(cell, str) and _written(cell) is not None)


def settle(column: DateColumn, heading: str, asked: str | None) -> Dates:
    """The order in which the column is to be read: as asked, else as its heading or its dates say.

    Raises `UnreadableFile` where the dates speak against day first, against their heading or
    against each other: no line can be taken then.
    """
    named = order_named(heading)
    order = asked or named or "dmy"
    short = asked or named or _order_of_short(column.short)
    if asked:
        return Dates(column, order, "asked", short)
    _refuse_converted(column)
    for evidence in (column.last, column.short):
        if named and not evidence.forgives(named):
            raise _contradicted(evidence, named, "l’en-tête le dit")
    if not named and (not column.last.forgives(order) or short == "mdy"):
        evidence = column.short if column.last.forgives(order) else column.last
        raise _contradicted(evidence, order, "c’est l’usage ici")
    if named:
        return Dates(column, order, "heading", short)
    example = column.last.examples.get("mdy")
    why = "shown" if example else "unopposed"
    return Dates(column, order, why, short, example[0] if example else None)


def read(cell: Cell, dates: Dates, zero: date, today: date) -> date | Refused:
    """The date in a cell, by the column's order; `zero` is where the workbook's days begin.

    It is real, from 1900 on and not to come; else `Refused`, in words for the office.
    """
    if isinstance(cell, date):
        return _bounded(cell, today)
    if isinstance(cell, int | float):
        if cell in _DAYS:
            return _bounded(zero + timedelta(days=int(cell)), today)
        # A number such as 7111950 is JJMMAAAA without its zero.
        whole = isinstance(cell, int) or cell.is_integer()
        text = str(int(cell)) if whole else str(cell)
        return _read(text.zfill(8) if len(text) == 7 else text, dates.order, dates.short, today)
    return _read(str(cell), dates.order, dates.short, today)


def _order_of_short(evidence: Evidence) -> str | None:
    """The order of dates whose year has two digits; None where it may be the first and the last."""
    possible = [order for order in evidence.orders if not evidence.against[order]]
    if possible == ["dmy", "mdy"]:
        return "dmy"
    return possible[0] if len(possible) == 1 else None


def _refuse_converted(column: DateColumn) -> None:
    """What a spreadsheet of the other habit leaves: dates it could read, day and month exchanged,
    beside those it could not, still text."""
    left = column.last
    one_way = max(left.against.values(), default=0)
    if column.real >= 2 and column.latest_day <= 12 and left.count and one_way == left.count:
        order = max(left.against, key=left.against.__getitem__)
        number, text = left.examples[order]
        asked = "mdy" if order == "dmy" else "dmy"
        raise UnreadableFile(
            f"la colonne des dates mêle de vraies dates et du texte (« {shown(text)} », ligne"
            f" {number}) : un tableur d’une autre langue a sans doute inversé le jour et le mois"
            " des premières. Reprenez la liste d’origine ; si elles sont justes, ajoutez"
            f" --dates {asked}."
        )


def _contradicted(evidence: Evidence, order: str, why: str) -> UnreadableFile:
    others = [one for one in evidence.orders if one != order]
    better = min(others, key=evidence.against.__getitem__)
    number, text = evidence.examples[order]
    example = f"« {shown(text)} », ligne {number}"
    if evidence.forgives(better):
        return UnreadableFile(
            f"les dates semblent écrites {ORDERS[better]} ({example}), et non {ORDERS[order]}"
            f" ({why}) : si c’est bien cela, ajoutez --dates {better} ; sinon, donnez à la colonne"
            " le format AAAA-MM-JJ dans votre tableur."
        )
    other_number, other_text = evidence.examples[better]
    return UnreadableFile(
        f"les dates se contredisent : l’une ne se lit pas {ORDERS[order]} ({example}), une autre ne"
        f" se lit pas {ORDERS[better]} (« {shown(other_text)} », ligne {other_number}), et rien ne"
        " dit comment lire le reste. Donnez à la colonne le format AAAA-MM-JJ dans votre tableur,"
        f" ou dites l’ordre avec --dates {order} ou --dates {better}."
    )


@lru_cache(30_000)
def _written(text: str) -> Written | None:
    """A date's text in its parts; None for what has not three of them."""
    text = _MIDNIGHT.sub("", text).translate(_DASHES)
    if _EIGHT.fullmatch(text):
        # No eight digits are a date both ways: the month of one reading is the other's century.
        year, month, day = int(text[:4]), int(text[4:6]), int(text[6:])
        if year >= FIRST_YEAR and month <= 12 and day <= 31:
            return Written("year_first", (year, month, day))
        return Written("last", (int(text[:2]), int(text[2:4]), int(text[4:])))
    found = _FIGURES.fullmatch(text)
    if not found:
        return _in_words(text)
    first, middle, last = found.groups()
    parts = int(first), int(middle), int(last)
    if len(first) == 4 and len(last) <= 2:
        return Written("year_first", parts)
    if len(first) <= 2 and len(last) == 4:
        return Written("last", parts)
    if len(first) <= 2 and len(last) == 2:
        return Written("short", parts, century=False)
    return None


def _in_words(text: str) -> Written | None:
    """« 7 nov. 1950 », « 25-mars-48 », « mardi 7 novembre 1950 », « Nov 7, 1950 »."""
    tokens = _TOKENS.findall(" ".join(folded_words(text)))
    words = [token for token in tokens if token.isalpha() and token not in _BESIDE]
    if len(words) == 2 and words[0] == "mar":
        del words[0]
    numbers = [token for token in tokens if token.isdecimal()]
    if len(words) != 1 or words[0] not in _MONTH_OF or len(numbers) != 2:
        return None
    first, last = numbers
    year, day = (first, last) if len(first) == 4 or int(first) > 31 else (last, first)
    if len(day) > 2 or len(year) not in (2, 4):
        return None
    return Written("words", (int(year), _MONTH_OF[words[0]], int(day)), len(year) == 4)


def _fits(written: Written, order: str) -> bool:
    """Whether its parts can be a day and a month in that order."""
    _, month, day = _arranged(written, order)
    return 1 <= month <= 12 and 1 <= day <= _LAST_DAYS[month - 1]


def _arranged(written: Written, order: str) -> tuple[int, int, int]:
    """Year, month and day of a date whose order is that one."""
    first, middle, last = written.parts
    if written.shape in ("year_first", "words") or order == "ymd":
        return first, middle, last
    return (last, middle, first) if order == "dmy" else (last, first, middle)


@lru_cache(30_000)
def _read(text: str, order: str, short: str | None, today: date) -> date | Refused:
    written = _written(text)
    if written is None:
        return DAY_NUMBER if _DAY_NUMBER.fullmatch(text) and _is_day(text) else NOT_A_DATE
    settled = short if written.shape == "short" else order
    if settled is None:
        return TWO_DIGITS
    if written.shape == "last" and settled == "ymd":
        return OTHER_ORDER[settled]
    year, month, day = _arranged(written, settled)
    if month > 12:
        return OTHER_ORDER[settled] if written.shape in ("last", "short") else NO_SUCH_DAY
    if not written.century:
        if _born(2000 + year, month, day, today) is not TO_COME:
            return TWO_DIGITS  # 1912 and 2012 are both somebody's year
        year += 1900
    return _born(year, month, day, today)


def _is_day(text: str) -> bool:
    return int(float(text)) in _DAYS


def _born(year: int, month: int, day: int, today: date) -> date | Refused:
    if year < FIRST_YEAR:
        return TOO_OLD
    try:
        return _bounded(date(year, month, day), today)
    except ValueError:
        return NO_SUCH_DAY


def _bounded(born: date, today: date) -> date | Refused:
    if born.year < FIRST_YEAR:
        return TOO_OLD
    return TO_COME if born > today else born


def _plain(heading: str) -> str:
    """A heading in small letters without accents, its signs kept."""
    decomposed = unicodedata.normalize("NFKD", heading.casefold())
    return "".join(sign for sign in decomposed if not unicodedata.combining(sign))
