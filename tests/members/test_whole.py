"""Each act on an access is one transaction: whole, or not at all."""

from collections.abc import Callable

import pytest

from db import accounts, members
from mail.messages import address_fingerprint
from members import Visit, change, recover, register, sign_in
from members.identify import Identified
from members.sessions import CHOOSE, FULL, current
from tests import given
from tests.people import FRANCOIS
from web.portal import Portal

Substance = Callable[[], list[str]]


def visit(portal: Portal) -> Visit:
    return Visit(now=portal.clock(), address="203.0.113.7")


async def without_a_table_to_queue_in(portal: Portal) -> None:
    """From now on the last statement of an act fails, as a full disk would make it."""
    await portal.db.write(lambda tx: tx.execute("ALTER TABLE outbox RENAME TO elsewhere"))


async def test_a_registration_that_fails_at_its_end_leaves_no_account(
    portal: Portal, substance: Substance
) -> None:
    member = await members.by_matricule(portal.db, FRANCOIS.matricule)
    assert member
    who = Identified(member.id)
    await without_a_table_to_queue_in(portal)
    before = substance()
    with pytest.raises(Exception, match="outbox"):
        await register.register(
            portal.means, who, "f@example.org", FRANCOIS.password, "", visit(portal)
        )
    assert substance() == before
    await portal.db.write(lambda tx: tx.execute("ALTER TABLE elsewhere RENAME TO outbox"))
    done = await register.register(
        portal.means, who, "f@example.org", FRANCOIS.password, "", visit(portal)
    )
    assert isinstance(done, register.Registered)


async def test_a_password_change_that_fails_leaves_the_old_one(
    portal: Portal, substance: Substance
) -> None:
    member_id = await given.access(portal, FRANCOIS)
    await without_a_table_to_queue_in(portal)
    before = substance()
    with pytest.raises(Exception, match="outbox"):
        await change.change_password(
            portal.means,
            member_id,
            "vent58nord9",
            FRANCOIS.password,
            visit(portal),
            shown_at=portal.clock(),
        )
    assert substance() == before


async def test_an_email_change_that_fails_leaves_nothing_waiting(
    portal: Portal, substance: Substance
) -> None:
    member_id = await given.access(portal, FRANCOIS)
    await without_a_table_to_queue_in(portal)
    before = substance()
    with pytest.raises(Exception, match="outbox"):
        await change.change_email(
            portal.means, member_id, "n@example.org", FRANCOIS.password, visit(portal)
        )
    assert substance() == before


async def test_a_confirmation_that_fails_leaves_the_old_address(
    portal: Portal, substance: Substance
) -> None:
    member_id = await given.access(portal, FRANCOIS)
    await change.change_email(
        portal.means, member_id, "n@example.org", FRANCOIS.password, visit(portal)
    )
    fingerprint = address_fingerprint(portal.address_key, "n@example.org")
    await without_a_table_to_queue_in(portal)
    before = substance()
    with pytest.raises(Exception, match="outbox"):
        await change.confirm_email(
            portal.db, member_id, fingerprint, portal.address_key, visit(portal)
        )
    assert substance() == before


async def test_every_path_is_journalled_by_name_and_nothing_that_was_typed(portal: Portal) -> None:
    member = await members.by_matricule(portal.db, FRANCOIS.matricule)
    assert member
    who = Identified(member.id)
    means, here = portal.means, visit(portal)
    await register.register(means, who, "f@example.org", FRANCOIS.password, "", here)
    await register.register(means, who, "f@example.org", "autre58mot9", "", here)
    await sign_in.sign_in(means, FRANCOIS.matricule, "faux58mot9", here)
    await sign_in.sign_in(means, FRANCOIS.matricule, FRANCOIS.password, here)
    await recover.recover(means, given.facts(FRANCOIS), here)
    await change.change_email(means, member.id, "n@example.org", FRANCOIS.password, here)
    await change.cancel_email_change(portal.db, member.id, here)
    await change.change_password(
        means, member.id, "vent58nord9", FRANCOIS.password, here, shown_at=here.now
    )
    events = await portal.db.all("SELECT event, member_id, address FROM journal ORDER BY id")
    assert events == [
        (event, member.id, "203.0.113.7")
        for event in (
            "registered",
            "already_registered",
            "sign_in_failed",
            "signed_in",
            "recovery_requested",
            "email_change_requested",
            "email_change_cancelled",
            "password_changed",
        )
    ]
    everything = str(await portal.db.all("SELECT * FROM journal"))
    for typed in (FRANCOIS.password, "faux58mot9", "autre58mot9", "vent58nord9", "example.org"):
        assert typed not in everything


async def test_no_secret_stands_in_the_file(portal: Portal) -> None:
    """A password, a session's cookie and a known browser's are found in no byte (SECURITY C1)."""
    member_id = await given.access(portal, FRANCOIS)
    done = await change.change_password(
        portal.means,
        member_id,
        "vent58nord9",
        FRANCOIS.password,
        visit(portal),
        shown_at=portal.clock(),
    )
    assert isinstance(done, change.PasswordChanged)
    session = await current(portal.db, done.cookie, portal.clock())
    assert session
    assert session.scope == FULL
    database = portal.settings.database
    stored = b"".join(path.read_bytes() for path in database.parent.glob(database.name + "*"))
    assert session.id_hash in stored
    for secret in ("vent58nord9", FRANCOIS.password, done.cookie, done.device):
        assert secret.encode() not in stored


async def test_a_session_is_written_once_a_minute_at_most(portal: Portal) -> None:
    await given.access(portal, FRANCOIS)
    done = await sign_in.sign_in(portal.means, FRANCOIS.matricule, FRANCOIS.password, visit(portal))
    assert isinstance(done, sign_in.SignedIn)
    now = portal.clock()
    async with given.statements(portal.db) as seen:
        for seconds in (0, 30, 59):
            await current(portal.db, done.cookie, now + seconds)
    assert not [sql for sql in seen if sql.startswith("UPDATE")]
    async with given.statements(portal.db) as seen:
        for seconds in (60, 61, 119):
            await current(portal.db, done.cookie, now + seconds)
    assert len([sql for sql in seen if sql.startswith("UPDATE")]) == 1


async def test_frozen_or_gone_an_access_opens_nothing(portal: Portal) -> None:
    member_id = await given.access(portal, FRANCOIS)
    for statement in (
        "UPDATE account SET frozen_at = 1",
        "UPDATE account SET frozen_at = NULL",
        "DELETE FROM account",
    ):
        await portal.db.write(lambda tx, sql=statement: tx.execute(sql))  # type: ignore[misc]
        done = await sign_in.sign_in(
            portal.means, FRANCOIS.matricule, FRANCOIS.password, visit(portal)
        )
        assert isinstance(done, sign_in.SignedIn) is ("NULL" in statement)
    assert await accounts.by_member(portal.db, member_id) is None
    assert await portal.db.all("SELECT * FROM session WHERE scope = ?", (CHOOSE,)) == []
