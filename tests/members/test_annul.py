"""An access is taken back with all that hangs on it."""

from db import accounts, email_changes, members, outbox, recoveries
from db.database import Database, Transaction
from db.email_changes import EmailChange
from members.annul import annul
from tests.conftest import TurnedClock
from tests.people import FRANCOIS
from tests.roster.conftest import Office


async def test_mails_that_wait_for_an_annulled_access_do_not_leave(
    db: Database, clock: TurnedClock
) -> None:
    office = Office(db, clock)
    member_id = await office.sign_up(FRANCOIS)  # a temporary password waits for x@example.org
    await db.write(lambda tx: email_changes.put(tx, EmailChange(member_id, "y@example.org", 1)))

    async def queue(tx: Transaction) -> None:
        for kind, to in (("confirm_address", "y@example.org"), ("access_created", FRANCOIS.email)):
            await outbox.add(tx, kind, to, now=1, lapses_at=2, member_id=member_id)

    await db.write(queue)
    await db.write(lambda tx: recoveries.add(tx, b"code", member_id, 1, 2))

    assert await db.write(lambda tx: annul(tx, member_id, now=clock(), actor="office"))
    assert office.all("SELECT kind, recipient FROM outbox") == [("access_created", FRANCOIS.email)]
    for table in ("account", "session", "recovery", "email_change"):
        assert office.all(f"SELECT count(*) FROM {table}") == [(0,)], table
    member = await members.by_id(db, member_id)
    assert member
    assert member.active
    assert await accounts.by_member(db, member_id) is None
    assert office.all("SELECT event, actor FROM journal ORDER BY id DESC LIMIT 1") == [
        ("access_annulled", "office")
    ]
    assert not await db.write(lambda tx: annul(tx, member_id, now=clock(), actor="office"))
