"""A cell as one reads it: without what the eye does not see, and what programs put around it."""

import re

from roster.accents import restored
from roster.tables import Cell, Fault
from rules.characters import INVISIBLE, trimmed

LONGEST = 500
"""Characters of a cell that are read: no rule takes as many."""

_LINE_BREAKS = re.compile(r"(?:[\t\n\r\v\f\x1c-\x1e\u2028\u2029]|_x000[9ADad]_)+")
_FORMULA_OF_TEXT = re.compile(r'="(.*)"')
# What makes a spreadsheet keep a text as it is, and what our own export puts before a text that a
# spreadsheet would take for a formula. Not « 't Hooft ».
_NEUTRALISED = re.compile(r"^'(?=[=+\-@＝＋－＠]|\w\w|[0-9])")
# #N/A, #VALEUR!, Err:502; and ####, which is what Excel saves of a column that is too narrow.
_FAULT = re.compile(r"#(?:[A-ZÀ-Ü][A-ZÀ-Ü/0_]* ?[!?]?|#{2,})|Err ?:[0-9]{3}")


def tidied(cell: Cell) -> Cell:
    """A cell in, the same without line breaks, invisible signs, accents misread once, and the
    signs by which spreadsheets keep a text a text; an error shown as text is a `Fault`."""
    if not isinstance(cell, str):
        return cell
    text = cell[:LONGEST]
    if not (text.isascii() and text.isprintable()) or "&" in text or "_x00" in text:
        text = INVISIBLE.sub("", restored(_LINE_BREAKS.sub(" ", text)))
    text = trimmed(text)
    if text[:1] in ("#", "=", "'", "E"):
        if _FAULT.fullmatch(text):
            return Fault(text)
        if text[0] == "=":
            found = _FORMULA_OF_TEXT.fullmatch(text)
            return trimmed(found[1].replace('""', '"')) if found else Fault("")
        text = _NEUTRALISED.sub("", text)
    return text


def touched(cell: str) -> str | None:
    """What `tidied` changed in a cell that nobody sees in it: `accents`, `signs`, or nothing."""
    if cell.isascii() and "&" not in cell:
        return None
    if restored(cell) != cell:
        return "accents"
    return "signs" if INVISIBLE.search(trimmed(cell)) else None
