"""Erasing a person (SECURITY X11, Loi 25): every row that is about them, at once."""

from db import erasures, journal, members
from db.database import Database, Transaction
from db.members import Member
from members.telephone import locks
from security.throttle import Throttle


async def erase(db: Database, taken: Throttle, member: Member, *, now: int) -> bool:
    """Erase a member who asked for it; False where somebody did already.

    A line of the journal stays that says that somebody was erased, and when.
    """
    limits = await locks(db, member)

    async def work(tx: Transaction) -> bool:
        current = await members.by_id(tx, member.id)
        if current is None:
            return False
        await erase_within(tx, current, now=now, asked=True, actor="office")
        return True

    erased = await db.write(work)
    for limit, about in limits:
        await taken.clear(limit, *about)
    await db.scrub()
    return erased


async def erase_within(
    tx: Transaction, member: Member, *, now: int, asked: bool, actor: str
) -> None:
    """As `erase`, in a transaction under way; `asked` is False where only the term was over."""
    await erasures.erase(tx, member, now=now, asked=asked)
    detail = None if asked else "term"
    await journal.write(tx, "member_erased", at=now, actor=actor, detail=detail)
