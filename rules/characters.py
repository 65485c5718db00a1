"""What the rules share about characters: trimming, spaces, and folding for comparison."""

import re
import unicodedata

# The white space of a keyboard, every space of Unicode, and the invisible marks that copying
# brings along. Not str.strip(): it would swallow control characters, which are never accepted.
_EDGES = (
    "\t\n\r "
    "\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u205f\u3000"
    "\u00ad\u200b\u200c\u200d\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2060\u2066\u2067\u2068\u2069\ufeff"
)

_AROUND = " \u00a0\u202f.,;:«»‹›“”„\"'’‘()[]<>"

SPACES = re.compile("[ \u00a0\u1680\u2000-\u200a\u202f\u205f\u3000]+")
"""A run of spaces of any width (Unicode category Zs), never a tab or a line break."""

INVISIBLE = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\u2800"
    "\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb\U0001bca0-\U0001bca3\U0001d173-\U0001d17a"
    "\U000e0000-\U000e0fff]"
)
"""A character that nobody sees: Unicode's Default_Ignorable_Code_Point, interlinear marks, and the
blank of braille. Copying brings them along: soft hyphens, zero-width spaces, marks of direction."""

APOSTROPHES = frozenset("'’‘‛`´′‵＇ʹʻʼʽʾʿˈˊˋꞋꞌ՚׳")
"""Every character that keyboards, Word and transliterations put where an apostrophe goes."""

# Letters that Unicode does not decompose, spelled as a French keyboard would type them.
_SPELLED = str.maketrans(
    {
        "œ": "oe",
        "æ": "ae",
        "ø": "o",
        "ł": "l",
        "đ": "d",
        "ð": "d",
        "þ": "th",
        "ħ": "h",
        "ŧ": "t",
        "ı": "i",
    }
)


LONGEST = 512
"""Characters beyond which a text is nobody's name and nobody's password, and is left as it is."""


def composed(text: str) -> str:
    """Text in, its form NFC out, so that « é » is one character however a keyboard writes it.

    Not beyond `LONGEST`: to put many marks on one letter in order takes the square of their
    number, 90 ms for a body full of them.
    """
    return unicodedata.normalize("NFC", text) if len(text) <= LONGEST else text


def trimmed(text: str) -> str:
    """Text in, the same without the white space and invisible marks at its two ends."""
    return text.strip(_EDGES)


def visible(text: str) -> str:
    """Text in, the same without what cannot be seen, and trimmed; spaces inside stay."""
    return trimmed(INVISIBLE.sub("", text))


def without_punctuation(text: str) -> str:
    """Text in, the visible without the quotes, brackets and full stops that surround it."""
    return visible(text).strip(_AROUND)


def code_of(text: str) -> str:
    """A code that was typed or copied in; its letters and digits alone out, in capitals.

    Whatever a phone or a mail program put between or around them goes; NFKC makes full-width
    letters plain ones, of what is short enough to be a code: on one letter with many marks it takes
    the square of their number.
    """
    if len(text) > LONGEST:
        return ""
    return "".join(c for c in unicodedata.normalize("NFKC", text).upper() if c.isalnum())


def folded_words(text: str) -> list[str]:
    """Text in, its words out, without case, accents and ligatures; all other signs part words.

    The rule is that of names in DESIGN §5, on Unicode's compatibility caseless matching (D146).
    """
    plain = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text).casefold())
    return "".join(
        character if _is_kept(character) else " "
        for character in plain.translate(_SPELLED)
        if not unicodedata.combining(character)
    ).split()


def _is_kept(character: str) -> bool:
    # Marks that reach this point are the vowels of Indic scripts, not accents.
    return unicodedata.category(character)[0] in "LNM" and character not in APOSTROPHES
