"""Nobody mails a stranger without end: row X3."""

from collections.abc import Callable

import pytest

from db import members
from mail import messages
from mail.outbox import DAILY, QUOTAS, SHORT, queue
from members import telephone
from tests.conftest import Browser, Post, TurnedClock
from tests.given import access, session, words
from tests.people import ANDRE, FRANCOIS, NICOLE, Person
from tests.security.parts import recover, rows, sign_in
from web.portal import Portal

Browsers = Callable[..., Browser]


async def _ask(browser: Browser, person: Person, email: str) -> int:
    fields = {"email": email, "email_again": email, "current_password": person.password}
    return (await browser.submit("/membre/courriel", fields)).status_code


def _kinds(portal: Portal, kind: str) -> list[str]:
    found = rows(portal.settings, "SELECT recipient FROM outbox WHERE kind = ?", (kind,))
    return [row[0] for row in found]


async def test_x3_changing_the_address_again_and_again_mails_nobody_without_end(
    browser: Browser, portal: Portal, clock: TurnedClock
) -> None:
    await session(browser, portal, FRANCOIS)
    statuses = [await _ask(browser, FRANCOIS, f"v{number}@example.net") for number in range(6)]
    assert statuses == [303] * SHORT.member + [429] * 2
    assert len(_kinds(portal, "confirm_address")) == SHORT.member
    # No act without its notice, and the refusal changes nothing.
    assert len(_kinds(portal, "address_change_requested")) == SHORT.member
    waiting = "SELECT email FROM email_change"
    assert rows(portal.settings, waiting) == [(f"v{SHORT.member - 1}@example.net",)]
    for _ in range(23):
        clock.turn(minutes=60)
        await session(browser, portal, FRANCOIS)
        await _ask(browser, FRANCOIS, f"w{clock.now}@example.net")
    assert len(_kinds(portal, "confirm_address")) == DAILY.member


async def test_x3_the_answer_says_that_too_many_mails_were_asked_for(
    browser: Browser, portal: Portal
) -> None:
    await access(portal, FRANCOIS, confirmed=False)
    await session(browser, portal, FRANCOIS)
    for _ in range(SHORT.member + 1):
        answer = await browser.submit("/membre/courriel/renvoyer")
    assert answer.status_code == 429
    assert "Trop de courriels demandés en peu de temps : rien n’est changé" in words(answer)
    assert int(answer.headers["retry-after"]) == SHORT.seconds


async def test_x3_alternating_two_passwords_sends_no_more(browser: Browser, portal: Portal) -> None:
    await session(browser, portal, FRANCOIS)
    current, other, statuses = FRANCOIS.password, "brume19lac4", []
    for _ in range(SHORT.member + 1):
        fields = {"current_password": current, "password": other, "password_again": other}
        statuses.append((await browser.submit("/membre/mot-de-passe", fields)).status_code)
        current, other = other, current
    assert statuses == [303] * SHORT.member + [429]
    assert len(_kinds(portal, "password_changed")) == SHORT.member
    # The last one was refused as a whole: what it replaced still opens.
    assert (await sign_in(browser, FRANCOIS, current)).status_code == 422
    assert (await sign_in(browser, FRANCOIS, other)).is_redirect


async def test_x3_who_chooses_after_a_temporary_password_is_let_and_told(
    browsers: Browsers, portal: Portal, post: Post
) -> None:
    """Whatever a thief has used up."""
    thief, owner = browsers(), browsers()
    member_id = await session(thief, portal, FRANCOIS)
    now = portal.clock()
    for _ in range(SHORT.member):
        await portal.db.write(
            lambda tx: queue(
                tx, messages.password_changed, "00875@example.com", now=now, member_id=member_id
            )
        )
    await recover(owner, portal, FRANCOIS)
    code = await post.temporary_password("00875@example.com")
    await sign_in(owner, FRANCOIS, code)
    new = {"password": "brume19lac4", "password_again": "brume19lac4"}
    chosen = await owner.submit("/membre/nouveau-mot-de-passe", new)
    assert chosen.headers["location"] == "/membre"
    assert len(_kinds(portal, "password_changed")) == SHORT.member + 1


async def test_x3_several_members_together_send_one_stranger_no_more(
    browsers: Browsers, portal: Portal
) -> None:
    for person, count in ((FRANCOIS, 4), (ANDRE, 4), (NICOLE, 4)):
        browser = browsers()
        await session(browser, portal, person)
        for _ in range(count):
            await _ask(browser, person, "victime@example.net")
    assert len(_kinds(portal, "confirm_address")) == 12 <= SHORT.recipient
    member = await members.by_matricule(portal.db, FRANCOIS.matricule)
    assert member
    now = portal.clock()
    for _ in range(SHORT.recipient - 12):
        await portal.db.write(
            lambda tx: queue(
                tx, messages.confirm_address, "VICTIME@example.net", now=now, member_id=None
            )
        )
    sylvie = browsers()
    await session(sylvie, portal, Person("33163", "Lapointe", "Sylvie", "02/01/1985", "G7J 8H5"))
    assert await _ask(sylvie, FRANCOIS, "Victime@example.net") == 429


@pytest.mark.parametrize("kind", sorted(messages.MESSAGES))
def test_x3_a_new_mail_is_under_a_quota_by_itself(kind: str) -> None:
    for most in QUOTAS.get(kind, (SHORT, DAILY)):
        assert most.member <= 12
        assert most.member < most.recipient


async def test_x3_unlock_forgives_and_the_offices_own_mails_always_leave(
    browser: Browser, portal: Portal
) -> None:
    await session(browser, portal, FRANCOIS)
    for number in range(SHORT.member):
        await _ask(browser, FRANCOIS, f"v{number}@example.net")
    assert await _ask(browser, FRANCOIS, "w@example.net") == 429
    member = await members.by_matricule(portal.db, FRANCOIS.matricule)
    assert member
    for number in range(SHORT.member + 1):
        email = f"bureau{number}@example.net"
        assert await telephone.replace_email(portal.db, member, email, now=portal.clock())
    await telephone.unlock(portal.db, portal.throttle, member)
    assert await _ask(browser, FRANCOIS, "w@example.net") == 303
