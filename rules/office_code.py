"""The one-time code that the office gives for a new access."""

import re

from rules import N_, Refused
from rules.characters import code_of

LENGTH = 8
_PLAIN = re.compile(f"[0-9A-Z]{{{LENGTH}}}")


def office_code(text: str) -> str | Refused:
    """A code however it was typed or copied in; its eight letters and digits out.

    Case, spaces, every dash, full stops and invisible marks are of no account.
    """
    code = code_of(text)
    if not code:
        return Refused(N_("Écrivez le code que le bureau vous a donné."))
    if not _PLAIN.fullmatch(code):
        return Refused(N_("Le code du bureau compte huit lettres ou chiffres."))
    return code
