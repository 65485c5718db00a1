"""Names of people: what may be typed, and when two spellings are the same name."""

import hmac
import re
import unicodedata

from rules import N_, Refused
from rules.characters import (
    APOSTROPHES,
    SPACES,
    composed,
    folded_words,
    trimmed,
    visible,
)

MAXIMUM = 80

_SAINTS = {"st": "saint", "ste": "sainte"}

_TITLES = frozenset(
    {"m", "mr", "monsieur", "mme", "madame", "mlle", "mademoiselle", "ms", "mrs", "miss"}
    | {"dr", "dre", "docteur", "docteure", "me", "maître", "maitre"}
)
# What stands between the two names of one person: of birth and marriage, or a « dit » of old.
_AND = r"(?:née?|nee|épouse|epouse|ép|veuve|vve|dite?)\.?(?=[ :(])"
_OTHER_NAME = re.compile(rf"(?:^|[ ,(]+){_AND}|\(", re.IGNORECASE)
_INITIALS = re.compile(r"(?:[^\W0-9_]\.-?)*[^\W0-9_]\.?")


def family_name(text: str) -> str | Refused:
    """A family name of the roster in; the tidied name out (DESIGN §5), letters of any script.

    « Lapointe (née Roy) » is one: `name_matches` takes it by either name.
    """
    name = _tidied(text)
    if not name:
        return Refused(N_("Écrivez votre nom de famille."))
    return _refusal(name, "()") or name


def typed_family_name(text: str) -> str | Refused:
    """A family name as a member types it in; the tidied text out, which `name_matches` reads.

    Takes what people add besides: « Lapointe, François », « Mme Lapointe (née Roy) ».
    """
    name = _tidied(visible(text))
    if not name:
        return Refused(N_("Écrivez votre nom de famille."))
    return _refusal(name, "(),") or name


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


def names_in(text: str) -> tuple[str, ...]:
    """What somebody is called in; the one or two names that it states out, without titles.

    « Mme Lapointe » states Lapointe; « Lapointe (née Roy) », « Lapointe née Roy » and « Lapointe
    (Roy) » state both. A first name that stands beside one stays there.
    """
    one, *others = _OTHER_NAME.split(_tidied(text), maxsplit=1)
    if not others:
        return (_without_titles(one),)
    other, _, after = others[0].partition(")")
    stated = _without_titles(f"{one} {after}"), _without_titles(other)
    return tuple(name for name in stated if name_key(name)) or (text,)


def name_matches(typed: str, family_name: str, first_name: str) -> bool:
    """A typed name and the roster's two in; whether they are the same person's name.

    By keys, so letter by letter: the family name alone, or with the first name or its initials in
    either order (DESIGN §5). Of two family names on the roster one is enough; who types two must
    have both right where the roster has two, and one of them where it has one. Every way is
    compared whatever the outcome, so that the time taken tells nothing.
    """
    key, first = name_key(family_name), name_key(first_name)
    initials = "".join(word[0] for word in folded_words(first_name))
    said, own = names_in(typed), [name_key(name) for name in names_in(family_name)]
    met = [[_is_name(name, own_key, first, initials) for own_key in own] for name in said]
    # As it stands on the roster, or two names of which one side makes one: Lapointe-Roy.
    ways = [
        _same(name_key(typed), key, key + first, first + key),
        _is_name(" ".join(said), "".join(own), first, initials),
    ]
    if len(said) == len(own) == 2:
        ways += [met[0][0] & met[1][1], met[0][1] & met[1][0]]
    else:
        ways += [is_name for row in met for is_name in row]
    # Without this, a roster row without a family name would match a full stop, or a first name.
    return any(ways) and bool(key)


def _is_name(name: str, family: str, first: str, initials: str) -> bool:
    """Whether that is the family name of this key, alone or with the first name or its initials."""
    words = name.replace(",", " ").split()
    places = [place for place, word in enumerate(words) if _INITIALS.fullmatch(word)]
    is_name = _same(name_key(name), family, family + first, first + family)
    # One run of initials, and something else. Never what stands before an apostrophe: L’Écuyer.
    if 0 < len(places) < len(words) and places[-1] - places[0] < len(places):
        run = words[places[0] : places[-1] + 1]
        before, after = words[: places[0]], words[places[-1] + 1 :]
        rest = name_key(" ".join(before)) + " " + name_key(" ".join(after))
        typed = "".join(folded_words(" ".join(run)))
        if all(word.endswith(".") for word in run):  # « François J. Lapointe »
            is_name |= _same(rest, f"{first} {family}", f"{family} {first}")
            is_name |= _same(rest.strip(), family + first, first + family)
        # « F. Lapointe », « F. J. Lapointe »: one side may have more of them.
        if typed and initials and (initials.startswith(typed) or typed.startswith(initials)):
            is_name |= _same(rest.strip(), family)
    return is_name and bool(family)


def _same(key: str, *candidates: str) -> bool:
    is_one = False
    for candidate in candidates:
        is_one |= hmac.compare_digest(_bytes(key), _bytes(candidate))
    return is_one


def _without_titles(name: str) -> str:
    words = name.replace(",", " ").split()
    while len(words) > 1 and _is_title(words[0]):
        del words[0]
    while len(words) > 1 and _is_title(words[-1]):
        del words[-1]
    return " ".join(words)


def _is_title(word: str) -> bool:
    return unicodedata.normalize("NFKC", word).casefold().rstrip(".") in _TITLES


def _tidied(text: str) -> str:
    return composed(SPACES.sub(" ", trimmed(text)))


def _refusal(name: str, signs: str = "") -> Refused | None:
    if len(name) > MAXIMUM:
        return Refused(
            N_("Écrivez un nom de %(maximum)s caractères au plus."), {"maximum": MAXIMUM}
        )
    if any(unicodedata.category(character)[0] == "N" for character in name):
        return Refused(N_("Employez des lettres plutôt que des chiffres."))
    if not all(_is_of_a_name(character) or character in signs for character in name):
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
