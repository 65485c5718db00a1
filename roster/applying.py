"""A plan becomes the roster, in one transaction."""

import json
from datetime import datetime
from functools import partial
from pathlib import Path
from zoneinfo import ZoneInfo

from db import erasures, journal, staging
from db.database import Database, Transaction
from roster.planning import Plan, plan_import
from roster.reading import RosterFile


class RosterMoved(Exception):
    """Another import was written since the plan was made."""


async def load(db: Database, file: Path, *, zone: ZoneInfo, now: int) -> None:
    """Plan and apply a file that nobody needs to be asked about: a demonstration's roster."""
    plan = await plan_import(db, RosterFile(file), datetime.fromtimestamp(now, zone).date())
    await apply_plan(db, plan, deactivate=False, successors=True, now=now)


async def apply_plan(
    db: Database,
    plan: Plan,
    *,
    deactivate: bool,
    successors: bool,
    returning: bool = False,
    now: int,
) -> None:
    """Write what the plan changes: all of it or, whatever happens, nothing.

    `deactivate` says what becomes of the absent members, `successors` whether the matricules that
    pass to another person were confirmed, `returning` whether those who asked to be erased are to
    come back. The journal keeps the counts, of an import that changes
    nothing too. Raises `RosterMoved`.
    """
    counts = {
        "new": plan.new_count,
        "changed": plan.changed_count,
        "unchanged": plan.unchanged_count,
        "repeated": plan.repeated_count,
        "successors": len(plan.successions) if successors else 0,
        "successors_left": 0 if successors else len(plan.successions),
        "deactivated": plan.absent_count if deactivate else 0,
        "absent_kept": 0 if deactivate else plan.absent_count,
        "refused": len(plan.refused),
        "erased_left": 0 if returning else len(plan.erased),
        "erased_back": len(plan.erased) if returning else 0,
    }
    note = partial(
        journal.write, event="roster_imported", at=now, actor="office", detail=json.dumps(counts)
    )
    if not plan.change_count(deactivate=deactivate, successors=successors, returning=returning):
        await db.write(note)
        return
    await db.stage(lambda tx: staging.sort(tx, successors=successors, returning=returning))

    async def write(tx: Transaction) -> None:
        if await staging.imported_since(tx, plan.last_event):
            raise RosterMoved
        await staging.write_new(tx, now, "office")
        if returning:
            await erasures.forget(tx, (one.person for one in plan.erased))
        await staging.write_changed(tx)
        if deactivate:
            await staging.deactivate_absent(tx, now, "office")
        await note(tx)

    await db.write(write)
