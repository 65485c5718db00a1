"""TEMP tables of an import: the file's lines beside the roster, before anything is written.

They live in the memory of one connection (`Database.stage`), so that reading and comparing 100,000
lines holds up nobody and a killed import leaves nothing behind.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from db.database import Parameters, Row, Transaction

FIELDS = ("family_name", "first_name", "birth_date", "postal_code", "email", "active")
"""What may change, in the order of the bits of `staged.changes`."""

_SET = {
    "family_name": "family_name = altered.family_name, family_key = altered.family_key",
    "first_name": "first_name = altered.first_name, first_key = altered.first_key",
    "birth_date": "birth_date = altered.birth_date",
    "postal_code": "postal_code = altered.postal_code",
    "email": "email = altered.email",
    "active": "active = 1, inactive_since = NULL",
}

_SAME_MATRICULE = """
    SELECT matricule FROM temp.staged WHERE fate IN ('taken', 'refused') AND matricule IS NOT NULL
    GROUP BY matricule
    HAVING count(*) > 1 AND (
        max(fate = 'refused')
        OR min(family_name) <> max(family_name) OR min(first_name) <> max(first_name)
        OR min(birth_date) <> max(birth_date) OR min(postal_code) <> max(postal_code)
        OR min(coalesce(email, '')) <> max(coalesce(email, ''))
    )
"""


# What of a change is no mere spelling, by field: where a column was sorted alone or shifted, or day
# and month exchanged, it is this that changes of many members at once.
_WEIGHTY = {
    "family_name": "staged.family_key <> member.family_key",
    "first_name": "staged.first_key <> member.first_key",
    "birth_date": "1",
    "postal_code": "1",
    "email": "lower(member.email) <> lower(coalesce(staged.email, ''))",
    "active": "0",
}
_EXAMPLES = 3


@dataclass(frozen=True, slots=True)
class Change:
    """One of `FIELDS` of a member, before and after; a missing address is None."""

    field: str
    before: str | None
    after: str | None


@dataclass(frozen=True, slots=True)
class Changed:
    """A line that changes a member, and each of the fields that it changes."""

    number: int
    matricule: str
    changes: tuple[Change, ...]


@dataclass(frozen=True, slots=True)
class FieldChanges:
    """How many members change in a field, of how many more than the spelling, and the first few:
    number of the line, matricule, and the change.
    """

    count: int
    weighty: int
    examples: tuple[tuple[int, str, Change], ...]


@dataclass(frozen=True, slots=True)
class Succession:
    """A matricule that the file gives to somebody else: the names before and after."""

    number: int
    matricule: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Returning:
    """A line about somebody who asked to be erased; `person` is the hash that the list has."""

    number: int
    matricule: str
    person: bytes


async def create(tx: Transaction) -> None:
    """Make the empty tables, in memory: personal facts are not for a temporary folder."""
    await tx.execute("DROP TABLE IF EXISTS temp.staged")
    await tx.execute("DROP TABLE IF EXISTS temp.absent")
    await tx.execute(
        """
        CREATE TEMP TABLE staged (
            number      INTEGER PRIMARY KEY,
            matricule   TEXT,
            family_name TEXT, first_name TEXT, family_key TEXT, first_key TEXT,
            birth_date  TEXT, postal_code TEXT, email TEXT,
            keeps_email INTEGER NOT NULL DEFAULT 0,
            fate        TEXT NOT NULL,
            member_id   INTEGER,
            changes     INTEGER NOT NULL DEFAULT 0
        ) STRICT
        """
    )
    await tx.execute("CREATE TEMP TABLE absent (member_id INTEGER PRIMARY KEY) STRICT")


async def add(tx: Transaction, lines: Iterable[Parameters]) -> None:
    """Stage lines: (number, matricule, family name, first name, their keys, ISO birth date,
    postal code, e-mail, whether the one on file stays, fate). The fate is `taken`; `refused`, with
    nothing but the matricule if it could be read; or `doubtful`, refused with the matricule that
    was probably meant.
    """
    await tx.execute_many(
        "INSERT INTO temp.staged (number, matricule, family_name, first_name, family_key,"
        " first_key, birth_date, postal_code, email, keeps_email, fate)"
        " VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
        lines,
    )


async def compare(tx: Transaction, *, has_emails: bool) -> None:
    """Give each line its fate beside the roster: new, changed, unchanged, successor, repeated,
    or twice (the same matricule with different facts, or with a line that was refused).

    A file without e-mails leaves those of the roster alone, and so does a line that keeps its own.
    """
    await tx.execute("CREATE INDEX temp.staged_matricule ON staged (matricule)")
    await tx.execute(
        "UPDATE temp.staged SET fate = 'twice'"
        f" WHERE fate = 'taken' AND matricule IN ({_SAME_MATRICULE})"
    )
    await tx.execute(
        """
        UPDATE temp.staged SET fate = 'repeated'
        WHERE fate = 'taken' AND EXISTS (
            SELECT 1 FROM temp.staged AS first
            WHERE first.matricule = staged.matricule AND first.number < staged.number
                AND first.fate IN ('taken', 'repeated')
        )
        """
    )
    await tx.execute(
        """
        UPDATE temp.staged SET
            member_id = member.id,
            email = CASE WHEN :has_emails AND NOT staged.keeps_email
                THEN staged.email ELSE member.email END,
            changes = (staged.family_name <> member.family_name)
                + 2 * (staged.first_name <> member.first_name)
                + 4 * (staged.birth_date <> member.birth_date)
                + 8 * (staged.postal_code <> member.postal_code)
                + 16 * (:has_emails AND NOT staged.keeps_email
                        AND staged.email IS NOT member.email)
                + 32 * (NOT member.active),
            fate = CASE
                WHEN staged.birth_date <> member.birth_date
                    AND (staged.family_key <> member.family_key
                         OR staged.first_key <> member.first_key)
                THEN 'successor' ELSE 'changed' END
        FROM main.member
        WHERE staged.fate = 'taken' AND member.matricule = staged.matricule
        """,
        {"has_emails": has_emails},
    )
    await tx.execute(
        "UPDATE temp.staged SET fate = 'unchanged' WHERE fate = 'changed' AND changes = 0"
    )
    await tx.execute("UPDATE temp.staged SET fate = 'new' WHERE fate = 'taken'")
    if not has_emails:
        await tx.execute("UPDATE temp.staged SET email = NULL WHERE fate = 'successor'")
    await tx.execute(
        """
        INSERT INTO temp.absent
        SELECT id FROM main.member
        WHERE active AND NOT EXISTS (
            SELECT 1 FROM temp.staged WHERE staged.matricule = member.matricule)
        """
    )


async def newcomers(tx: Transaction) -> list[Row]:
    """The lines about persons whom the roster lacks: (number, matricule, birth date, keys)."""
    return await tx.all(
        "SELECT number, matricule, birth_date, family_key, first_key FROM temp.staged"
        " WHERE fate IN ('new', 'successor') ORDER BY number"
    )


async def set_aside(tx: Transaction, lines: Iterable[Returning]) -> None:
    """Give these lines the fate `erased`."""
    await tx.execute_many(
        "UPDATE temp.staged SET fate = 'erased' WHERE number = ?", [(one.number,) for one in lines]
    )


async def counts(tx: Transaction) -> dict[str, int]:
    """How many lines have each fate."""
    return dict(await tx.all("SELECT fate, count(*) FROM temp.staged GROUP BY fate"))


async def changes_by_field(tx: Transaction) -> dict[str, FieldChanges]:
    """What the changed lines change in each of `FIELDS`."""
    sums = ", ".join(
        f"sum((changes >> {bit}) & 1), sum((changes >> {bit}) & 1 AND ({_WEIGHTY[name]}))"
        for bit, name in enumerate(FIELDS)
    )
    row = await tx.one(f"SELECT {sums} {_CHANGED}") or ()
    return {
        name: FieldChanges(row[2 * bit] or 0, row[2 * bit + 1] or 0, await _examples(tx, bit))
        for bit, name in enumerate(FIELDS)
    }


_CHANGED = (
    "FROM temp.staged JOIN main.member ON member.id = staged.member_id WHERE fate = 'changed'"
)


async def _examples(tx: Transaction, bit: int) -> tuple[tuple[int, str, Change], ...]:
    name = FIELDS[bit]
    if name == "active":
        return ()
    rows = await tx.all(
        f"SELECT number, staged.matricule, member.{name}, staged.{name} {_CHANGED}"
        f" AND (changes >> {bit}) & 1 ORDER BY NOT coalesce({_WEIGHTY[name]}, 0), number LIMIT ?",
        (_EXAMPLES,),
    )
    return tuple(
        (number, matricule, Change(name, before, after))
        for number, matricule, before, after in rows
    )


async def changed(tx: Transaction, limit: int, after: int = 0) -> list[Changed]:
    """The first changed lines after that number, with what each of them changes."""
    both = ", ".join(f"member.{name}, staged.{name}" for name in FIELDS if name != "active")
    rows = await tx.all(
        f"SELECT number, staged.matricule, changes, {both}, 'non', 'oui' {_CHANGED}"
        " AND number > ? ORDER BY number LIMIT ?",
        (after, limit),
    )
    return [
        Changed(
            number,
            matricule,
            tuple(
                Change(name, values[2 * bit], values[2 * bit + 1])
                for bit, name in enumerate(FIELDS)
                if (changes >> bit) & 1
            ),
        )
        for number, matricule, changes, *values in rows
    ]


async def successions(tx: Transaction) -> list[Succession]:
    """The matricules that pass to another person."""
    rows = await tx.all(
        """
        SELECT number, staged.matricule,
            member.first_name || ' ' || member.family_name,
            staged.first_name || ' ' || staged.family_name
        FROM temp.staged JOIN main.member ON member.id = member_id
        WHERE fate = 'successor' ORDER BY number
        """
    )
    return [Succession(*row) for row in rows]


async def twice(tx: Transaction) -> list[int]:
    """The numbers of the lines that contradict another one about the same matricule."""
    return [row[0] for row in await tx.all("SELECT number FROM temp.staged WHERE fate = 'twice'")]


async def without_matricule(tx: Transaction) -> int:
    """How many refused lines do not tell whom they are about."""
    return await _number(tx, "SELECT count(*) FROM temp.staged WHERE matricule IS NULL")


async def absent(tx: Transaction, limit: int) -> tuple[int, list[Row]]:
    """How many active members the file leaves out, and the first of them: matricule and name."""
    count = await _number(tx, "SELECT count(*) FROM temp.absent")
    first = await tx.all(
        "SELECT matricule, first_name || ' ' || family_name"
        " FROM temp.absent JOIN main.member ON member.id = member_id ORDER BY matricule LIMIT ?",
        (limit,),
    )
    return count, first


async def last_event(tx: Transaction) -> int:
    """The journal's last row, by which `imported_since` knows whether the roster moved."""
    return await _number(tx, "SELECT coalesce(max(id), 0) FROM main.journal")


async def imported_since(tx: Transaction, event_id: int) -> bool:
    """Whether another import was written after that row of the journal."""
    row = await tx.one(
        "SELECT 1 FROM journal WHERE id > ? AND event = 'roster_imported' LIMIT 1", (event_id,)
    )
    return row is not None


async def sort(tx: Transaction, *, successors: bool, returning: bool) -> None:
    """Put the lines to write in the order in which they are written, before the writer is taken.

    Sorted beforehand, with pages kept in memory and the checkpoint left to the next commit,
    100,000 lines hold the writer for a third of the time.
    """
    await tx.execute("PRAGMA main.cache_size = -65536")
    await tx.execute("PRAGMA main.wal_autocheckpoint = 0")
    await tx.execute("DROP TABLE IF EXISTS temp.fresh")
    await tx.execute("DROP TABLE IF EXISTS temp.altered")
    fates = (
        {"new"} | ({"successor"} if successors else set()) | ({"erased"} if returning else set())
    )
    places = ", ".join("?" * len(fates))
    await tx.execute(
        f"""
        CREATE TEMP TABLE fresh AS
        SELECT matricule, family_name, first_name, family_key, first_key, birth_date, postal_code,
               email, member_id, 0 AS had_access
        FROM temp.staged
        WHERE fate IN ({places}) AND (member_id IS NULL OR ?) ORDER BY matricule
        """,
        (*fates, successors),
    )
    await tx.execute(
        """
        CREATE TEMP TABLE altered AS
        SELECT changes, member_id, family_name, first_name, family_key, first_key, birth_date,
               postal_code, email
        FROM temp.staged WHERE fate = 'changed' ORDER BY changes, member_id
        """
    )
    await tx.execute("CREATE INDEX temp.altered_changes ON altered (changes)")


async def write_new(tx: Transaction, now: int, actor: str) -> None:
    """Insert the new members, and replace those whose matricule passed to another person.

    The successor is a new row under a new id: nothing that names the former id (an account, a
    token under way, the journal) can reach the person who has the matricule now. Ids begin with
    the time, so that none is ever used again, whoever was erased and whatever was restored.
    """
    last_id = await _number(
        tx,
        "SELECT max(?, coalesce((SELECT max(id) FROM main.member), 0),"
        " coalesce((SELECT max(member_id) FROM main.erasure), 0))",
        (now << 20,),
    )
    await tx.execute(
        "UPDATE temp.fresh SET had_access = 1"
        " WHERE member_id IN (SELECT member_id FROM main.account)"
    )
    await tx.execute(
        "DELETE FROM main.member"
        " WHERE id IN (SELECT member_id FROM temp.fresh WHERE member_id IS NOT NULL)"
    )
    await tx.execute(
        """
        INSERT INTO main.member (id, matricule, family_name, first_name, family_key, first_key,
                                 birth_date, postal_code, email)
        SELECT ? + rowid, matricule, family_name, first_name, family_key, first_key,
               birth_date, postal_code, email
        FROM temp.fresh ORDER BY rowid
        """,
        (last_id,),
    )
    await tx.execute(
        """
        INSERT INTO main.journal (at, event, member_id, actor)
        SELECT ?, 'access_annulled', id, ?
        FROM temp.fresh JOIN main.member USING (matricule) WHERE had_access
        """,
        (now, actor),
    )


async def write_changed(tx: Transaction) -> None:
    """Bring the changed members up to date: of each only the columns that differ.

    An index is written anew for every column that a statement names, changed or not.
    """
    for (changes,) in await tx.all("SELECT DISTINCT changes FROM temp.altered"):
        columns = ", ".join(_SET[field] for field in _fields(changes))
        await tx.execute(
            f"UPDATE main.member SET {columns} FROM temp.altered"
            " WHERE altered.changes = ? AND member.id = altered.member_id",
            (changes,),
        )


async def deactivate_absent(tx: Transaction, now: int, actor: str) -> None:
    """Deactivate the members whom the file leaves out, and end their sessions."""
    await tx.execute(
        """
        INSERT INTO main.journal (at, event, member_id, actor)
        SELECT ?, 'member_deactivated', member_id, ?
        FROM temp.absent JOIN main.member ON member.id = member_id WHERE active
        """,
        (now, actor),
    )
    await tx.execute(
        "UPDATE main.member SET active = 0, inactive_since = ?"
        " WHERE active AND id IN (SELECT member_id FROM temp.absent)",
        (now,),
    )
    await tx.execute(
        "DELETE FROM main.session WHERE member_id IN (SELECT member_id FROM temp.absent)"
    )


async def _number(tx: Transaction, sql: str, parameters: Parameters = ()) -> int:
    row = await tx.one(sql, parameters)
    return int(row[0]) if row else 0


def _fields(changes: int) -> list[str]:
    return [field for bit, field in enumerate(FIELDS) if (changes >> bit) & 1]
