"""Names of people: what may be typed, and when two spellings are the same name."""

import hmac
import unicodedata

from rules import N_, Refused
from rules.characters import APOSTROPHES, SPACES, folded_words, trimmed

MAXIMUM = 80

_SAINTS = {"st": "saint", "ste": "sainte"}


def family_name(text: str) -> str | Refused:
    """A typed family name in; the tidied name out (DESIGN §5), letters of any script welcome."""
    name = _tidied(text)
    if not name:
        return Refused(N_("Écrivez votre nom de famille."))
    return _refusal(name) or name


def first_name(text: str) -> str | Refused:
    """A typed first name in; the tidied name out, by the rule of the family name."""
    name = _tidied(text)
    if not name:
        return Refused(N_("Écrivez votre prénom."))
    return _refusal(name) or name


def name_key(text: str) -> str:
    """Any name in; the key by which names are compared out (DESIGN §5).

    « St-Onge », « Saint Onge » and « SAINTONGE » have the same key. The key of two names side by
    side is their two keys side by side.
    """
    return "".join(_SAINTS.get(word, word) for word in folded_words(text))


def name_matches(typed: str, family_key: str, first_key: str) -> bool:
    """A typed name and a member's two keys in; whether they are the same person's name.

    The family name alone, or with the first name in either order (DESIGN §5); all three are
    compared whatever the outcome, so that the time taken tells nothing.
    """
    key = _bytes(name_key(typed))
    matches = False
    for candidate in (family_key, family_key + first_key, first_key + family_key):
        matches |= hmac.compare_digest(key, _bytes(candidate))
    # Without this, a roster row without a family name would match a full stop, or a first name.
    return matches & bool(family_key)


def _tidied(text: str) -> str:
    return unicodedata.normalize("NFC", SPACES.sub(" ", trimmed(text)))


def _refusal(name: str) -> Refused | None:
    if len(name) > MAXIMUM:
        return Refused(
            N_("Écrivez un nom de %(maximum)s caractères au plus."), {"maximum": MAXIMUM}
        )
    if any(unicodedata.category(character)[0] == "N" for character in name):
        return Refused(N_("Employez des lettres plutôt que des chiffres."))
    if not all(map(_is_of_a_name, name)):
        return Refused(N_("Employez lettres, espaces, points, traits d’union, apostrophes."))
    if not any(map(_is_letter, name)):
        return Refused(N_("Écrivez au moins une lettre."))
    return None


def _is_letter(character: str) -> bool:
    # Some apostrophes (the Hawaiian ʻokina) are letters to Unicode; alone they make no name.
    return unicodedata.category(character)[0] == "L" and character not in APOSTROPHES


def _is_of_a_name(character: str) -> bool:
    return (
        _is_letter(character)
        or character in APOSTROPHES
        or character in " .−"
        or unicodedata.category(character) in ("Mn", "Mc", "Pd")
    )


def _bytes(key: str) -> bytes:
    return key.encode("utf-8", "surrogatepass")
