"""Which pages show a call code, and how many rows of the journal they make."""

import asyncio
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

import httpx
import pytest

from db import journal, members
from db.database import Transaction
from members import telephone
from members.dead_ends import stored_code
from members.events import EVENTS, SCREENS
from security import throttle
from tests import given
from tests.conftest import Browser, Post, TurnedClock
from tests.people import ANDRE, FRANCOIS, GASTON, NOBODY, SYLVIE, Person
from tests.security.parts import ELSEWHERE, change, recover, rows, solved
from web.portal import Portal

Browsers = Callable[..., Browser]
CODE = re.compile(r"Code d’appel : ([2-9A-Z]{3}-[2-9A-Z]{2})\b")
WRONG = "mauvais11mot"
NEW = {"password": "brume19lac4", "password_again": "brume19lac4"}
ADDRESS = {"email": "neuve@example.net", "email_again": "neuve@example.net"}
UNKNOWN = "99998"


def code_of(answer: httpx.Response) -> str:
    """The call code that a person reads on the page."""
    found = CODE.findall(given.words(answer))
    assert len(found) == 1, given.words(answer)
    assert f"{found[0]} . Donnez-le si vous appelez le bureau." in given.words(answer)
    return str(found[0])


async def sign_in(browser: Browser, matricule: str, password: str = WRONG) -> httpx.Response:
    return await browser.submit("/", {"matricule": matricule, "password": password})


async def locked(browser: Browser, matricule: str) -> httpx.Response:
    """The first refusal after too many wrong passwords."""
    for _ in range(6):
        answer = await sign_in(browser, matricule)
    assert answer.status_code == 429
    return answer


@dataclass(frozen=True)
class Scene:
    """Where a way may end."""

    browser: Browser
    browsers: Browsers
    portal: Portal
    post: Post

    async def freeze_link(self) -> str:
        """The « Not you? » link that François has by mail."""
        await given.access(self.portal, FRANCOIS)
        member = await members.by_matricule(self.portal.db, FRANCOIS.matricule)
        assert member
        now = self.portal.clock()
        await telephone.replace_email(self.portal.db, member, "autre@example.net", now=now)
        text = self.post.text(await self.post.last("00875@example.com"))
        found = re.search(r"/acces/bloquer/\S+", text)
        assert found
        return found[0]


@pytest.fixture
def scene(browser: Browser, browsers: Browsers, portal: Portal, post: Post) -> Scene:
    return Scene(browser, browsers, portal, post)


async def no_access_to_sign_in(scene: Scene) -> httpx.Response:
    return await sign_in(scene.browser, SYLVIE.matricule)


async def sign_in_too_often(scene: Scene) -> httpx.Response:
    return await locked(scene.browser, SYLVIE.matricule)


async def sign_in_from_a_full_address(scene: Scene) -> httpx.Response:
    await given.fill(scene.portal, throttle.ADDRESS_REFUSES, "203.0.113.7")
    return await sign_in(scene.browser, SYLVIE.matricule)


async def not_found(scene: Scene) -> httpx.Response:
    return await scene.browser.submit("/inscription", NOBODY.facts)


async def registered_already(scene: Scene) -> httpx.Response:
    await given.access(scene.portal, FRANCOIS)
    return await scene.browser.submit("/inscription", FRANCOIS.facts)


async def registration_too_often(scene: Scene) -> httpx.Response:
    for _ in range(6):
        answer = await scene.browser.submit("/inscription", NOBODY.facts)
    return answer


async def registration_of_a_known_matricule_too_often(scene: Scene) -> httpx.Response:
    for number in range(6):
        facts = SYLVIE.facts | {"birth_date": f"0{number + 1}/01/1950"}
        answer = await scene.browser.submit("/inscription", facts)
    return answer


async def no_longer_a_member_at_step_two(scene: Scene) -> httpx.Response:
    step_two = await scene.browser.submit("/inscription", FRANCOIS.facts)
    change(scene.portal.settings, "UPDATE member SET active = 0")
    fields = FRANCOIS.access(given.hidden(step_two, "token"))
    return await scene.browser.submit("/inscription/acces", fields)


async def step_expired(scene: Scene) -> httpx.Response:
    return await scene.browser.submit("/inscription/acces", FRANCOIS.access("forged"))


async def language_switched_on_an_expired_step(scene: Scene) -> httpx.Response:
    fields = {"token": "forged", "matricule": FRANCOIS.matricule}
    return await scene.browser.submit("/inscription/acces?langue=fr", fields)


async def step_two_with_a_wrong_code(scene: Scene, tries: int = 1) -> httpx.Response:
    await given.annulled(scene.portal, FRANCOIS)
    step_two = await scene.browser.submit("/inscription", FRANCOIS.facts)
    fields = FRANCOIS.access(given.hidden(step_two, "token")) | {"office_code": "7KQM-2XPD"}
    for _ in range(tries):
        answer = await scene.browser.submit("/inscription/acces", fields)
    return answer


async def wrong_codes_too_often(scene: Scene) -> httpx.Response:
    return await step_two_with_a_wrong_code(scene, throttle.OFFICE_CODE.burst + 1)


async def recovery_sent(scene: Scene) -> httpx.Response:
    return await recover(scene.browser, scene.portal, NOBODY)


async def recovery_from_a_full_address(scene: Scene) -> httpx.Response:
    await given.fill(scene.portal, throttle.ADDRESS_REFUSES, "203.0.113.7")
    return await recover(scene.browser, scene.portal, NOBODY)


async def recovery_without_image_too_often(scene: Scene) -> httpx.Response:
    for _ in range(5):
        answer = await scene.browser.submit(
            "/mot-de-passe-oublie", NOBODY.facts | {"without_image": "1"}
        )
    return answer


async def wrong_password_for_the_address(scene: Scene) -> httpx.Response:
    await given.session(scene.browser, scene.portal, FRANCOIS)
    return await scene.browser.submit("/membre/courriel", ADDRESS | {"current_password": WRONG})


async def wrong_password_for_the_password(scene: Scene) -> httpx.Response:
    await given.session(scene.browser, scene.portal, FRANCOIS)
    return await scene.browser.submit("/membre/mot-de-passe", NEW | {"current_password": WRONG})


async def current_password_too_often(scene: Scene) -> httpx.Response:
    await given.session(scene.browser, scene.portal, FRANCOIS)
    for path, fields in [("/membre/courriel", ADDRESS)] * 5 + [("/membre/mot-de-passe", NEW)]:
        answer = await scene.browser.submit(path, fields | {"current_password": WRONG})
    return answer


async def confirmation_too_often(scene: Scene) -> httpx.Response:
    await given.access(scene.portal, FRANCOIS, confirmed=False)
    await given.session(scene.browser, scene.portal, FRANCOIS)
    for _ in range(5):
        answer = await scene.browser.submit("/membre/courriel/renvoyer")
    return answer


async def correction_too_often(scene: Scene) -> httpx.Response:
    await given.session(scene.browser, scene.portal, FRANCOIS)
    for _ in range(5):
        answer = await scene.browser.submit("/membre/mes-renseignements", {"birth_date": "1"})
    return answer


def known(person: Person) -> dict[str, str]:
    return {"matricule": person.matricule, "birth_date": person.birth_date}


async def freezing_with_wrong_facts(scene: Scene) -> httpx.Response:
    return await scene.browser.submit(await scene.freeze_link(), known(SYLVIE))


async def freezing_with_wrong_facts_for_the_last_time(scene: Scene) -> httpx.Response:
    link = await scene.freeze_link()
    for _ in range(5):
        answer = await scene.browser.submit(link, known(SYLVIE))
    assert "Ce lien ne sert plus" in given.words(answer)
    return answer


async def frozen(scene: Scene) -> httpx.Response:
    return await scene.browser.submit(await scene.freeze_link(), known(FRANCOIS))


async def freezing_from_a_full_address(scene: Scene) -> httpx.Response:
    await given.fill(scene.portal, throttle.ADDRESS_REFUSES, "203.0.113.7")
    return await scene.browser.submit(await scene.freeze_link(), known(FRANCOIS))


async def step_two_from_a_full_address(scene: Scene) -> httpx.Response:
    step_two = await scene.browser.submit("/inscription", FRANCOIS.facts)
    await given.fill(scene.portal, throttle.ADDRESS_REFUSES, "203.0.113.7")
    fields = FRANCOIS.access(given.hidden(step_two, "token"))
    return await scene.browser.submit("/inscription/acces", fields)


async def freezing_by_a_void_link(scene: Scene) -> httpx.Response:
    return await scene.browser.submit("/acces/bloquer/abc", known(FRANCOIS))


async def confirming_by_a_void_link(scene: Scene) -> httpx.Response:
    return await scene.browser.submit("/courriel/confirmer/abc")


Ending = Callable[[Scene], Awaitable[httpx.Response]]
ENDINGS: list[tuple[Ending, int, str, str]] = [
    (no_access_to_sign_in, 422, "sign_in_failed", "33163"),
    (sign_in_too_often, 429, "sign_in_throttled", "33163"),
    (sign_in_from_a_full_address, 429, "sign_in_throttled", ""),
    (not_found, 422, "identify_failed", ""),
    (registered_already, 422, "already_registered", "00875"),
    (registration_too_often, 429, "identify_throttled", ""),
    (registration_of_a_known_matricule_too_often, 429, "identify_throttled", "33163"),
    (no_longer_a_member_at_step_two, 422, "identify_failed", "00875"),
    (step_expired, 422, "step_expired", ""),
    (language_switched_on_an_expired_step, 200, "step_expired", ""),
    (step_two_with_a_wrong_code, 422, "office_code_failed", "00875"),
    (wrong_codes_too_often, 429, "office_code_throttled", "00875"),
    (recovery_sent, 200, "recovery_requested", ""),
    (recovery_from_a_full_address, 429, "recovery_throttled", ""),
    (recovery_without_image_too_often, 429, "recovery_throttled", ""),
    (wrong_password_for_the_address, 422, "current_password_failed", "00875"),
    (wrong_password_for_the_password, 422, "current_password_failed", "00875"),
    (current_password_too_often, 429, "current_password_throttled", "00875"),
    (confirmation_too_often, 429, "request_throttled", "00875"),
    (correction_too_often, 429, "request_throttled", "00875"),
    (freezing_with_wrong_facts, 422, "freeze_failed", "00875"),
    (freezing_with_wrong_facts_for_the_last_time, 422, "freeze_failed", "00875"),
    (frozen, 200, "access_frozen", "00875"),
    (freezing_from_a_full_address, 429, "freeze_throttled", ""),
    (step_two_from_a_full_address, 429, "identify_throttled", ""),
    (freezing_by_a_void_link, 422, "link_void", ""),
    (confirming_by_a_void_link, 200, "link_void", ""),
]


@pytest.mark.parametrize(
    ("ending", "status", "event", "matricule"), ENDINGS, ids=lambda x: getattr(x, "__name__", None)
)
async def test_a_dead_end_shows_the_code_of_its_entry(
    scene: Scene, ending: Ending, status: int, event: str, matricule: str
) -> None:
    answer = await ending(scene)
    assert answer.status_code == status
    entry = await journal.by_call_code(scene.portal.db, stored_code(code_of(answer)))
    assert entry
    assert entry.event == event
    assert event in SCREENS
    member = await members.by_id(scene.portal.db, entry.member_id) if entry.member_id else None
    assert (member.matricule if member else "") == matricule


async def test_the_code_is_said_in_english_too(browser: Browser, portal: Portal) -> None:
    browser.headers["accept-language"] = "en"
    said = given.words(await sign_in(browser, FRANCOIS.matricule))
    assert re.search(
        r"Call code: [2-9A-Z]{3}-[2-9A-Z]{2} \. Give it if you call the office\.", said
    )


async def test_what_is_no_dead_end_shows_none(
    scene: Scene, digest: Callable[[], str], clock: TurnedClock
) -> None:
    link = await scene.freeze_link()
    clock.turn(days=8)
    before = digest()
    answers = [
        await scene.browser.get(path)
        for path in (link, "/courriel/confirmer/abc", "/inscription/acces", "/nulle-part")
    ]
    answers.append(await scene.browser.submit("/", {"matricule": "875", "password": WRONG}))
    assert digest() == before
    wrong_image = await solved(scene.browser, scene.portal) | {"captcha": "?????"}
    answers.append(await scene.browser.submit("/mot-de-passe-oublie", FRANCOIS.facts | wrong_image))
    for answer in answers:
        assert not CODE.search(given.words(answer))


async def throttled(portal: Portal) -> list[tuple[str, int | None, str]]:
    """The rows of refusals: event, member, address."""
    return [
        (event, member_id, address)
        for event, member_id, address in await portal.db.all(
            "SELECT event, member_id, address FROM journal WHERE event LIKE '%throttled'"
        )
    ]


async def test_refusals_share_a_row_for_a_quarter_of_an_hour(
    browsers: Browsers, portal: Portal, clock: TurnedClock
) -> None:
    member = await members.by_matricule(portal.db, SYLVIE.matricule)
    assert member
    here, elsewhere = browsers(), browsers(ELSEWHERE)
    code = code_of(await locked(here, SYLVIE.matricule))
    row = ("sign_in_throttled", member.id, "203.0.113.7")
    for _ in range(5):
        assert code_of(await sign_in(here, SYLVIE.matricule)) == code
    assert await throttled(portal) == [row]
    assert code_of(await locked(elsewhere, SYLVIE.matricule)) != code
    assert await throttled(portal) == [row, (*row[:2], ELSEWHERE)]
    clock.turn(minutes=14)
    await locked(here, SYLVIE.matricule)
    assert len(await throttled(portal)) == 2
    clock.turn(minutes=15)
    await locked(here, SYLVIE.matricule)
    assert len(await throttled(portal)) == 3


async def test_refusals_at_once_share_a_row(browsers: Browsers, portal: Portal) -> None:
    await given.fill(portal, throttle.SIGN_IN, SYLVIE.matricule)
    answers = await asyncio.gather(*(sign_in(browsers(), SYLVIE.matricule) for _ in range(10)))
    assert len({code_of(answer) for answer in answers}) == 1
    assert len(await throttled(portal)) == 1


@pytest.mark.parametrize(
    ("path", "event"),
    [
        ("/inscription/acces", "step_expired"),
        ("/acces/bloquer/abc", "link_void"),
        ("/courriel/confirmer/abc", "link_void"),
    ],
)
async def test_what_no_quota_bounds_shares_a_row_too(
    browser: Browser, portal: Portal, path: str, event: str
) -> None:
    fields = {
        "/inscription/acces": FRANCOIS.access("forged"),
        "/acces/bloquer/abc": known(FRANCOIS),
    }
    codes = {code_of(await browser.submit(path, fields.get(path, {}))) for _ in range(5)}
    assert len(codes) == 1
    assert rows(portal.settings, "SELECT event FROM journal") == [(event,)]


async def test_a_refusal_that_has_its_row_waits_for_no_writer(
    browser: Browser, portal: Portal
) -> None:
    await locked(browser, SYLVIE.matricule)
    async with given.statements(portal.db) as seen:
        code_of(await sign_in(browser, SYLVIE.matricule))
    assert not [sql for sql in seen if sql.startswith("BEGIN")]


async def test_refusals_of_one_address_share_a_row_whoever_is_tried(
    browsers: Browsers, portal: Portal
) -> None:
    await given.fill(portal, throttle.ADDRESS_REFUSES, "203.0.113.7")
    stranger = "2001:db8:1:2::1"
    await given.fill(portal, throttle.ADDRESS_REFUSES, "2001:db8:1::/48", address=stranger)
    for number in range(20):
        browser = browsers(f"2001:db8:1:2::{number:x}") if number % 2 else browsers()
        person = [FRANCOIS, SYLVIE, NOBODY, ANDRE][number % 4]
        facts = person.facts | {"birth_date": f"{number + 1:02}/11/1950"}
        assert (await sign_in(browser, person.matricule)).status_code == 429
        assert (await browser.submit("/inscription", facts)).status_code == 429
    written = await throttled(portal)
    assert len(written) == 4
    assert {member_id for _, member_id, _ in written} == {None}


@pytest.mark.parametrize(
    ("path", "limit"),
    [("/", throttle.SIGN_IN), ("/inscription", throttle.IDENTIFY_MATRICULE)],
)
async def test_known_unknown_and_unregistered_are_refused_alike(
    browsers: Browsers, portal: Portal, path: str, limit: throttle.Limit
) -> None:
    await given.access(portal, FRANCOIS)
    await given.access(portal, ANDRE)
    change(portal.settings, "UPDATE account SET frozen_at = 1 WHERE email LIKE '20001@%'")
    tried = [person.matricule for person in (FRANCOIS, NOBODY, SYLVIE, GASTON, ANDRE)] + [UNKNOWN]
    pages, shapes, codes = set(), set(), set[str]()
    for number, matricule in enumerate(tried, 1):
        await given.fill(portal, limit, matricule)
        browser = browsers()
        fields = NOBODY.facts | {"matricule": matricule, "birth_date": f"0{number}/11/1950"}
        if path == "/":
            fields = {"matricule": matricule, "password": WRONG}
        async with given.statements(portal.db) as seen:
            answer = await browser.submit(path, fields)
        assert answer.status_code == 429
        codes.add(code_of(answer))
        page = re.sub(r'(value|src)="[^"]*"', "", given.without_codes(answer))
        pages.add(page)
        shapes.add(tuple(re.sub(r"x'[0-9A-F]*'|'[^']*'|NULL|\d+", "?", sql) for sql in seen))
    assert len(pages) == 1
    assert len(shapes) == 1
    # A code that two unknown ones share would tell them from those of the roster.
    assert len(codes) == len(tried)


@pytest.mark.parametrize(
    ("person", "state", "why"),
    [
        (FRANCOIS, "", "wrong_password"),
        (FRANCOIS, "UPDATE account SET frozen_at = 1", "frozen"),
        (FRANCOIS, "DELETE FROM account", "no_access"),
        (FRANCOIS, "UPDATE member SET active = 0", "inactive"),
        (GASTON, "", "inactive"),
        (SYLVIE, "", "no_access"),
        (NOBODY, "", "unknown"),
    ],
)
async def test_a_refused_sign_in_notes_who_and_why(
    browser: Browser, portal: Portal, person: Person, state: str, why: str
) -> None:
    await given.access(portal, FRANCOIS)
    if state:
        change(portal.settings, state)
    await sign_in(browser, person.matricule)
    noted = "SELECT matricule, detail FROM journal LEFT JOIN member ON member.id = member_id"
    matricule = None if person is NOBODY else person.matricule
    assert rows(portal.settings, noted) == [(matricule, why)]


async def test_every_event_with_a_code_has_a_screen_and_a_name(portal: Portal) -> None:
    assert {event for _, _, event, _ in ENDINGS} == set(SCREENS)
    assert set(SCREENS) <= set(EVENTS)


async def twins(tx: Transaction) -> None:
    """Two members with one name, birth date and postal code."""
    lines = [
        (matricule, "Roy", first, "roy", first.lower(), "1950-11-07", "H2L 4K1", None)
        for matricule, first in (("30001", "Anne"), ("30002", "Jeanne"))
    ]
    await members.save(tx, lines)


@pytest.mark.parametrize(
    ("typed", "matricule", "differing"),
    [
        (FRANCOIS.facts | {"family_name": "Quetzal"}, "00875", "family_name"),
        (FRANCOIS.facts | {"birth_date": "13/02/1931"}, "00875", "birth_date"),
        (FRANCOIS.facts | {"postal_code": "X9X 9X9"}, "00875", "postal_code"),
        (FRANCOIS.facts | {"birth_date": "13/02/1931", "postal_code": "X9X 9X9"}, "00875",
         "birth_date,postal_code"),
        # Nobody's matricule, or one of somebody of whom nothing else is right.
        (FRANCOIS.facts | {"matricule": UNKNOWN}, "00875", "matricule"),
        (FRANCOIS.facts | {"matricule": SYLVIE.matricule, "family_name": "LAPOINTE"}, "33163",
         "birth_date,postal_code"),
        (FRANCOIS.facts | {"matricule": ANDRE.matricule}, "00875", "matricule"),
        (GASTON.facts, "77777", "active"),
        (GASTON.facts | {"matricule": UNKNOWN}, None, None),
        (FRANCOIS.facts | {"matricule": UNKNOWN, "postal_code": "X9X 9X9"}, None, None),
        # Two members have these three facts.
        ({"matricule": UNKNOWN, "family_name": "Roy", "birth_date": "07/11/1950",
          "postal_code": "H2L 4K1"}, None, None),
        ({"matricule": "30002", "family_name": "Roy", "birth_date": "08/11/1950",
          "postal_code": "H2L 4K1"}, "30002", "birth_date"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("path", ["/inscription", "/mot-de-passe-oublie"])
async def test_which_facts_differed_is_noted_and_never_a_value(
    browser: Browser,
    portal: Portal,
    path: str,
    typed: dict[str, str],
    matricule: str | None,
    differing: str | None,
) -> None:
    await portal.db.write(twins)
    captcha = await solved(browser, portal) if path != "/inscription" else {}
    code_of(await browser.submit(path, typed | captcha))
    noted = "SELECT matricule, detail FROM journal LEFT JOIN member ON member.id = member_id"
    assert rows(portal.settings, noted) == [(matricule, differing)]
    everything = str(rows(portal.settings, "SELECT * FROM journal"))
    for value in typed.values():
        assert value not in everything
