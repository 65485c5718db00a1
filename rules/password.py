"""The password: the guide's bounds exactly, and not one that a stranger guesses."""

import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from rules import N_, Refused
from rules.characters import INVISIBLE, LONGEST, SPACES, composed, folded_words, visible
from rules.guesses import score


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


_TYPEWRITTEN = str.maketrans({"’": "'", "‘": "'", "‛": "'", "“": '"', "”": '"', "„": '"'})


def normalised(text: str) -> str:
    """A typed password in; the form that is counted and hashed out, never cut.

    Keyboards differ in how they compose « é » (NFC: DESIGN §5, NIST SP 800-63B) and in what they
    make of an apostrophe or a space; what cannot be seen, and a space at the ends, nobody knows of.
    """
    plain = SPACES.sub(lambda run: " " * len(run[0]), visible(text))
    return composed(plain.translate(_TYPEWRITTEN))


def as_typed(text: str) -> str:
    """A typed password in; what was hashed of it before there was `normalised`, out: NFC alone."""
    return composed(text)


def checklist(text: str, policy: PasswordPolicy) -> tuple[Check, ...]:
    """A typed password and the bounds in; each rule of the guide out, met or not (DESIGN §5)."""
    text = normalised(text)[:LONGEST]
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


def within_bounds(text: str, policy: PasswordPolicy) -> str | Refused:
    """A typed password and the bounds of the guide in (DESIGN §5); normalised out, or `Refused`.

    What a form and its live check ask at once; `password` asks the rest.
    """
    if not normalised(text):
        return Refused(N_("Choisissez un mot de passe."))
    text = composed(text)
    if INVISIBLE.search(text):
        return Refused(
            N_("Écrivez le mot de passe à la main : un signe qui ne se voit pas y est resté.")
        )
    if SPACES.match(text[0]) or SPACES.match(text[-1]):
        return Refused(N_("Enlevez l’espace au début ou à la fin du mot de passe."))
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
    return normalised(text)


def password(text: str, policy: PasswordPolicy, facts: Sequence[str] = ()) -> str | Refused:
    """A typed password, the bounds and the member's own facts in; the normalised password out.

    Refused too where it holds a fact of four characters or more, or is guessable (SECURITY C4).
    Costs what `score` costs: not for the event loop.
    """
    chosen = within_bounds(text, policy)
    if isinstance(chosen, Refused):
        return chosen
    folded_facts = ["".join(folded_words(fact)) for fact in facts]
    if _holds_one_of(folded_facts, chosen):
        return Refused(
            N_(
                "Choisissez un mot de passe sans votre nom, votre matricule, "
                "votre date de naissance ni votre code postal."
            )
        )
    return guessable(score(chosen, [*facts, *folded_facts])) or chosen


def guessable(scored: int) -> Refused | None:
    """A password's score in; what is said of one that a stranger guesses, None of any other."""
    if scored <= 1:
        return Refused(N_("Choisissez un mot de passe plus difficile à deviner."))
    return None


def strength(scored: int) -> str:
    """The score of a password that is not guessable in; how strong it is, as a sentence, out."""
    if scored >= 4:
        return N_("Solidité : excellente.")
    return N_("Solidité : bonne.") if scored == 3 else N_("Solidité : moyenne.")


def _has_length(text: str, policy: PasswordPolicy) -> bool:
    return policy.minimum <= len(text) <= policy.maximum


def _has_letters(text: str, policy: PasswordPolicy) -> bool:
    return sum(unicodedata.category(character)[0] == "L" for character in text) >= policy.letters


def _has_digits(text: str, policy: PasswordPolicy) -> bool:
    return sum(character in "0123456789" for character in text) >= policy.digits


def _holds_one_of(folded_facts: list[str], text: str) -> bool:
    folded = "".join(folded_words(text))
    return any(len(fact) >= 4 and fact in folded for fact in folded_facts)
