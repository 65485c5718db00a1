"""Step one of the registration: four facts against the roster."""

import hmac
from dataclasses import dataclass
from datetime import date

from db import accounts, members
from db.database import Reader
from db.members import Member
from rules.name import name_matches


@dataclass(frozen=True, slots=True)
class Facts:
    """What a member identifies with, already through the rules."""

    matricule: str
    family_name: str
    birth_date: date
    postal_code: str

    @property
    def without_matricule(self) -> tuple[str, str]:
        """What tells one person from another without the matricule, however the name is spelt."""
        return self.birth_date.isoformat(), self.postal_code


@dataclass(frozen=True, slots=True)
class Identified:
    """A member without an access."""

    member_id: int


@dataclass(frozen=True, slots=True)
class AlreadyRegistered:
    """A member who has an access."""

    member_id: int


@dataclass(frozen=True, slots=True)
class NotFound:
    """No active member has these four facts."""


async def identify(db: Reader, facts: Facts) -> Identified | AlreadyRegistered | NotFound:
    """Who these facts belong to, and whether that member has an access already."""
    member = await find(db, facts)
    if member is None:
        return NotFound()
    if await accounts.by_member(db, member.id):
        return AlreadyRegistered(member.id)
    return Identified(member.id)


async def find(db: Reader, facts: Facts) -> Member | None:
    """The active member with these four facts; never ends early on the first that differs."""
    member = await members.by_matricule(db, facts.matricule)
    known = member or NOBODY
    same = [
        name_matches(facts.family_name, known.family_key, known.first_key),
        hmac.compare_digest(facts.birth_date.isoformat(), known.birth_date),
        hmac.compare_digest(facts.postal_code, known.postal_code),
        known.active,
    ]
    return member if all(same) else None


NOBODY = Member(0, "", "", "", "", "", "", "", None, active=False)
