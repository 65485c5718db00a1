"""What a file would change in the roster, told before anything is written."""

import asyncio
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from functools import lru_cache

from db import erasures, members, staging
from db.database import Database, Parameters, Transaction
from db.erasures import Remembered
from db.staging import Changed, FieldChanges, Returning, Succession
from roster.grouping import Group, Groups
from roster.reading import Line, RefusedLine, RosterFile
from rules import N_, Refused
from rules.name import name_key

TWICE = Refused(N_("Ce matricule est aussi à une autre ligne, avec d’autres renseignements."))

_key = lru_cache(10_000)(name_key)

_LISTED = 50
"""How many changed or absent members the plan names; it counts the others."""


@dataclass(frozen=True, slots=True)
class Plan:
    """The lines of a file beside the roster, staged in the database's connection.

    `changed` and `absent` name the first few, `*_count` count them all; `remarks` are about lines
    that are taken; `number_only` are the numbers of lines with nothing but a matricule;
    `without_matricule` is how many refused lines are about somebody who cannot be told; `erased`
    are new lines about persons who asked to be erased, left out unless the office says otherwise;
    `last_event` is the journal's last row at that moment.
    """

    file: RosterFile
    new_count: int
    changed_count: int
    changed_fields: dict[str, FieldChanges]
    changed: list[Changed]
    unchanged_count: int
    repeated_count: int
    successions: list[Succession]
    erased: list[Returning]
    absent_count: int
    absent: list[tuple[str, str]]
    active_count: int
    refused: list[RefusedLine]
    remarks: list[Group]
    number_only: list[int]
    without_matricule: int
    last_event: int

    @property
    def accepted_count(self) -> int:
        """How many lines can be taken, those that change nothing included."""
        return (
            self.new_count
            + self.changed_count
            + self.unchanged_count
            + self.repeated_count
            + len(self.successions)
            + len(self.erased)
        )

    def change_count(self, *, deactivate: bool, successors: bool, returning: bool = False) -> int:
        """How many members would be written if this is what is agreed to."""
        return (
            self.new_count
            + self.changed_count
            + (self.absent_count if deactivate else 0)
            + (len(self.successions) if successors else 0)
            + (len(self.erased) if returning else 0)
        )


async def plan_import(
    db: Database, file: RosterFile, today: date, progress: Callable[[], None] = lambda: None
) -> Plan:
    """Stage the file's lines and compare them with the roster; nothing of it is written.

    `progress` is called once a line. Raises `UnreadableFile` when the file turns out broken.
    """
    refused: list[RefusedLine] = []
    number_only: list[int] = []
    remarks = Groups()
    totals = 0  # lines at the file's end that are about nobody
    given_up = False

    def staged_lines() -> Iterator[Parameters]:
        nonlocal totals
        for line in file.lines(today):
            if given_up:
                return
            progress()
            totals = totals + 1 if isinstance(line, RefusedLine) and line.nobody else 0
            if isinstance(line, RefusedLine):
                if line.number_only:
                    number_only.append(line.number)
                else:
                    refused.append(line)
                whom = line.matricule or line.probably
                fate = "doubtful" if line.probably else "refused"
                yield (line.number, whom, *[None] * 7, 0, fate)
            else:
                for column, remark in line.remarks:
                    remarks.add(line.number, column, remark)
                yield _row(line)

    async def work(tx: Transaction) -> Plan:
        await staging.create(tx)
        try:
            await staging.add(tx, staged_lines())
        except asyncio.CancelledError:
            nonlocal given_up
            given_up = True  # the connection's thread reads on, and closing waits for it
            raise
        await staging.compare(tx, has_emails=file.has_emails)
        erased = await _erased(tx)
        words = file.headings.words["matricule"]
        refused.extend(RefusedLine(number, ((words, TWICE),)) for number in await staging.twice(tx))
        refused.sort(key=lambda line: line.number)
        counts = await staging.counts(tx)
        absent_count, absent = await staging.absent(tx, _LISTED)
        return Plan(
            file=file,
            new_count=counts.get("new", 0),
            changed_count=counts.get("changed", 0),
            changed_fields=await staging.changes_by_field(tx),
            changed=await staging.changed(tx, _LISTED),
            unchanged_count=counts.get("unchanged", 0),
            repeated_count=counts.get("repeated", 0),
            successions=await staging.successions(tx),
            erased=erased,
            absent_count=absent_count,
            absent=absent,
            active_count=(await members.counts(tx)).active,
            refused=refused,
            remarks=remarks.all(),
            number_only=number_only,
            without_matricule=await staging.without_matricule(tx) - totals,
            last_event=await staging.last_event(tx),
        )

    return await db.stage(work)


async def _erased(tx: Transaction) -> list[Returning]:
    """Set aside the lines about persons who asked to be erased: they are not added in silence."""
    remembered = Remembered(await erasures.everyone(tx))
    if not remembered:
        return []
    found = []
    for number, *person in await staging.newcomers(tx):
        known = await asyncio.to_thread(remembered.person, *person)
        if known:
            found.append(Returning(number, person[0], known))
    await staging.set_aside(tx, found)
    return found


def _row(line: Line) -> Parameters:
    return (
        line.number,
        line.matricule,
        line.family_name,
        line.first_name,
        _key(line.family_name),
        _key(line.first_name),
        line.birth_date,
        line.postal_code,
        line.email,
        line.keeps_email,
        "taken",
    )
