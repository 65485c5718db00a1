"""A stranger closes nothing, and counters tell nothing (DESIGN §9): rows X4 and X8."""

import re
from collections.abc import Callable
from dataclasses import replace

import pytest
from argon2 import PasswordHasher
from starlette.applications import Starlette

from db import accounts, members
from db.accounts import Account
from mail.messages import TEMPORARY_PASSWORD_TERM
from mail.outbox import SHORT
from members import Visit
from members import sign_in as act
from security.passwords import Passwords
from security.throttle import (
    ADDRESS_REFUSES,
    IDENTIFY_FACTS,
    IDENTIFY_MATRICULE,
    SIGN_IN,
    Source,
    source_at,
)
from tests.conftest import Browser, Post, TurnedClock
from tests.given import access, fill, hidden, session, statements, without_codes, words
from tests.people import ANDRE, FRANCOIS, MARIE, NICOLE, NOBODY, SYLVIE, Person, enrol
from tests.security.parts import ELSEWHERE, recover, rows, sign_in, solved
from web.portal import Portal

Browsers = Callable[..., Browser]
WRONG = "mauvais11mot"
HERE = "203.0.113.7"
CHEAP = PasswordHasher(memory_cost=8, time_cost=1, parallelism=1)
CAST = (FRANCOIS, SYLVIE, MARIE, ANDRE, NICOLE)


@pytest.fixture
def portal(app: Starlette) -> Portal:
    """The portal with passwords that cost little: what they cost is tested elsewhere."""
    app.state.portal = replace(app.state.portal, passwords=Passwords(CHEAP))
    made: Portal = app.state.portal
    return made


async def fifty(portal: Portal) -> list[Person]:
    """Fifty members with an access."""
    people = [
        Person(f"4{number:04}", "Tremblay", "Luc", f"{number % 28 + 1:02}/01/1950", "H2L 4K1")
        for number in range(50)
    ]
    await enrol(portal.db, people)
    password_hash = CHEAP.hash(people[0].password)
    for person in people:
        member = await members.by_matricule(portal.db, person.matricule)
        assert member
        made = Account(member.id, "x@example.org", 1, password_hash, 1, "2026", 1, "fr", 1, None)
        await portal.db.write(lambda tx, made=made: accounts.add(tx, made))  # type: ignore[misc]
    return people


async def test_x4_a_thousand_wrong_sign_ins_from_two_networks_keep_nobody_out(
    browsers: Browsers, portal: Portal
) -> None:
    people = await fifty(portal)
    networks = ("2001:db8:1:2::", "2001:db8:2:3::")
    let_through = 0
    for turn in range(1_000):
        visit = Visit(portal.clock(), f"{networks[turn % 2]}{turn:x}")
        answer = await act.sign_in(portal.means, people[turn % 50].matricule, WRONG, visit)
        let_through += isinstance(answer, act.Failed)
    assert let_through == 2 * 50 * 5
    for number, person in enumerate(people):
        entered = await sign_in(browsers(f"192.0.2.{number}"), person)
        assert entered.headers["location"] == "/membre"


async def test_x4_many_networks_are_slowed_and_the_right_password_still_enters(
    browsers: Browsers, portal: Portal
) -> None:
    await access(portal, FRANCOIS)
    for number in range(21):  # 105 tries: past what all networks have together
        await fill(portal, SIGN_IN, FRANCOIS.matricule, address=f"198.51.100.{number}")
    fresh = source_at("192.0.2.1")
    tries = [
        await portal.throttle.take(SIGN_IN, FRANCOIS.matricule, source=fresh) for _ in range(4)
    ]
    assert tries == [0, 0, 0, 6 * 3600]
    assert (await sign_in(browsers(), FRANCOIS)).headers["location"] == "/membre"


@pytest.mark.parametrize("limit", [SIGN_IN, IDENTIFY_MATRICULE, IDENTIFY_FACTS])
async def test_x4_one_network_alone_never_besieges(
    portal: Portal, clock: TurnedClock, limit: type[object]
) -> None:
    """Two days of trying whenever it may, from all of a /48: a newcomer still has all the tries."""
    for turn in range(2 * 24 * 12):
        for number in range(3):
            source = source_at(f"2001:db8:1:{turn * 3 + number:x}::1")
            await portal.throttle.take(SIGN_IN, "00875", source=source)
        clock.turn(minutes=5)
    for _ in range(5):
        assert not await portal.throttle.take(SIGN_IN, "00875", source=source_at(HERE))


async def test_x4_an_address_over_its_quota_counts_against_no_member(
    browsers: Browsers, portal: Portal
) -> None:
    """Past its quota, the facts of every member are tried again and again."""
    await fill(portal, ADDRESS_REFUSES, ELSEWHERE)
    stranger = browsers(ELSEWHERE)
    before = rows(portal.settings, "SELECT count(*) FROM throttle")
    for person in CAST * 3:
        facts = person.facts | {"postal_code": "X9X 9X9"}
        assert (await stranger.submit("/inscription", facts)).status_code == 429
        assert (await sign_in(stranger, person, WRONG)).status_code == 429
        fields = facts | await solved(stranger, portal)
        assert (await stranger.submit("/mot-de-passe-oublie", fields)).status_code == 429
    assert rows(portal.settings, "SELECT count(*) FROM throttle")[0][0] <= before[0][0] + 2
    assert rows(portal.settings, "SELECT * FROM spent_challenge") == []
    for person in CAST:
        found = await browsers().submit("/inscription", person.facts)
        assert "Inscription, 2e étape" in found.text


async def test_x4_one_customer_of_a_provider_does_not_shut_out_the_others(portal: Portal) -> None:
    stranger, neighbour = "2001:db8:1:2::1", "2001:db8:1:3::1"
    await fill(portal, ADDRESS_REFUSES, "2001:db8:1::/48", address=stranger)
    await fill(portal, SIGN_IN, FRANCOIS.matricule, address=stranger)
    take = portal.throttle.take
    for _ in range(1_000):  # what is refused uses nothing up
        assert await take(ADDRESS_REFUSES, "2001:db8:1::/48", source=source_at(stranger))
        assert await take(SIGN_IN, FRANCOIS.matricule, source=source_at(stranger))
    for _ in range(5):
        assert not await take(ADDRESS_REFUSES, "2001:db8:1::/48", source=source_at(neighbour))
        assert not await take(SIGN_IN, FRANCOIS.matricule, source=source_at(neighbour))


async def test_x4_who_owns_a_48_gains_little(portal: Portal) -> None:
    passed = 0
    for number in range(1_000):
        source = Source("2001:db8:1::/48", f"2001:db8:1:{number:x}::/64")
        passed += not await portal.throttle.take(SIGN_IN, FRANCOIS.matricule, source=source)
    assert passed == 25


async def test_x4_recovery_is_closed_by_nobody(
    browsers: Browsers, portal: Portal, post: Post, clock: TurnedClock
) -> None:
    """By wrong facts nothing is used up; by the right ones a password lies in the mailbox."""
    await access(portal, FRANCOIS)
    stranger = browsers(ELSEWHERE)
    for number in range(8):
        wrong = FRANCOIS.facts | {"birth_date": f"0{number + 1}/01/1950"}
        answer = await stranger.follow(
            "/mot-de-passe-oublie", wrong | await solved(stranger, portal)
        )
        assert answer.status_code == 200
    assert rows(portal.settings, "SELECT * FROM outbox") == []
    for _ in range(8):
        assert (await recover(stranger, portal, FRANCOIS)).status_code == 200
    assert rows(portal.settings, "SELECT count(*) FROM outbox") == [(SHORT.member,)]
    code = await post.temporary_password("00875@example.com")
    assert SHORT.seconds < TEMPORARY_PASSWORD_TERM
    clock.now += SHORT.seconds - 1
    assert "Vérifiez votre courriel" in words(await recover(browsers(), portal, FRANCOIS))
    assert rows(portal.settings, "SELECT count(*) FROM outbox") == [(SHORT.member,)]
    entered = await sign_in(browsers(), FRANCOIS, code)
    assert entered.headers["location"] == "/membre/nouveau-mot-de-passe"
    clock.now += 1
    await recover(browsers(), portal, FRANCOIS)
    assert rows(portal.settings, "SELECT count(*) FROM outbox") == [(SHORT.member + 1,)]


async def test_x4_recovery_never_tells_that_it_leaves_out(
    browsers: Browsers, portal: Portal
) -> None:
    """Asked eight times: known, unregistered and unknown answer alike and cost the same."""
    await access(portal, FRANCOIS)
    pages, costs = set(), []
    for person in (FRANCOIS, ANDRE, SYLVIE, NOBODY):
        cost = []
        for _ in range(8):
            browser = browsers()
            fields = person.facts | await solved(browser, portal)
            async with statements(portal.db) as seen:
                answer = await browser.follow("/mot-de-passe-oublie", fields)
            assert answer.status_code == 200
            pages.add(re.sub(r'name="sent" value="[^"]+"', "", without_codes(answer)))
            cost.append([re.sub(r"'[^']*'|\d+|NULL|x'\w*'", "?", sql) for sql in seen])
        costs.append(cost)
    assert len(pages) == 1
    assert all(cost == costs[0] for cost in costs)


async def _refused_at(browser: Browser, path: str, fields: dict[str, str], before: int) -> int:
    """At which of a stranger's tries the first 429 comes, `before` of them made already."""
    for number in range(before + 1, 20):
        if (await browser.submit(path, fields)).status_code == 429:
            return number
    raise AssertionError("never refused")


@pytest.mark.parametrize("members_network", [HERE, ELSEWHERE])
async def test_x8_a_members_sign_in_does_not_clear_a_strangers_counter(
    browsers: Browsers, portal: Portal, members_network: str
) -> None:
    await access(portal, FRANCOIS)
    portal.passwords.__init__()  # type: ignore[misc]
    seen = []
    for person in (FRANCOIS, NOBODY):
        stranger = browsers(ELSEWHERE)
        for _ in range(3):
            await sign_in(stranger, person, WRONG)
        own = await sign_in(browsers(members_network), person)
        assert own.is_redirect is (person is FRANCOIS)
        wrong = {"matricule": person.matricule, "password": WRONG}
        seen.append(await _refused_at(stranger, "/", wrong, 3))
    # Nobody's own try was a wrong one, and counts where it came from.
    assert seen == [6, 6 if members_network == HERE else 5]


@pytest.mark.parametrize("members_network", [HERE, ELSEWHERE])
@pytest.mark.parametrize("has_access", [False, True])
async def test_x8_a_members_identifying_does_not_clear_a_strangers_counter(
    browsers: Browsers, portal: Portal, members_network: str, has_access: bool
) -> None:
    if has_access:
        await access(portal, FRANCOIS)
    wrong = FRANCOIS.facts | {"postal_code": "X9X 9X9"}
    stranger = browsers(ELSEWHERE)
    for _ in range(3):
        await stranger.submit("/inscription", wrong)
    found = await browsers(members_network).submit("/inscription", FRANCOIS.facts)
    assert ("Vous avez déjà un accès" if has_access else "2e étape") in words(found)
    assert await _refused_at(stranger, "/inscription", wrong, 3) == 6


@pytest.mark.parametrize("members_network", [HERE, ELSEWHERE])
async def test_x8_nor_a_counter_of_who_knows_the_facts_but_for_the_matricule(
    browsers: Browsers, portal: Portal, members_network: str
) -> None:
    stranger = browsers(ELSEWHERE)
    tries = [FRANCOIS.facts | {"matricule": f"4000{number}"} for number in range(6)]
    for facts in tries[:3]:
        await stranger.submit("/inscription", facts)
    await browsers(members_network).submit("/inscription", FRANCOIS.facts)
    statuses = [(await stranger.submit("/inscription", facts)).status_code for facts in tries[3:]]
    assert statuses == [422, 422, 429]


async def test_x8_a_borrowed_session_learns_nothing_from_the_owners_success(
    browsers: Browsers, portal: Portal
) -> None:
    await session(browsers(), portal, FRANCOIS)
    thief, owner = browsers(ELSEWHERE), browsers()
    for browser in (thief, owner):
        await session(browser, portal, FRANCOIS)
    portal.passwords.__init__()  # type: ignore[misc]
    wrong = {"email": "n@example.org", "email_again": "n@example.org", "current_password": WRONG}
    for _ in range(3):
        await thief.submit("/membre/courriel", wrong)
    right = wrong | {"current_password": FRANCOIS.password}
    assert (await owner.submit("/membre/courriel", right)).is_redirect
    assert await _refused_at(thief, "/membre/courriel", wrong, 3) == 6


async def test_an_old_token_of_step_two_keeps_the_member_from_nothing(
    browsers: Browsers, portal: Portal
) -> None:
    stranger, own = browsers(ELSEWHERE), browsers()
    token = hidden(await stranger.submit("/inscription", FRANCOIS.facts), "token")
    mine = hidden(await own.submit("/inscription", FRANCOIS.facts), "token")
    await own.submit("/inscription/acces", FRANCOIS.access(mine))
    for _ in range(8):
        wrong = FRANCOIS.access(token, password="brume19lac4")
        answer = await stranger.submit("/inscription/acces", wrong)
        assert "Vous avez déjà un accès" in words(answer)
    # Sent again, the answer having been lost, it still signs in.
    assert (await browsers().submit("/inscription/acces", FRANCOIS.access(mine))).is_redirect
    new = {"password": "brume19lac4", "password_again": "brume19lac4"}
    changed = await own.submit(
        "/membre/mot-de-passe", new | {"current_password": FRANCOIS.password}
    )
    assert changed.headers["location"] == "/membre"
