"""The password: the guide's bounds exactly, and not one that a stranger guesses."""

import threading
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from zxcvbn import zxcvbn

from rules import N_, Refused
from rules.characters import folded_words

# Hostile text costs zxcvbn 80 ms at 16 characters and seconds at 72; what follows only adds.
_SCORED = 16

# zxcvbn keeps the facts of the member in a table of the module: two threads would mix them.
_scoring = threading.Lock()


@dataclass(frozen=True)
class PasswordPolicy:
    """The bounds of a password; the defaults are those of the guide (DESIGN §5)."""

    minimum: int = 8
    maximum: int = 12
    letters: int = 3
    digits: int = 3


@dataclass(frozen=True)
class Check:
    """One line of the checklist under the field: a sentence with its values, met or not."""

    sentence: str
    values: Mapping[str, str | int]
    met: bool


def normalised(text: str) -> str:
    """A typed password in; the form that is counted and hashed out: NFC, nothing trimmed or cut.

    Keyboards differ in how they compose « é »; DESIGN §5 and NIST SP 800-63B ask for one form.
    """
    return unicodedata.normalize("NFC", text)


def checklist(text: str, policy: PasswordPolicy) -> tuple[Check, ...]:
    """A typed password and the bounds in; each rule of the guide out, met or not (DESIGN §5)."""
    text = normalised(text)
    return (
        Check(
            N_("De %(minimum)s à %(maximum)s caractères"),
            {"minimum": policy.minimum, "maximum": policy.maximum},
            _has_length(text, policy),
        ),
        Check(
            N_("Au moins %(letters)s lettres"),
            {"letters": policy.letters},
            _has_letters(text, policy),
        ),
        Check(
            N_("Au moins %(digits)s chiffres"),
            {"digits": policy.digits},
            _has_digits(text, policy),
        ),
    )


def password(text: str, policy: PasswordPolicy, facts: Sequence[str] = ()) -> str | Refused:
    """A typed password, the bounds and the member's own facts in; the normalised password out.

    The guide's bounds (DESIGN §5), then refused where it holds a fact of four characters or
    more, or where zxcvbn scores it 0 or 1 (SECURITY C4).
    """
    text = normalised(text)
    if not text:
        return Refused(N_("Choisissez un mot de passe."))
    if not _has_length(text, policy):
        return Refused(
            N_("Choisissez un mot de passe de %(minimum)s à %(maximum)s caractères."),
            {"minimum": policy.minimum, "maximum": policy.maximum},
        )
    if not _has_letters(text, policy):
        return Refused(
            N_("Mettez au moins %(letters)s lettres dans le mot de passe."),
            {"letters": policy.letters},
        )
    if not _has_digits(text, policy):
        return Refused(
            N_("Mettez au moins %(digits)s chiffres dans le mot de passe."),
            {"digits": policy.digits},
        )
    # Lone surrogates have no UTF-8 form, so no hash.
    if any(unicodedata.category(character) in ("Cc", "Cs") for character in text):
        return Refused(N_("Employez seulement des caractères du clavier."))
    folded_facts = ["".join(folded_words(fact)) for fact in facts]
    if _holds_one_of(folded_facts, text):
        return Refused(
            N_(
                "Choisissez un mot de passe sans votre nom, votre matricule, "
                "votre date de naissance ni votre code postal."
            )
        )
    if _is_guessable(text, [*facts, *folded_facts]):
        return Refused(N_("Choisissez un mot de passe plus difficile à deviner."))
    return text


def strength(text: str) -> str:
    """A password that `password` accepts in; how hard it is to guess, as a sentence, out."""
    score = _score(normalised(text), [])
    if score >= 4:
        return N_("Solidité : excellente.")
    return N_("Solidité : bonne.") if score == 3 else N_("Solidité : moyenne.")


def _has_length(text: str, policy: PasswordPolicy) -> bool:
    return policy.minimum <= len(text) <= policy.maximum


def _has_letters(text: str, policy: PasswordPolicy) -> bool:
    return sum(unicodedata.category(character)[0] == "L" for character in text) >= policy.letters


def _has_digits(text: str, policy: PasswordPolicy) -> bool:
    return sum(character in "0123456789" for character in text) >= policy.digits


def _holds_one_of(folded_facts: list[str], text: str) -> bool:
    folded = "".join(folded_words(text))
    return any(len(fact) >= 4 and fact in folded for fact in folded_facts)


def _is_guessable(text: str, facts: list[str]) -> bool:
    return _score(text, facts) <= 1


def _score(text: str, facts: list[str]) -> int:
    """From 0, guessed at once, to 4; what zxcvbn cannot judge is worth nothing."""
    try:
        with _scoring:
            score: int = zxcvbn(text[:_SCORED], user_inputs=facts)["score"]
            return score
    except Exception:  # it is known to raise on odd text
        return 0
