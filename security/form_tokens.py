"""What binds a form of the members' section to the member and session it was made for.

No `Purpose` of `security.tokens`: every page of the section holds one, and would take a fifth
longer.
"""

import base64
import hmac
import re
from dataclasses import dataclass

from security.clock import Clock
from security.keys import Key, keyed_hash, keyed_hashes
from security.tokens import LONGEST

_TOKEN = re.compile(r"(([0-9]{1,18})\.([\w-]{12})\.([0-9]{1,12}))\.([\w-]{22})", re.ASCII)


@dataclass(frozen=True, slots=True)
class MadeFor:
    """The member whose page a form stood on, the mark of their session, when it was made."""

    member_id: int
    mark: str
    at: int


class FormTokens:
    """Makes and reads them; `key` signs."""

    def __init__(self, key: Key, clock: Clock) -> None:
        self._key = key
        self._clock = clock

    def make(self, member_id: int, id_hash: bytes) -> str:
        """A token for that member, in the session of that hash."""
        payload = f"{member_id}.{session_mark(id_hash)}.{self._clock()}"
        return f"{payload}.{_signature(keyed_hash(self._key, payload))}"

    def read(self, token: str) -> MadeFor | None:
        """Whom the token names; None when it is forged, or older than any link of a mail."""
        found = _TOKEN.fullmatch(token)
        if found is None:
            return None
        payload, member_id, mark, at, signature = found.groups()
        ours = [_signature(each) for each in keyed_hashes(self._key, payload)]
        if not any(hmac.compare_digest(signature, each) for each in ours):
            return None
        made = MadeFor(int(member_id), mark, int(at))
        return made if self._clock() - made.at <= LONGEST else None


def session_mark(id_hash: bytes) -> str:
    """What a form tells of the session of that hash: enough to know it again, no more."""
    return _text(id_hash[:9])


def _signature(digest: bytes) -> str:
    return _text(digest[:16])


def _text(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
