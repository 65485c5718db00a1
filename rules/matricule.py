"""The matricule: five digits, kept as text."""

import re

from rules import N_, Refused
from rules.characters import SPACES, without_punctuation

_DIGITS = re.compile("[0-9]{1,5}")


def matricule(text: str) -> str | Refused:
    """A typed matricule in; its five digits out, leading zeros kept (DESIGN §5).

    Spaces inside and signs around are tolerated; with fewer digits, the sentence offers the zeros.
    """
    text = without_punctuation(text)
    if not text:
        return Refused(N_("Écrivez votre matricule."))
    digits = SPACES.sub("", text)
    if not _DIGITS.fullmatch(digits):
        return Refused(N_("Écrivez les cinq chiffres de votre matricule."))
    if len(digits) < 5:
        return Refused(
            N_("Le matricule compte cinq chiffres, zéros compris : écrivez %(matricule)s."),
            {"matricule": digits.zfill(5)},
        )
    return digits
