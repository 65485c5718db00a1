"""The postal code: Canadian, or of any country where the office has members abroad."""

import re

from rules import N_, Refused
from rules.characters import SPACES, without_punctuation

_BETWEEN = re.compile("[-‐‑‒–—−.·]")
_SHAPE = re.compile("[A-Z][0-9][A-Z][0-9][A-Z][0-9]")
_ZIP_PLUS_4 = re.compile("^([0-9]{5})[-‐‑‒–—−][0-9]{4}$")
_ABROAD = re.compile("(?=.*[0-9])[A-Za-z0-9]{3,10}")

# Canada Post has no I in its codes, so whatever looks like one in a letter's place is an L; a
# zero there stays wrong, because neither O nor Q nor D is used either.
_AS_LETTER = str.maketrans("1I", "LL")
_AS_DIGIT = str.maketrans("OIL", "011")
_LETTER_PLACES = (0, 2, 4)


def postal_code(text: str, *, abroad: bool = False) -> str | Refused:
    """A typed postal code in, in any case and spacing; `J7J 8G8` out (DESIGN §5).

    Canada Post's Addressing Guidelines: never D, F, I, O, Q or U, nor W or Z in first place. With
    `abroad`, what has not the shape of a Canadian one may be another country's: `SW1A1AA`.
    """
    text = without_punctuation(text)
    if not text:
        return Refused(N_("Écrivez votre code postal."))
    plain = _BETWEEN.sub("", SPACES.sub("", _ZIP_PLUS_4.sub(r"\1", text)))
    # Before upper(), which turns the long s into S and the dotless i into I.
    # Six digits are a code of India where members live abroad, else letters mistyped.
    may_be_ours = plain.isascii() and len(plain) == 6 and not (abroad and plain.isdecimal())
    code = _corrected(plain.upper()) if may_be_ours else ""
    if not _SHAPE.fullmatch(code):
        if not abroad:
            return Refused(N_("Écrivez votre code postal sous la forme A1A 1A1."))
        if plain.isascii() and _ABROAD.fullmatch(plain):
            return plain.upper()
        return Refused(N_("Écrivez votre code postal comme sur une lettre que vous recevez."))
    if any(letter in "DFIOQU" for letter in code):
        return Refused(N_("Vérifiez les lettres du code postal : jamais D, F, I, O, Q ni U."))
    if code[0] in "WZ":
        return Refused(N_("Vérifiez la première lettre du code postal : jamais W ni Z."))
    return f"{code[:3]} {code[3:]}"


def _corrected(code: str) -> str:
    return "".join(
        character.translate(_AS_LETTER if place in _LETTER_PLACES else _AS_DIGIT)
        for place, character in enumerate(code)
    )
