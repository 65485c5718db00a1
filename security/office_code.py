"""The one-time code that the office gives for a new access after an annulment (SECURITY X7)."""

import secrets

from rules.office_code import LENGTH
from security.keys import Key, keyed_hash, keyed_hashes
from security.temporary import ALPHABET


def make() -> str:
    """A new code: 40 random bits, which no number of networks guesses within the week."""
    return "".join(secrets.choice(ALPHABET) for _ in range(LENGTH))


def spoken(code: str) -> str:
    """A code in groups, as it is told: `7KQM-2XPD`."""
    return f"{code[:4]}-{code[4:]}"


def code_hmac(key: Key, member_id: int, code: str) -> bytes:
    """The keyed HMAC that the database holds for that member's code."""
    return keyed_hash(key, *_parts(member_id, code))


def code_hmacs(key: Key, member_id: int, code: str) -> tuple[bytes, ...]:
    """What the database may hold for it: one for each secret key in use."""
    return keyed_hashes(key, *_parts(member_id, code))


def _parts(member_id: int, code: str) -> tuple[str, ...]:
    # The key is that of the temporary passwords: the label keeps the two apart.
    return "office code", str(member_id), code
