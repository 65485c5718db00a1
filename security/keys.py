"""Keys derived from the portal's secret keys, one for each purpose."""

import hashlib
import hmac
from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Key:
    """A purpose's key: `newest` makes hashes, the older ones still recognise theirs.

    A rotation of the secret key thus voids no temporary password, link or captcha under way.
    """

    newest: bytes
    older: tuple[bytes, ...] = ()


def derive(secret_keys: Sequence[str], purpose: str) -> Key:
    """The key for `purpose` from the secret keys, the newest last.

    Keys of two purposes tell nothing of each other.
    """
    label = b"portal:" + purpose.encode()
    *older, newest = (hmac.digest(key.encode(), label, "sha256") for key in secret_keys)
    return Key(newest, tuple(older))


def keyed_hash(key: Key, *parts: str | bytes) -> bytes:
    """HMAC-SHA-256 over `parts`, unambiguous where one ends and the next begins (32 bytes)."""
    return _hash(key.newest, parts)


def keyed_hashes(key: Key, *parts: str | bytes) -> tuple[bytes, ...]:
    """What `keyed_hash` gives now and gave before the last rotations, the newest first."""
    return tuple(_hash(secret, parts) for secret in (key.newest, *key.older))


def _hash(secret: bytes, parts: Sequence[str | bytes]) -> bytes:
    digest = hmac.new(secret, digestmod=hashlib.sha256)
    for part in parts:
        data = part.encode() if isinstance(part, str) else part
        digest.update(len(data).to_bytes(4, "big") + data)
    return digest.digest()
