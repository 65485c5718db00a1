"""Keys derived from the portal's secret key, one for each purpose."""

import hashlib
import hmac


def derive(secret_key: str, purpose: str) -> bytes:
    """A 32-byte key for `purpose`; keys of two purposes tell nothing of each other."""
    return hmac.digest(secret_key.encode(), b"portal:" + purpose.encode(), "sha256")


def keyed_hash(key: bytes, *parts: str | bytes) -> bytes:
    """HMAC-SHA-256 over `parts`, unambiguous where one ends and the next begins (32 bytes)."""
    digest = hmac.new(key, digestmod=hashlib.sha256)
    for part in parts:
        data = part.encode() if isinstance(part, str) else part
        digest.update(len(data).to_bytes(4, "big") + data)
    return digest.digest()
