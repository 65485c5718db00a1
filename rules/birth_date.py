"""The birth date: one field, day first, as one writes it in Quebec; or ISO."""

import re
from datetime import date

from rules import N_, Refused
from rules.characters import SPACES, without_punctuation

FIRST_YEAR = 1900

# Every dash that a keyboard, a phone or Word makes, the slashes, a full stop, a comma.
_BETWEEN = "(?: ?[-‐‑‒–—―−﹘﹣－/⁄∕／\\\\.,_] ?| )"
_DAY_FIRST = re.compile(f"([0-9]{{1,2}}){_BETWEEN}([0-9]{{1,2}}){_BETWEEN}([0-9]{{4}})")
_YEAR_FIRST = re.compile(f"([0-9]{{4}}){_BETWEEN}([0-9]{{1,2}}){_BETWEEN}([0-9]{{1,2}})")
_SHORT_YEAR = re.compile(f"[0-9]{{1,2}}{_BETWEEN}[0-9]{{1,2}}{_BETWEEN}[0-9]{{1,3}}|[0-9]{{6}}")
_EIGHT_DIGITS = re.compile("[0-9]{8}")


def birth_date(text: str, today: date) -> date | Refused:
    """A typed date and today's in; the birth date out, real, from 1900 on and not in the future.

    `JJ/MM/AAAA`, also with any dash, `.`, spaces or nothing between, and ISO `AAAA-MM-JJ`
    (DESIGN §5).
    """
    text = SPACES.sub(" ", without_punctuation(text))
    if not text:
        return Refused(N_("Écrivez votre date de naissance."))
    if parts := _DAY_FIRST.fullmatch(text):
        return _born(parts[3], parts[2], parts[1], today)
    if parts := _YEAR_FIRST.fullmatch(text):
        return _born(parts[1], parts[2], parts[3], today)
    if _EIGHT_DIGITS.fullmatch(text):
        # No eight digits are a date both ways: the month of one reading is the other's century.
        day_first = _born(text[4:], text[2:4], text[:2], today)
        year_first = _born(text[:4], text[4:6], text[6:], today)
        if isinstance(day_first, date) or isinstance(year_first, Refused):
            return day_first
        return year_first
    if _SHORT_YEAR.fullmatch(text):
        return Refused(N_("Écrivez les quatre chiffres de l’année : JJ/MM/AAAA."))
    return Refused(N_("Écrivez votre date de naissance sous la forme JJ/MM/AAAA."))


def _born(year: str, month: str, day: str, today: date) -> date | Refused:
    if int(month) > 12:
        return Refused(N_("Écrivez d’abord le jour, puis le mois et l’année : JJ/MM/AAAA."))
    if int(year) < FIRST_YEAR:
        return Refused(
            N_("Vérifiez l’année de votre naissance : %(year)s ou après."), {"year": FIRST_YEAR}
        )
    try:
        born = date(int(year), int(month), int(day))
    except ValueError:
        return Refused(N_("Vérifiez le jour et le mois : cette date n’existe pas au calendrier."))
    if born > today:
        return Refused(N_("Vérifiez l’année de votre naissance : cette date est à venir."))
    return born
