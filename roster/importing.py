"""What a file would change in the roster, and changing it."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from db import journal, members
from db.database import Database, Transaction
from db.members import Member
from roster.reading import TWICE, Line, RefusedLine, read
from rules.name import name_key
from texts import texts


@dataclass(slots=True)
class Plan:
    """The lines of a file against the roster."""

    new: list[Line] = field(default_factory=list)
    changed: list[Line] = field(default_factory=list)
    unchanged: int = 0
    refused: list[RefusedLine] = field(default_factory=list)

    def report(self) -> Iterator[str]:
        """The plan in French, a line a fact."""
        yield f"Nouveaux : {len(self.new)}"
        yield f"Modifiés : {len(self.changed)}"
        yield f"Inchangés : {self.unchanged}"
        yield f"Refusés : {len(self.refused)}"
        say = texts("fr").say
        for line in self.refused:
            reason = say(line.reason.sentence, line.reason.values)
            yield f"  ligne {line.number}, {line.column} : {reason}"


async def import_roster(
    db: Database, file: Path, *, dry_run: bool, zone: ZoneInfo, now: int
) -> Plan:
    """Plan the file's changes and, unless `dry_run`, apply them in one transaction.

    Raises OSError or ValueError (French) when the file cannot be read at all.
    """
    today = datetime.fromtimestamp(now, zone).date()
    plan = make_plan(read(file, today), await members.everyone(db))
    if not dry_run and (plan.new or plan.changed):
        await db.write(lambda tx: _apply(tx, plan, now))
    return plan


def make_plan(lines: Iterable[Line | RefusedLine], known: dict[str, Member]) -> Plan:
    """Sort the lines into new, changed, unchanged and refused.

    A matricule twice with different facts refuses both lines: nobody can tell which is right.
    """
    plan = Plan()
    by_matricule: dict[str, list[Line]] = {}
    for line in lines:
        if isinstance(line, RefusedLine):
            plan.refused.append(line)
        else:
            by_matricule.setdefault(line.matricule, []).append(line)
    for matricule, same in by_matricule.items():
        line = same[0]
        if any(_facts(other) != _facts(line) for other in same):
            plan.refused += [RefusedLine(other.number, "matricule", TWICE) for other in same]
        elif matricule not in known:
            plan.new.append(line)
        elif _is_same(line, known[matricule]):
            plan.unchanged += 1
        else:
            plan.changed.append(line)
    plan.refused.sort(key=lambda line: line.number)
    return plan


async def _apply(tx: Transaction, plan: Plan, now: int) -> None:
    await members.save(
        tx,
        [
            (
                line.matricule,
                line.family_name,
                line.first_name,
                name_key(line.family_name),
                name_key(line.first_name),
                line.birth_date,
                line.postal_code,
                line.email,
            )
            for line in plan.new + plan.changed
        ],
    )
    await journal.write(tx, "roster_imported", at=now, actor="office")


def _facts(line: Line) -> tuple[str | None, ...]:
    return (line.family_name, line.first_name, line.birth_date, line.postal_code, line.email)


def _is_same(line: Line, member: Member) -> bool:
    return member.active and _facts(line) == (
        member.family_name,
        member.first_name,
        member.birth_date,
        member.postal_code,
        member.email,
    )
