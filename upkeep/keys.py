"""Rotating the secret key: the former one is accepted until what it signed has expired."""

import os
import secrets
from collections.abc import Iterable
from pathlib import Path

from security.tokens import LONGEST
from upkeep.files import private_file, settle


def rotate(key_file: Path, keys: tuple[str, ...], *, leaked: bool) -> None:
    """Add a new key after `keys`; where they `leaked`, the new one alone is accepted at once.

    The server takes it over at its next start. Raises `OSError`.
    """
    kept = () if leaked else keys
    write_keys(key_file, (*kept, secrets.token_urlsafe(48)))


def drop_retired(key_file: Path, keys: tuple[str, ...], now: int) -> int:
    """Keep only the newest key once a rotation is older than any token; gives how many went.

    The rotation is when the file was last written. Raises `OSError`.
    """
    if len(keys) == 1 or now - key_file.stat().st_mtime < LONGEST:
        return 0
    write_keys(key_file, keys[-1:])
    return len(keys) - 1


def write_keys(key_file: Path, keys: Iterable[str]) -> None:
    """Replace the file by these keys, the newest last: the old ones are there, or the new ones."""
    fresh = key_file.with_name(f"{key_file.name}.{secrets.token_hex(8)}")
    try:
        with private_file(fresh) as file:
            file.write("".join(f"{key}\n" for key in keys).encode("ascii"))
        os.replace(fresh, key_file)
    finally:
        fresh.unlink(missing_ok=True)
    settle(key_file.parent)
