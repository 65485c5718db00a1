"""Step one of the registration: four facts against the roster."""

import hmac
from dataclasses import dataclass
from datetime import date

from db import accounts, annulments, members
from db.database import Reader, Transaction
from db.members import Member
from members import Means, Visit, Wait
from members.dead_ends import note, note_within, refusal
from rules.listed_name import listed_name
from rules.name import name_matches
from security.throttle import IDENTIFY_FACTS, IDENTIFY_MATRICULE, source_at


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
    """A member without an access.

    `mark` is that of the annulment of the access from before, zero where there was none: the next
    access then asks for the office's code.
    """

    member_id: int
    mark: int = 0


@dataclass(frozen=True, slots=True)
class AlreadyRegistered:
    """A member who has an access; the office finds what happened by `call_code`."""

    member_id: int
    call_code: str


@dataclass(frozen=True, slots=True)
class NotFound:
    """No active member has these four facts; the office finds what happened by `call_code`."""

    call_code: str


@dataclass(frozen=True, slots=True)
class Near:
    """Who was probably meant, if anybody, and which of the facts differ; never their values."""

    member_id: int | None
    differing: tuple[str, ...]


async def identify(
    means: Means, facts: Facts, visit: Visit
) -> Identified | AlreadyRegistered | NotFound | Wait:
    """Who these facts belong to, and whether that member has an access already.

    A try whose facts are right counts nothing.
    """
    limits = ((IDENTIFY_MATRICULE, (facts.matricule,)), (IDENTIFY_FACTS, facts.without_matricule))
    tries = []
    for limit, subject in limits:
        taken = await means.throttle.ask(limit, *subject, source=source_at(visit.address))
        if taken.seconds:
            return await refusal(
                means,
                "identify_throttled",
                limit.name,
                subject,
                taken.seconds,
                visit,
                matricule=facts.matricule,
            )
        tries.append(taken)
    member = await recognise(means.db, facts)
    if isinstance(member, Near):
        code = await note(
            means,
            "identify_failed",
            visit,
            member_id=member.member_id,
            detail=",".join(member.differing),
        )
        return NotFound(code)
    member_id = member.id

    async def found(tx: Transaction) -> Identified | AlreadyRegistered:
        await means.throttle.give_back(*tries, tx=tx)
        account = await accounts.by_member(tx, member_id)
        event = "already_registered" if account else "identified"
        code = await note_within(tx, means, event, visit, member_id=member_id)
        if account:
            return AlreadyRegistered(member_id, code)
        annulment = await annulments.by_member(tx, member_id)
        return Identified(member_id, annulment.mark if annulment else 0)

    return await means.db.write(found)


async def recognise(db: Reader, facts: Facts) -> Member | Near:
    """The active member with these four facts; else who was near.

    Never ends early on the first fact that differs: found or not, it costs the same reads.
    """
    known = await members.by_matricule(db, facts.matricule)
    others = await members.without_matricule(db, *facts.without_matricule)
    meant = [other for other in others if other.active and _has_name(other, facts)]
    differing = _differing(known or NOBODY, facts)
    if known and not differing:
        return known
    # A slip in the matricule may well hit somebody else's: then everything else differs.
    if len(meant) == 1 and (known is None or len(differing) >= 3):
        return Near(meant[0].id, ("matricule",))
    return Near(known.id, differing) if known else Near(None, ())


def _differing(member: Member, facts: Facts) -> tuple[str, ...]:
    same = {
        "family_name": _has_name(member, facts),
        "birth_date": hmac.compare_digest(facts.birth_date.isoformat(), member.birth_date),
        "postal_code": hmac.compare_digest(facts.postal_code, member.postal_code),
        "active": member.active,
    }
    return tuple(name for name, is_same in same.items() if not is_same)


def _has_name(member: Member, facts: Facts) -> bool:
    matches = False
    for family_name, first_name in listed_name(member.family_name, member.first_name).readings:
        matches |= name_matches(facts.family_name, family_name, first_name)
    return matches


NOBODY = Member(0, "", "", "", "", "", "", "", None, active=False)
