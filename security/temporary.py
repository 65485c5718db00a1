"""Temporary passwords for the mail of « Mot de passe oublié » (DESIGN §6)."""

import secrets

from rules.characters import code_of
from security.keys import Key, keyed_hash, keyed_hashes

ALPHABET = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
"""Digits and capitals without look-alikes: 12 of these 31 are 59 random bits."""
LENGTH = 12


def make() -> str:
    """A new temporary password, in groups: `7KQM-2XPD-HW49`."""
    code = "".join(secrets.choice(ALPHABET) for _ in range(LENGTH))
    return "-".join(code[i : i + 4] for i in range(0, LENGTH, 4))


def code_hmac(key: Key, code: str) -> bytes:
    """The keyed HMAC that the database holds for a temporary password that was just made."""
    return keyed_hash(key, code.replace("-", ""))


def code_hmacs(key: Key, typed: str) -> tuple[bytes, ...]:
    """What the database may hold for a temporary password as somebody typed it.

    Any case, with or without its groups, whatever a phone or a mail program put between or around
    them; one for each secret key in use. A text that cannot be one gives as many that are never
    held: the look-up costs the same.
    """
    code = code_of(typed)
    if len(code) != LENGTH or not set(code) <= set(ALPHABET):
        code = ""
    return keyed_hashes(key, code)
