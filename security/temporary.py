"""Temporary passwords for the mail of « Mot de passe oublié » (DESIGN §6)."""

import secrets

from security.keys import keyed_hash

ALPHABET = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
"""Digits and capitals without look-alikes: 12 of these 31 are 59 random bits."""
LENGTH = 12


def make() -> str:
    """A new temporary password, in groups: `7KQM-2XPD-HW49`."""
    code = "".join(secrets.choice(ALPHABET) for _ in range(LENGTH))
    return "-".join(code[i : i + 4] for i in range(0, LENGTH, 4))


def code_hmac(key: bytes, typed: str) -> bytes | None:
    """The keyed HMAC that the database holds for a temporary password as somebody typed it.

    Any case, with or without its groups; None when it cannot be one.
    """
    code = "".join(c for c in typed.upper() if c not in "-–— \u00a0")
    if len(code) != LENGTH or not set(code) <= set(ALPHABET):
        return None
    return keyed_hash(key, code)
