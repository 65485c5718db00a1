"""Nothing costly on the event loop, whatever is typed: row X5 of docs/security.md."""

import asyncio
import threading
import time
import unicodedata
from collections.abc import Callable
from typing import Literal

import pytest
from zxcvbn.scoring import most_guessable_match_sequence

from rules.characters import LONGEST, composed
from rules.email import email
from security.pace import NETWORKS, Pace
from security.passwords import IN_LINE
from tests import given
from tests.conftest import Browser, TurnedClock
from tests.people import FRANCOIS, SYLVIE
from tests.security.parts import rows
from web.portal import Portal

Browsers = Callable[..., Browser]
CHECK = "/verification/acces/password"
HOSTILE = "+|e{(97x16z!"
GUESSABLE = "abc12345"


class Judged:
    """Every password that zxcvbn is asked about, on which threads, and how many at a time."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.texts: list[str] = []
        self.threads: set[int] = set()
        self.running = self.most = 0
        self.free = threading.Event()
        self.free.set()
        self._counting = threading.Lock()
        self._judge = most_guessable_match_sequence
        monkeypatch.setattr("rules.guesses.most_guessable_match_sequence", self)

    def __call__(self, text: str, matches: list[object]) -> object:
        with self._counting:
            self.running += 1
            self.most = max(self.most, self.running)
            self.texts.append(text)
            self.threads.add(threading.get_ident())
        time.sleep(0.002)
        self.free.wait(10)
        with self._counting:
            self.running -= 1
        return self._judge(text, matches)  # type: ignore[arg-type]


@pytest.fixture
def judged(monkeypatch: pytest.MonkeyPatch) -> Judged:
    return Judged(monkeypatch)


async def test_x5_a_live_check_scores_once_off_the_loop_and_one_at_a_time(
    browsers: Browsers, judged: Judged
) -> None:
    asked = [
        browsers(f"198.51.100.{number}").submit(CHECK, {"password": HOSTILE}, htmx=True)
        for number in range(IN_LINE)
    ]
    answers = await asyncio.gather(*asked)
    assert {answer.status_code for answer in answers} == {200}
    assert all("Solidité" in answer.text for answer in answers)
    assert judged.texts == [HOSTILE] * IN_LINE
    assert judged.most == 1
    assert threading.get_ident() not in judged.threads


async def test_x5_what_breaks_the_bounds_is_not_scored(browser: Browser, judged: Judged) -> None:
    for text in ("", "abc", "vertbleu12", HOSTILE * 40):
        await browser.submit(CHECK, {"password": text}, htmx=True)
    assert judged.texts == []


async def test_x5_every_submit_scores_once_off_the_loop(
    browsers: Browsers, portal: Portal, judged: Judged
) -> None:
    new = browsers()
    step_two = await new.submit("/inscription", SYLVIE.facts)
    fields = SYLVIE.access(given.hidden(step_two, "token"))
    wrong = fields | {"email": "rien", "password": GUESSABLE, "password_again": GUESSABLE}
    refused = await new.submit("/inscription/acces", wrong)
    assert "difficile à deviner" in given.error_of(refused, "password")
    assert judged.texts == [GUESSABLE]
    assert (await new.submit("/inscription/acces", fields)).is_redirect
    assert judged.texts == [GUESSABLE, SYLVIE.password]

    await given.session(browser := browsers(), portal, FRANCOIS)
    change = {"current_password": FRANCOIS.password, "password": GUESSABLE}
    refused = await browser.submit("/membre/mot-de-passe", change | {"password_again": GUESSABLE})
    assert "difficile à deviner" in given.error_of(refused, "password")
    assert len(judged.texts) == 3
    assert threading.get_ident() not in judged.threads


async def test_x5_step_two_without_its_token_costs_nothing(
    browser: Browser, judged: Judged, monkeypatch: pytest.MonkeyPatch
) -> None:
    typed = FRANCOIS.access("forged") | {"password": HOSTILE, "password_again": HOSTILE}
    monkeypatch.setattr("forms.Form.bind", lambda *_: pytest.fail("the form was bound"))
    answer = await browser.submit("/inscription/acces", typed)
    assert "L’étape a expiré" in given.words(answer)
    assert given.hidden(answer, "kept_email") == typed["email"]
    assert judged.texts == []


async def test_x5_a_network_is_scored_so_often_and_hears_nothing_of_it(
    browsers: Browsers, judged: Judged, digest: Callable[[], str], clock: TurnedClock
) -> None:
    before, stranger = digest(), browsers()
    statuses = [
        (await stranger.submit(CHECK, {"password": GUESSABLE}, htmx=True)).status_code
        for _ in range(121)
    ]
    assert statuses == [422] * 120 + [429]
    silent = await stranger.submit(CHECK, {"password": GUESSABLE}, htmx=True)
    assert silent.text.count('class="met"') == 3
    assert silent.text.count("<p") == 0
    assert len(judged.texts) == 120
    assert digest() == before
    elsewhere = browsers("198.51.100.23")
    assert (await elsewhere.submit(CHECK, {"password": GUESSABLE}, htmx=True)).status_code == 422
    # The fields beside it are still checked, and the submit judges.
    field = await stranger.submit("/verification/identite/matricule", {"matricule": "00875"})
    assert field.status_code == 200
    clock.now += 1
    assert (await stranger.submit(CHECK, {"password": GUESSABLE}, htmx=True)).status_code == 422


async def test_x5_a_live_check_does_without_where_many_wait(
    browsers: Browsers, judged: Judged
) -> None:
    judged.free.clear()
    asked = [
        asyncio.create_task(
            browsers(f"198.51.100.{number}").submit(CHECK, {"password": HOSTILE}, htmx=True)
        )
        for number in range(IN_LINE * 3)
    ]
    while sum(task.done() for task in asked) < IN_LINE * 2:
        await asyncio.sleep(0.01)
    judged.free.set()
    statuses = [answer.status_code for answer in await asyncio.gather(*asked)]
    assert sorted(statuses) == [200] * IN_LINE + [429] * IN_LINE * 2
    assert len(judged.texts) == IN_LINE


def test_x5_the_networks_that_are_remembered_are_bounded(clock: TurnedClock) -> None:
    pace = Pace(clock, burst=2, every=60)
    assert [pace.take("a") for _ in range(4)] == [True, True, False, False]
    clock.now += 59
    assert not pace.take("a")
    clock.now += 1
    assert [pace.take("a") for _ in range(2)] == [True, False]
    for number in range(NETWORKS + 5):
        pace.take(str(number))
    assert len(pace._empty_at) == NETWORKS


MARKS = "a" + "\u0315\u0327" * 8000


def test_x5_marks_without_end_are_not_put_in_order() -> None:
    assert composed(MARKS) is MARKS
    assert composed("e\u0301") == "é"


@pytest.mark.parametrize(
    ("path", "names"),
    [
        ("/", ("matricule", "password")),
        ("/inscription", ("family_name", "birth_date")),
        ("/mot-de-passe-oublie/sans-image", ("family_name", "postal_code")),
        (CHECK, ("password",)),
        (f"{CHECK}_again", ("password", "password_again")),
        ("/verification/identite/family_name", ("family_name",)),
        ("/verification/acces/email_again", ("email", "email_again")),
    ],
)
async def test_x5_no_form_puts_a_long_text_in_order(
    browser: Browser, monkeypatch: pytest.MonkeyPatch, path: str, names: tuple[str, ...]
) -> None:
    put_in_order = unicodedata.normalize
    asked: list[int] = []

    def counted(form: Literal["NFC", "NFKD"], text: str) -> str:
        asked.append(len(text))
        return put_in_order(form, text)

    monkeypatch.setattr("unicodedata.normalize", counted)
    typed = {name: MARKS[: 600 // len(names)] for name in names}
    assert (await browser.submit(path, typed, htmx=True)).status_code in (200, 422)
    assert max(asked, default=0) <= LONGEST


def test_x5_a_label_that_no_domain_has_is_not_looked_into(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("rules.email.validate_email", lambda *_, **__: pytest.fail("asked"))
    assert "nom@exemple.ca" in str(email("a@" + "\u0660" * 200 + ".ca"))


async def test_x5_a_body_is_no_longer_than_a_form(browser: Browser) -> None:
    answer = await browser.submit("/", {"matricule": "<" * 2000})
    assert answer.status_code == 413
    assert "trop long" in given.words(answer)


async def test_x5_it_writes_nothing(browser: Browser, portal: Portal) -> None:
    async with given.statements(portal.db) as seen:
        for text in (GUESSABLE, FRANCOIS.password, HOSTILE):
            await browser.submit(CHECK, {"password": text}, htmx=True)
    assert seen == []
    assert rows(portal.settings, "SELECT * FROM throttle") == []
