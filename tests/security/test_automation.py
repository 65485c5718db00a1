"""Guessing, telling apart, captcha, load: rows B1–B7 of docs/security.md."""

import asyncio
import re
import socket
import string
import threading
import time
import wave
from collections.abc import Callable
from contextlib import AsyncExitStack
from dataclasses import replace
from io import BytesIO
from ipaddress import ip_network

import httpx
import pytest
import uvicorn
from argon2 import PasswordHasher
from PIL import Image
from starlette.applications import Starlette

from app import create_app
from security import challenge, throttle
from security.challenge import ALPHABET, IN_LINE, Challenges, TooMany, draw
from security.passwords import AT_ONCE, Passwords
from security.sound import speak
from security.throttle import Source, network_of, source_at
from settings import Settings
from tests.conftest import Browser, Post, TurnedClock
from tests.given import access, error_of, fill, hidden, session, statements, words
from tests.people import ANDRE, FRANCOIS, GASTON, NOBODY, SYLVIE, Person
from tests.security.parts import (
    ELSEWHERE,
    change,
    recover,
    rows,
    sign_in,
    solved,
    temporary_password,
)
from web.portal import Portal

Browsers = Callable[..., Browser]
WRONG = "mauvais11mot"


async def _locked(browser: Browser, person: Person) -> int:
    """Guess until refused; gives the wait."""
    for _ in range(7):
        answer = await sign_in(browser, person, WRONG)
        if answer.status_code == 429:
            return int(answer.headers["retry-after"])
    raise AssertionError("never refused")


async def test_b1_a_hundred_strangers_failures_do_not_keep_the_members_own_browser_out(
    browsers: Browsers, portal: Portal
) -> None:
    await access(portal, FRANCOIS)
    own = browsers()
    await sign_in(own, FRANCOIS)
    await own.submit("/deconnexion")
    statuses = set()
    for number in range(100):
        stranger = browsers(f"198.51.100.{number % 10}")
        statuses.add((await sign_in(stranger, FRANCOIS, WRONG)).status_code)
    assert statuses == {422, 429}
    assert (await sign_in(own, FRANCOIS)).headers["location"] == "/membre"


async def test_b1_waits_grow_to_15_minutes_and_end_by_themselves(
    browsers: Browsers, portal: Portal, clock: TurnedClock
) -> None:
    await access(portal, FRANCOIS)
    stranger, waits = browsers(ELSEWHERE), []
    for _ in range(9):
        wait = await _locked(stranger, FRANCOIS)
        waits.append(wait)
        clock.now += wait - 1
        assert (await sign_in(browsers(ELSEWHERE), FRANCOIS)).status_code == 429
        clock.now += 1
    assert waits == [30, 60, 120, 240, 480, 900, 900, 900, 900]
    assert (await sign_in(browsers(ELSEWHERE), FRANCOIS)).headers["location"] == "/membre"


async def test_b1_the_wait_is_said_in_words_with_the_offices_telephone(
    browser: Browser, portal: Portal
) -> None:
    await access(portal, FRANCOIS)
    await _locked(browser, FRANCOIS)
    said = words(await sign_in(browser, FRANCOIS))
    assert "Réessayez dans 30 secondes" in said
    assert "Appelez le bureau au 450 555-0199" in said


async def test_b1_a_temporary_password_passes_the_lock(
    browsers: Browsers, portal: Portal, post: Post
) -> None:
    await access(portal, FRANCOIS)
    code = await temporary_password(browsers(), portal, post, FRANCOIS)
    await _locked(browsers(ELSEWHERE), FRANCOIS)
    answer = await sign_in(browsers(), FRANCOIS, code)
    assert answer.headers["location"] == "/membre/nouveau-mot-de-passe"


async def test_b1_another_members_browser_is_a_strangers(
    browsers: Browsers, portal: Portal
) -> None:
    await access(portal, FRANCOIS)
    await access(portal, SYLVIE)
    sylvies = browsers()
    await sign_in(sylvies, SYLVIE)
    await _locked(browsers(), FRANCOIS)
    assert (await sign_in(sylvies, FRANCOIS, WRONG)).status_code == 429


async def test_b1_a_couples_tablet_knows_both(browsers: Browsers, portal: Portal) -> None:
    tablet = browsers()
    for person in (FRANCOIS, SYLVIE):
        await access(portal, person)
        await sign_in(tablet, person)
    for person in (FRANCOIS, SYLVIE):
        await _locked(browsers(ELSEWHERE), person)
        assert (await sign_in(tablet, person)).is_redirect


async def test_b1_guesses_on_a_known_browser_are_locked_too(
    browsers: Browsers, portal: Portal
) -> None:
    await access(portal, FRANCOIS)
    own = browsers()
    await sign_in(own, FRANCOIS)
    assert await _locked(own, FRANCOIS) == 30


async def test_b1_a_borrowed_session_guesses_no_password(browser: Browser, portal: Portal) -> None:
    await session(browser, portal, FRANCOIS)
    new = {"password": "brume19lac4", "password_again": "brume19lac4"}
    statuses = [
        (await browser.submit("/membre/mot-de-passe", new | {"current_password": WRONG}))
        for _ in range(6)
    ]
    assert [answer.status_code for answer in statuses] == [422] * 5 + [429]
    assert "Réessayez dans 30 secondes" in words(statuses[-1])


async def test_b1_a_lock_survives_a_restart(
    browsers: Browsers, portal: Portal, settings: Settings, clock: TurnedClock
) -> None:
    await access(portal, FRANCOIS)
    await _locked(browsers(), FRANCOIS)
    again = create_app(settings, clock)
    async with again.router.lifespan_context(again), Browser(again, settings.base_url) as browser:
        assert (await sign_in(browser, FRANCOIS)).status_code == 429


async def test_b1_twenty_guesses_at_once_do_not_slip_through(
    browsers: Browsers, portal: Portal
) -> None:
    await access(portal, FRANCOIS)
    answers = await asyncio.gather(*(sign_in(browsers(), FRANCOIS, WRONG) for _ in range(20)))
    assert [answer.status_code for answer in answers].count(422) == 5


async def test_b2_facts_are_not_tried_against_every_matricule(
    browsers: Browsers, portal: Portal, clock: TurnedClock
) -> None:
    # However the name is written: birth date and postal code are the key.
    names = ("Lapointe", "LAPOINTE", "La Pointe", "Lapointé", "Tremblay")
    for number, name in enumerate(names):
        facts = FRANCOIS.facts | {"matricule": f"4000{number}", "family_name": name}
        answer = await browsers().submit("/inscription", facts)
        assert answer.status_code == 422
    answer = await browsers().submit("/inscription", FRANCOIS.facts)
    assert answer.status_code == 429
    assert int(answer.headers["retry-after"]) == 30
    assert "Réessayez dans 30 secondes" in words(answer)
    assert "Appelez le bureau au 450 555-0199" in words(answer)
    found = await browsers(ELSEWHERE).submit("/inscription", FRANCOIS.facts)
    assert "Inscription, 2e étape" in found.text
    clock.now += 30
    assert (await browsers().submit("/inscription", FRANCOIS.facts)).status_code == 200


async def test_b2_a_matricules_facts_are_not_tried_one_by_one(
    browsers: Browsers, portal: Portal
) -> None:
    statuses = []
    for number in range(6):
        facts = FRANCOIS.facts | {"birth_date": f"0{number + 1}/11/1950", "postal_code": "H2L 4K1"}
        answer = await browsers().submit("/inscription", facts)
        statuses.append(answer.status_code)
    assert statuses == [422] * 5 + [429]


@pytest.mark.parametrize("path", ["/inscription", "/mot-de-passe-oublie"])
async def test_b2_an_address_is_refused_only_far_beyond_what_people_do(
    browsers: Browsers, portal: Portal, path: str
) -> None:
    member = browsers()
    await session(member, portal, SYLVIE)
    elsewhere = browsers(ELSEWHERE)
    fields = FRANCOIS.facts | (await solved(elsewhere, portal) if "oublie" in path else {})
    await fill(portal, throttle.ADDRESS_REFUSES, "203.0.113.7")
    captcha = await solved(browsers(), portal)
    answer = await browsers().submit(path, FRANCOIS.facts | captcha)
    assert answer.status_code == 429
    assert int(answer.headers["retry-after"]) <= 6
    assert (await browsers(ELSEWHERE).submit(path, fields)).status_code == 200


async def test_b2_a_full_address_does_not_keep_a_known_browser_out(
    browsers: Browsers, portal: Portal
) -> None:
    await access(portal, FRANCOIS)
    own = browsers()
    await sign_in(own, FRANCOIS)
    await own.submit("/deconnexion")
    await fill(portal, throttle.ADDRESS_REFUSES, "203.0.113.7")
    await fill(portal, throttle.ADDRESS_ASKS, "203.0.113.7")
    assert (await sign_in(browsers(), FRANCOIS)).status_code == 429
    assert (await sign_in(own, FRANCOIS)).is_redirect


async def test_b2_a_known_browser_is_no_key_to_everybodys_accesses(
    browsers: Browsers, portal: Portal
) -> None:
    await access(portal, SYLVIE)
    own = browsers()
    member_id = rows(portal.settings, "SELECT id FROM member WHERE matricule = '33163'")[0][0]
    await fill(portal, throttle.ADDRESS_REFUSES, f"member {member_id}")
    await sign_in(own, SYLVIE)
    # Signing in renews the cookie; the count goes by the member.
    assert (await sign_in(own, FRANCOIS, WRONG)).status_code == 429


def test_b2_ipv6_counts_by_48_and_64() -> None:
    assert source_at("2001:db8:1:2::1") == source_at("2001:db8:1:2:ffff::9")
    assert source_at("2001:db8:1:2::1") == Source("2001:db8:1::/48", "2001:db8:1:2::/64")
    assert network_of("2001:db8:1:2::1") == network_of("2001:db8:1:3::1")
    assert network_of("2001:db8:1:2::1") != network_of("2001:db8:2:2::1")
    assert network_of("::ffff:203.0.113.7") == network_of("203.0.113.7") == "203.0.113.7"


@pytest.mark.parametrize("path", ["/inscription", "/"])
async def test_b2_a_busy_address_is_asked_the_captcha_in_the_posts_answer(
    browsers: Browsers, portal: Portal, path: str
) -> None:
    await access(portal, SYLVIE)
    await fill(portal, throttle.ADDRESS_ASKS, "203.0.113.7")
    fields = SYLVIE.facts if path != "/" else _credentials(SYLVIE)
    browser = browsers()
    asked = await browser.submit(path, fields)
    assert asked.status_code == 422
    assert "recopiez le code" in words(asked)
    token = hidden(asked, "challenge")
    wrong = await browser.submit(path, fields | {"challenge": token, "captcha": "?????"})
    assert "ne correspond pas" in error_of(wrong, "captcha")
    token = hidden(wrong, "challenge")
    answer = portal.challenges.answer(token) or ""
    through = await browser.submit(path, fields | {"challenge": token, "captcha": answer})
    assert _is_through(path, through)
    assert _is_through(path, await browsers(ELSEWHERE).submit(path, fields))


@pytest.mark.parametrize("path", ["/inscription", "/"])
async def test_b2_when_everybody_tries_too_much_nobody_is_refused(
    browsers: Browsers, portal: Portal, path: str
) -> None:
    await access(portal, SYLVIE)
    own = browsers()
    await sign_in(own, SYLVIE)
    await own.submit("/deconnexion")
    await fill(portal, throttle.ALL_ASK)
    fields = SYLVIE.facts if path != "/" else _credentials(SYLVIE)
    stranger = browsers(ELSEWHERE)
    asked = await stranger.submit(path, fields)
    assert 'name="captcha"' in asked.text
    assert asked.status_code == 422
    # Never on a known device.
    assert _is_through(path, await own.submit(path, fields))


@pytest.mark.parametrize("path", ["/inscription", "/"])
async def test_b2_who_cannot_read_the_image_waits_30_seconds(
    browser: Browser, portal: Portal, clock: TurnedClock, path: str
) -> None:
    await access(portal, SYLVIE)
    await fill(portal, throttle.ADDRESS_ASKS, "203.0.113.7")
    fields = SYLVIE.facts if path != "/" else _credentials(SYLVIE)
    asked = await browser.submit(path, fields)
    assert "Je ne peux pas lire l’image" in words(asked)
    patient = fields | {"challenge": hidden(asked, "challenge"), "without_image": "1"}
    early = await browser.submit(path, patient)
    assert "dans 30 secondes" in words(early)
    assert hidden(early, "challenge") == patient["challenge"]
    clock.now += 29
    assert "dans 1 seconde" in words(await browser.submit(path, patient))
    clock.now += 1
    assert _is_through(path, await browser.submit(path, patient))
    await portal.throttle.take(throttle.ADDRESS_ASKS, "203.0.113.7")
    other = {"postal_code": NOBODY.facts["postal_code"]} if path == "/inscription" else {}
    again = await browser.submit(path, patient | other)  # one form for each wait
    if path == "/inscription":
        assert hidden(again, "challenge") != patient["challenge"]


def _credentials(person: Person) -> dict[str, str]:
    return {"matricule": person.matricule, "password": person.password}


def _is_through(path: str, answer: httpx.Response) -> bool:
    return answer.is_redirect if path == "/" else "Vous avez déjà un accès" in words(answer)


@pytest.mark.parametrize(
    ("peer", "header", "counted"),
    [
        ("203.0.113.7", "198.51.100.1", "203.0.113.7"),
        ("127.0.0.1", "198.51.100.1", "198.51.100.1"),
        ("127.0.0.1", "192.0.2.9, 198.51.100.1", "198.51.100.1"),
        ("127.0.0.1", "198.51.100.1, 10.0.0.3", "198.51.100.1"),
        ("127.0.0.1", "nonsense", "127.0.0.1"),
        ("127.0.0.1", "", "127.0.0.1"),
    ],
)
async def test_b3_an_address_comes_from_trusted_proxies_only(
    settings: Settings, clock: TurnedClock, peer: str, header: str, counted: str
) -> None:
    trusted = (ip_network("127.0.0.1"), ip_network("10.0.0.0/8"))
    app = create_app(replace(settings, trusted_proxies=trusted), clock)
    async with app.router.lifespan_context(app), Browser(app, settings.base_url, peer) as browser:
        browser.headers["x-forwarded-for"] = header
        await sign_in(browser, NOBODY)
    assert rows(settings, "SELECT address FROM journal") == [(counted,)]


async def test_b3_a_spoofed_header_stays_in_the_same_bucket(
    browser: Browser, portal: Portal
) -> None:
    await fill(portal, throttle.ADDRESS_REFUSES, "203.0.113.7")
    for number in range(3):
        browser.headers["x-forwarded-for"] = f"198.51.100.{number}"
        assert (await sign_in(browser, FRANCOIS)).status_code == 429


NONCES = (
    (r"<strong>[2-9A-Z]{3}-[2-9A-Z]{2}</strong>", "<strong>code</strong>"),
    (r'name="challenge" value="[^"]+"', "challenge"),
)


def _bytes(answer: httpx.Response) -> str:
    text = answer.text
    for pattern, replacement in NONCES:
        text = re.sub(pattern, replacement, text)
    # What the visitor typed comes back, whoever it is.
    return re.sub(r'id="matricule" name="matricule" type="text" value="\d{5}"', "typed", text)


async def _three(portal: Portal, settings: Settings) -> list[Person]:
    """Someone with an access, someone unknown, someone without; deactivated and frozen ones."""
    await access(portal, FRANCOIS)
    await access(portal, ANDRE)
    change(settings, "UPDATE account SET frozen_at = 1 WHERE email LIKE '20001@%'")
    return [FRANCOIS, NOBODY, SYLVIE, GASTON, ANDRE]


async def test_b4_recovery_answers_alike_byte_for_byte(
    browsers: Browsers, portal: Portal, settings: Settings
) -> None:
    answers = []
    for person in await _three(portal, settings):
        browser = browsers()
        browser.headers["accept-encoding"] = "identity"  # a compressed nonce varies in length
        answers.append(await recover(browser, portal, person))
    assert {answer.status_code for answer in answers} == {200}
    assert len({_bytes(answer) for answer in answers}) == 1
    assert len({len(answer.content) for answer in answers}) == 1
    assert len({str(sorted(answer.headers.multi_items())) for answer in answers}) == 1


async def test_b4_recovery_costs_the_same_statements_whoever_asks(
    browsers: Browsers, portal: Portal, settings: Settings
) -> None:
    shapes = set()
    for person in await _three(portal, settings):
        browser = browsers()
        fields = person.facts | await solved(browser, portal)
        async with statements(portal.db) as seen:
            await browser.submit("/mot-de-passe-oublie", fields)
        shapes.add(tuple(_shape(sql) for sql in seen))
    assert len(shapes) == 1
    assert portal.passwords.verifications == 0


def _shape(sql: str) -> str:
    """A statement without its values."""
    return re.sub(r"x'[0-9A-F]*'|'[^']*'|\bNULL\b|\b\d+\b", "?", sql, flags=re.I)


async def test_b4_recovery_queues_its_mail_and_sends_nothing_itself(
    browser: Browser, portal: Portal, settings: Settings
) -> None:
    await access(portal, FRANCOIS)
    await recover(browser, portal, FRANCOIS)
    assert rows(settings, "SELECT kind, attempts, sent_at FROM outbox") == [
        ("temporary_password", 0, None)
    ]
    assert rows(settings, "SELECT * FROM recovery") == []


async def test_b4_a_wrong_sign_in_reads_alike_and_costs_one_verification(
    browsers: Browsers, portal: Portal, settings: Settings
) -> None:
    pages, shapes = set(), set()
    for person in await _three(portal, settings):
        before = portal.passwords.verifications
        async with statements(portal.db) as seen:
            answer = await sign_in(browsers(), person, WRONG)
        assert portal.passwords.verifications == before + 1
        assert answer.status_code == 422
        pages.add(_bytes(answer))
        shapes.add(tuple(_shape(sql) for sql in seen))
    assert len(pages) == 1
    assert len(shapes) == 1


async def test_b4_every_sign_in_costs_exactly_one_verification(
    browsers: Browsers, portal: Portal, post: Post
) -> None:
    await access(portal, FRANCOIS)
    code = await temporary_password(browsers(), portal, post, FRANCOIS)
    for password in (code, FRANCOIS.password, "", WRONG, "🙂" * 300):
        before = portal.passwords.verifications
        await sign_in(browsers(), FRANCOIS, password or "x")
        assert portal.passwords.verifications == before + 1


@pytest.mark.parametrize("wrong", ["matricule", "family_name", "birth_date", "postal_code"])
async def test_b4_only_all_four_facts_learn_that_there_is_an_access(
    browsers: Browsers, portal: Portal, wrong: str
) -> None:
    await access(portal, FRANCOIS)
    said = words(await browsers().submit("/inscription", FRANCOIS.facts))
    assert "Vous avez déjà un accès" in said
    facts = FRANCOIS.facts | {wrong: NOBODY.facts[wrong]}
    known = await browsers().submit("/inscription", facts)
    unknown = await browsers().submit("/inscription", SYLVIE.facts | {wrong: NOBODY.facts[wrong]})
    assert "Nous ne trouvons pas de membre" in words(known)
    assert "Nous ne trouvons pas de membre" in words(unknown)


async def test_b5_any_try_spends_a_captcha(
    browser: Browser, portal: Portal, settings: Settings
) -> None:
    await access(portal, FRANCOIS)
    captcha = await solved(browser, portal)
    wrong = captcha | {"captcha": "?????"}
    for fields in (wrong, captcha, captcha):
        answer = await browser.submit("/mot-de-passe-oublie", FRANCOIS.facts | fields)
        assert answer.status_code == 422
        assert "ne correspond pas" in error_of(answer, "captcha")
    assert rows(settings, "SELECT * FROM outbox") == []


async def test_b5_a_solved_captcha_serves_one_form_even_at_once(
    browsers: Browsers, portal: Portal
) -> None:
    captcha = await solved(browsers(), portal)
    answers = await asyncio.gather(
        *(
            browsers().submit("/mot-de-passe-oublie", other_facts(number) | captcha)
            for number in range(20)
        )
    )
    assert sorted(answer.status_code for answer in answers) == [200] + [422] * 19


def other_facts(number: int) -> dict[str, str]:
    return FRANCOIS.facts | {"matricule": f"{40000 + number}"}


@pytest.mark.parametrize(("seconds", "serves"), [(600, True), (601, False)])
async def test_b5_a_captcha_serves_for_ten_minutes(
    browser: Browser, portal: Portal, clock: TurnedClock, seconds: int, serves: bool
) -> None:
    fields = FRANCOIS.facts | await solved(browser, portal)
    clock.now += seconds
    answer = await browser.submit("/mot-de-passe-oublie", fields)
    assert (answer.status_code == 200) is serves


async def test_b5_it_is_read_in_any_case_and_has_no_look_alikes(
    browser: Browser, portal: Portal
) -> None:
    for pair in ("0O", "0Q", "OQ", "0D", "1I", "1L", "IL", "2Z", "5S", "6G", "8B", "UV", "MN"):
        assert not set(pair) <= set(ALPHABET), pair
    assert set(ALPHABET) <= set(string.ascii_uppercase + string.digits)
    captcha = await solved(browser, portal)
    captcha["captcha"] = f" {captcha['captcha'].lower()} "
    answer = await browser.submit("/mot-de-passe-oublie", FRANCOIS.facts | captcha)
    assert answer.status_code == 200


async def test_b5_the_answer_is_in_no_part_of_the_token(portal: Portal) -> None:
    answers = set()
    for _ in range(50):
        token = portal.challenges.issue("recuperation", "")
        answer = portal.challenges.answer(token)
        assert answer
        assert answer not in token.upper()
        answers.add(answer)
    assert len(answers) == 50


def test_b5_an_image_weighs_little_and_is_legible() -> None:
    for letters in ("WWWWW", "ACEFH", "9X4RY"):
        png = draw(letters, b"")
        assert len(png) <= 1536
        image = Image.open(BytesIO(png)).convert("L")
        assert image.size == (200, 70)
        dark = sum(image.histogram()[:128]) / (200 * 70)
        assert 0.05 < dark < 0.5, "ink on paper"


async def test_b5_a_sound_weighs_little_and_is_made_off_the_loop(
    browser: Browser, portal: Portal, monkeypatch: pytest.MonkeyPatch
) -> None:
    threads: list[int] = []

    def watched(work: Callable[[str, bytes], bytes]) -> Callable[[str, bytes], bytes]:
        def run(text: str, seed: bytes) -> bytes:
            threads.append(threading.get_ident())
            return work(text, seed)

        return run

    monkeypatch.setattr(challenge, "speak", watched(speak))
    monkeypatch.setattr(challenge, "draw", watched(draw))
    token = hidden(await browser.get("/mot-de-passe-oublie"), "challenge")
    answer = await browser.get(f"/captcha/{token}.wav")
    assert answer.headers["content-type"] == "audio/wav"
    assert len(answer.content) <= 50 * 1024
    with wave.open(BytesIO(answer.content)) as sound:
        assert 4 < sound.getnframes() / sound.getframerate() < 10
    assert len(threads) == 2
    assert threading.get_ident() not in threads


class Busy(PasswordHasher):
    """Counts how many verifications run at the same time."""

    running = most = 0
    counting = threading.Lock()

    def verify(self, *args: str | bytes) -> bool:  # type: ignore[override]
        with self.counting:
            self.running += 1
            self.most = max(self.most, self.running)
        time.sleep(0.005)
        with self.counting:
            self.running -= 1
        return True


async def test_b6_hashing_is_bounded() -> None:
    hasher = Busy(memory_cost=64, time_cost=1, parallelism=1)
    passwords = Passwords(hasher)
    await asyncio.gather(*(passwords.verify(None, "x") for _ in range(12)))
    assert hasher.most == AT_ONCE <= 2


async def test_b6_captchas_are_made_two_at_a_time(
    portal: Portal, monkeypatch: pytest.MonkeyPatch
) -> None:
    busy = Busy(memory_cost=64, time_cost=1, parallelism=1)
    monkeypatch.setattr(challenge, "draw", lambda text, _: busy.verify(text) and b"")
    tokens = [portal.challenges.issue("recuperation", "") for _ in range(12)]
    await asyncio.gather(*map(portal.challenges.image, tokens))
    assert busy.most == 2


async def test_b6_one_network_cannot_fill_the_line_for_sounds(portal: Portal) -> None:
    challenges: Challenges = portal.challenges
    token = challenges.issue("recuperation", "")

    async def ask(network: str) -> bool:
        try:
            return await challenges.sound(token, network) is not None
        except TooMany:
            return False

    heard = await asyncio.gather(*(ask("stranger") for _ in range(IN_LINE + 3)), ask("member"))
    assert heard == [True] * IN_LINE + [False] * 3 + [True]
    assert await ask("stranger")


async def test_b7_two_hundred_stalled_connections_leave_the_page_answering(
    app: Starlette,
) -> None:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port = listener.getsockname()[1]
        server = uvicorn.Server(uvicorn.Config(app, lifespan="off", log_config=None))
        serving = asyncio.create_task(server.serve(sockets=[listener]))
        while not server.started:
            await asyncio.sleep(0.01)
        stalls = (
            b"GET / HTTP/1.1\r\nHost: x\r\nX-",
            b"POST / HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-www-form-urlencoded\r\n"
            b"Content-Length: 40\r\n\r\nmatricule=0",
        )
        async with AsyncExitStack() as stack:
            for number in range(200):
                _, writer = await asyncio.open_connection("127.0.0.1", port)
                stack.callback(writer.close)
                writer.write(stalls[number % 2])
                await writer.drain()
            async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}") as browser:
                assert (await browser.get("/")).status_code == 200
                assert (await browser.post("/", data=_credentials(NOBODY))).status_code == 422
        server.should_exit = server.force_exit = True
        await serving


async def test_b6_a_service_that_may_not_lower_its_priority_verifies_all_the_same(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """As under the unit's filter of system calls, which refuses it with EPERM."""

    def refused(*_: int) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr("os.setpriority", refused)
    passwords = Passwords()
    assert await passwords.verify(await passwords.hash("rive42sud7"), "rive42sud7")
