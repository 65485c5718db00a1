"""The outbox delivered over a real SMTP socket: whatever the server does, no mail is lost."""

import asyncio
import sqlite3
from contextlib import closing
from dataclasses import replace
from email.message import EmailMessage

import pytest

from db import accounts, members, outbox, recoveries
from db.database import Database, Transaction
from db.outbox import Mail
from mail import messages
from mail.delivery import (
    BATCH,
    LAPSED,
    LEASE,
    RETRIES,
    WITHOUT_OBJECT,
    Tally,
    deliver_due,
    deliver_for_ever,
)
from mail.messages import Desk
from mail.outbox import TERM, queue, retry
from mail.transports import Smtp, Unreachable
from members import Visit
from members.recover import recover
from security import temporary
from tests import given
from tests.conftest import Post, TurnedClock
from tests.mail.sink import Sink
from tests.people import FRANCOIS
from web.portal import Portal


async def put(desk: Desk, *recipients: str) -> list[int]:
    """Queue one mail to each, about François; gives their numbers."""
    member = await members.by_matricule(desk.db, FRANCOIS.matricule)
    assert member
    now, message = desk.clock(), messages.access_created

    async def save(tx: Transaction) -> None:
        for recipient in recipients:
            await queue(tx, message, recipient, now=now, member_id=member.id, counted=False)

    await desk.db.write(save)
    newest = await outbox.newest(desk.db, failed=False, limit=len(recipients))
    return [mail.id for mail in reversed(newest)]


async def mail_of(desk: Desk, number: int) -> Mail:
    mail = await outbox.by_id(desk.db, number)
    assert mail
    return mail


def code_in(mail: EmailMessage) -> str:
    """The temporary password that stands in a mail."""
    lines = Post.text(mail).splitlines()
    return next(line.strip() for line in lines if line.startswith("    "))


async def test_an_accepted_mail_is_sent_once(desk: Desk, sink: Sink, smtp: Smtp) -> None:
    [number] = await put(desk, "a@example.com")
    assert await deliver_due(desk, smtp) == Tally(sent=1)
    assert await deliver_due(desk, smtp) == Tally()
    assert sink.to == ["a@example.com"]
    mail = await mail_of(desk, number)
    assert (mail.state, mail.sent_at, mail.attempts) == ("sent", desk.clock(), 1)


async def test_one_connection_serves_a_batch(desk: Desk, sink: Sink, smtp: Smtp) -> None:
    await put(desk, *(f"m{i}@example.com" for i in range(BATCH + 1)))
    assert await deliver_due(desk, smtp) == Tally(sent=BATCH + 1)
    assert sink.connections == 2


@pytest.mark.parametrize("at_the_end", [False, True], ids=["recipient", "body"])
async def test_451_then_accepted(
    desk: Desk, sink: Sink, smtp: Smtp, clock: TurnedClock, at_the_end: bool
) -> None:
    sink.at_the_end = at_the_end
    sink.answers.append("451 Greylisted, come back")
    [number] = await put(desk, "a@example.com")
    assert await deliver_due(desk, smtp) == Tally(later=1)
    waiting = await mail_of(desk, number)
    assert waiting.state == "waiting"
    assert waiting.last_error == "451 Greylisted, come back"
    clock.turn(minutes=0.9)
    assert await deliver_due(desk, smtp) == Tally()
    clock.turn(minutes=0.1)
    assert await deliver_due(desk, smtp) == Tally(sent=1)
    assert sink.to == ["a@example.com"]
    assert (await mail_of(desk, number)).last_error is None


@pytest.mark.parametrize("at_the_end", [False, True], ids=["recipient", "body"])
async def test_550_is_given_up_at_once_with_the_servers_words(
    desk: Desk, sink: Sink, smtp: Smtp, clock: TurnedClock, at_the_end: bool
) -> None:
    sink.at_the_end = at_the_end
    sink.answers.append("550 5.1.1 No such user here")
    refused, accepted = await put(desk, "nobody@example.com", "a@example.com")
    assert await deliver_due(desk, smtp) == Tally(sent=1, failed=1)
    mail = await mail_of(desk, refused)
    assert (mail.state, mail.last_error) == ("failed", "550 5.1.1 No such user here")
    assert (await mail_of(desk, accepted)).state == "sent"
    assert sink.connections == 1
    clock.turn(days=4)
    assert await deliver_due(desk, smtp) == Tally()
    assert [mail.id for mail in await outbox.newest(desk.db, failed=True, limit=9)] == [refused]


async def test_a_given_up_mail_can_be_tried_anew(
    desk: Desk, sink: Sink, smtp: Smtp, clock: TurnedClock
) -> None:
    sink.answers.append("550 Mailbox full")
    [number] = await put(desk, "a@example.com")
    await deliver_due(desk, smtp)
    clock.turn(days=30)
    assert await retry(desk.db, number, clock())
    assert await deliver_due(desk, smtp) == Tally(sent=1)
    assert not await retry(desk.db, number, clock())
    assert not await retry(desk.db, number + 1, clock())
    assert await deliver_due(desk, smtp) == Tally()


async def test_a_line_that_breaks_in_the_middle_of_data(
    desk: Desk, sink: Sink, smtp: Smtp, clock: TurnedClock
) -> None:
    sink.breaks = 1
    broken, *_ = await put(desk, "a@example.com", "b@example.com", "c@example.com")
    assert await deliver_due(desk, smtp) == Tally(sent=2, later=1)
    assert sink.to == ["b@example.com", "c@example.com"]
    assert sink.connections == 2
    assert (await mail_of(desk, broken)).attempts == 1
    clock.turn(minutes=1)
    assert await deliver_due(desk, smtp) == Tally(sent=1)
    assert sink.to == ["b@example.com", "c@example.com", "a@example.com"]


async def test_a_server_that_hangs_up_with_421(desk: Desk, sink: Sink, smtp: Smtp) -> None:
    sink.answers.append("421 Too many messages")
    await put(desk, "a@example.com", "b@example.com")
    assert await deliver_due(desk, smtp) == Tally(sent=1, later=1)
    assert sink.connections == 2


async def test_down_then_up_costs_no_attempt(
    desk: Desk, down: Sink, smtp: Smtp, clock: TurnedClock
) -> None:
    [number] = await put(desk, "a@example.com")
    for _ in range(20):
        with pytest.raises(Unreachable):
            await deliver_due(desk, smtp)
        clock.turn(hours=4)
    waiting = await mail_of(desk, number)
    assert (waiting.state, waiting.attempts) == ("waiting", 0)
    assert waiting.last_error
    async with down.serving():
        assert await deliver_due(desk, smtp) == Tally(sent=1)
    assert down.to == ["a@example.com"]


async def test_a_mail_past_its_term_is_given_up_while_the_server_is_down(
    desk: Desk, down: Sink, smtp: Smtp, clock: TurnedClock
) -> None:
    [number] = await put(desk, "a@example.com")
    clock.turn(minutes=TERM / 60)
    [fresh] = await put(desk, "b@example.com")
    with pytest.raises(Unreachable):
        await deliver_due(desk, smtp)
    mail = await mail_of(desk, number)
    assert (mail.state, mail.last_error) == ("failed", LAPSED)
    assert (await mail_of(desk, fresh)).state == "waiting"


async def test_a_slow_server_is_waited_for(desk: Desk, sink: Sink, smtp: Smtp) -> None:
    sink.delay = 0.3
    await put(desk, "a@example.com")
    assert await deliver_due(desk, smtp) == Tally(sent=1)
    assert sink.to == ["a@example.com"]


async def test_a_server_too_slow_is_tried_again(
    desk: Desk, sink: Sink, clock: TurnedClock, smtp: Smtp
) -> None:
    sink.open.clear()
    slow, _ = await put(desk, "a@example.com", "b@example.com")
    impatient = Smtp(sink.url, "portal.test", timeout=0.2)
    assert await deliver_due(desk, impatient) == Tally(later=2)
    assert (await mail_of(desk, slow)).last_error
    sink.open.set()
    clock.turn(minutes=1)
    assert await deliver_due(desk, smtp) == Tally(sent=2)


async def test_the_retries_and_then_given_up(
    desk: Desk, sink: Sink, smtp: Smtp, clock: TurnedClock
) -> None:
    assert RETRIES == (60, 300, 900, 3600, 4 * 3600, 12 * 3600)
    sink.answers.extend(["451 Later"] * 99)
    [number] = await put(desk, "a@example.com")
    for attempts, pause in enumerate(RETRIES, start=1):
        assert await deliver_due(desk, smtp) == Tally(later=1)
        mail = await mail_of(desk, number)
        assert (mail.attempts, mail.next_attempt_at) == (attempts, clock() + pause)
        clock.turn(minutes=(pause - 1) / 60)
        assert await deliver_due(desk, smtp) == Tally()
        clock.turn(minutes=1 / 60)
    assert await deliver_due(desk, smtp) == Tally(failed=1)
    mail = await mail_of(desk, number)
    assert (mail.state, mail.last_error) == ("failed", "451 Later")


async def test_a_recovery_lapses_after_six_hours(
    portal: Portal, desk: Desk, down: Sink, smtp: Smtp, clock: TurnedClock
) -> None:
    await given.access(portal, FRANCOIS)
    await recover(portal.means, given.facts(FRANCOIS), Visit(desk.clock()))
    clock.turn(hours=5.9)
    with pytest.raises(Unreachable):
        await deliver_due(desk, smtp)
    [mail] = await outbox.newest(desk.db, failed=False, limit=9)
    assert mail.state == "waiting"
    clock.turn(hours=0.1)
    async with down.serving():
        assert await deliver_due(desk, smtp) == Tally(failed=1)
    assert (await mail_of(desk, mail.id)).last_error == LAPSED
    assert down.bodies == []


async def test_a_recovery_is_not_kept_for_a_try_past_its_six_hours(
    portal: Portal, desk: Desk, sink: Sink, smtp: Smtp, clock: TurnedClock
) -> None:
    await given.access(portal, FRANCOIS)
    await recover(portal.means, given.facts(FRANCOIS), Visit(desk.clock()))
    sink.answers.extend(["451 Later"] * 99)
    for pause in RETRIES[:5]:
        assert await deliver_due(desk, smtp) == Tally(later=1)
        clock.turn(minutes=pause / 60)
    assert await deliver_due(desk, smtp) == Tally(failed=1)


async def test_two_deliverers_at_once_take_each_mail_once(
    portal: Portal, desk: Desk, sink: Sink
) -> None:
    numbers = await put(desk, *(f"m{i}@example.com" for i in range(40)))
    other = await Database.open(desk.settings.database)
    try:
        tallies = await asyncio.gather(
            deliver_due(desk, Smtp(sink.url, "one.test")),
            deliver_due(replace(desk, db=other), Smtp(sink.url, "two.test")),
        )
    finally:
        await other.close()
    assert sorted(sink.to) == sorted(f"m{i}@example.com" for i in range(40))
    assert sum(tally.sent for tally in tallies) == 40
    assert min(tally.sent for tally in tallies) > 0
    assert {(await mail_of(desk, number)).attempts for number in numbers} == {1}


async def test_a_lease_ends_with_its_deadline(
    desk: Desk, sink: Sink, smtp: Smtp, clock: TurnedClock
) -> None:
    [number] = await put(desk, "a@example.com")
    now = clock()
    assert await desk.db.write(lambda tx: outbox.claim(tx, now, now + LEASE))
    assert await deliver_due(desk, smtp) == Tally()
    assert not await retry(desk.db, number, clock())
    clock.turn(minutes=LEASE / 60)
    assert await deliver_due(desk, smtp) == Tally(sent=1)


async def test_stopping_brings_the_mail_under_way_to_its_end(
    desk: Desk, sink: Sink, smtp: Smtp
) -> None:
    sink.open.clear()
    first, second = await put(desk, "a@example.com", "b@example.com")
    delivering = asyncio.create_task(deliver_for_ever(desk, smtp))
    await sink.receiving.wait()
    delivering.cancel()
    await asyncio.sleep(0.1)
    sink.open.set()
    with pytest.raises(asyncio.CancelledError):
        await delivering
    assert sink.to == ["a@example.com"]
    assert (await mail_of(desk, first)).state == "sent"
    assert (await mail_of(desk, second)).attempts == 0


async def test_a_fault_of_our_own_holds_up_no_other_mail(
    desk: Desk, sink: Sink, smtp: Smtp
) -> None:
    bad, _ = await put(desk, "a@example.com", "b@example.com")
    await desk.db.write(
        lambda tx: tx.execute("UPDATE outbox SET kind = 'unknown' WHERE id = ?", (bad,))
    )
    assert await deliver_due(desk, smtp) == Tally(sent=1, later=1)
    assert (await mail_of(desk, bad)).last_error == "KeyError"
    assert sink.to == ["b@example.com"]


async def test_a_line_break_in_an_address_gets_into_no_header(
    desk: Desk, sink: Sink, smtp: Smtp
) -> None:
    [number] = await put(desk, "a@example.com\r\nBcc: other@example.com")
    assert await deliver_due(desk, smtp) == Tally(failed=1)
    assert (await mail_of(desk, number)).state == "failed"
    assert sink.bodies == []


async def test_addresses_with_accents(desk: Desk, sink: Sink, smtp: Smtp) -> None:
    await put(desk, "bœuf@example.org", "jean@québec.example.org")
    assert await deliver_due(desk, smtp) == Tally(sent=2)
    assert sink.to == ["bœuf@example.org", "jean@xn--qubec-csa.example.org"]
    assert "bœuf@example.org".encode() in sink.bodies[0]


async def test_an_accent_before_the_at_is_refused_where_the_server_takes_none(
    desk: Desk, down: Sink, smtp: Smtp
) -> None:
    down.accents = False
    async with down.serving():
        refused, _ = await put(desk, "bœuf@example.org", "jean@québec.example.org")
        assert await deliver_due(desk, smtp) == Tally(sent=1, failed=1)
    assert "SMTPUTF8" in str((await mail_of(desk, refused)).last_error)


async def test_a_temporary_password_is_kept_before_its_first_byte_leaves(
    portal: Portal, desk: Desk, sink: Sink, smtp: Smtp, clock: TurnedClock
) -> None:
    def kept() -> None:
        with closing(sqlite3.connect(desk.settings.database)) as connection:
            counts.extend(connection.execute("SELECT count(*) FROM recovery").fetchone())

    counts: list[int] = []
    sink.before_mail = kept
    member_id = await given.access(portal, FRANCOIS)
    await recover(portal.means, given.facts(FRANCOIS), Visit(desk.clock()))
    sink.at_the_end = True
    sink.answers.append("451 Later")
    await deliver_due(desk, smtp)
    clock.turn(minutes=1)
    await deliver_due(desk, smtp)
    assert counts == [1, 2]
    code = code_in(sink.mails[-1])
    code_hmacs = temporary.code_hmacs(desk.recovery_key, code)
    assert await recoveries.holds(desk.db, code_hmacs, member_id, clock())
    clock.turn(hours=4)
    assert not await recoveries.holds(desk.db, code_hmacs, member_id, clock())


async def test_a_retry_makes_another_password_and_the_earlier_one_stays_good(
    portal: Portal, desk: Desk, sink: Sink, smtp: Smtp, clock: TurnedClock
) -> None:
    member_id = await given.access(portal, FRANCOIS)
    await recover(portal.means, given.facts(FRANCOIS), Visit(desk.clock()))
    await deliver_due(desk, smtp)
    # The server died between the receiver's "250" and the row's update.
    await desk.db.write(
        lambda tx: tx.execute("UPDATE outbox SET sent_at = NULL, next_attempt_at = 0")
    )
    await deliver_due(desk, smtp)
    first, second = sink.mails
    assert code_in(first) != code_in(second)
    assert first["Message-ID"] == second["Message-ID"]
    for mail in (first, second):
        code_hmacs = temporary.code_hmacs(desk.recovery_key, code_in(mail))
        assert await recoveries.holds(desk.db, code_hmacs, member_id, clock())


async def test_no_secret_is_in_the_database(
    portal: Portal, desk: Desk, sink: Sink, smtp: Smtp
) -> None:
    await given.access(portal, FRANCOIS)
    await recover(portal.means, given.facts(FRANCOIS), Visit(desk.clock()))
    await deliver_due(desk, smtp)
    code = code_in(sink.mails[0])
    for spelling in (code, code.replace("-", "")):
        for file in desk.settings.database.parent.glob("portal.db*"):
            assert spelling.encode() not in file.read_bytes()


async def test_a_mail_without_object_any_more_does_not_leave(
    portal: Portal, desk: Desk, sink: Sink, smtp: Smtp
) -> None:
    member_id = await given.access(portal, FRANCOIS)
    await recover(portal.means, given.facts(FRANCOIS), Visit(desk.clock()))
    await desk.db.write(lambda tx: accounts.set_frozen(tx, member_id, 1))
    assert await deliver_due(desk, smtp) == Tally(failed=1)
    [mail] = await outbox.newest(desk.db, failed=True, limit=9)
    assert mail.last_error == WITHOUT_OBJECT
    assert sink.bodies == []
