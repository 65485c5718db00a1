"""Passwords, permanent and temporary: rows C1–C9 of docs/security.md."""

import asyncio
import re
import unicodedata
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import example
from hypothesis import given as given_that
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule
from starlette.applications import Starlette

from app import create_app
from rules import Refused
from rules.password import PasswordPolicy, password
from settings import Settings
from tests.conftest import Browser, Post, TurnedClock
from tests.given import access, error_of, hidden, session, words
from tests.people import EVERYONE, FRANCOIS, MARIE, SYLVIE, Person, enrol
from tests.security.parts import is_signed_in, rows, sign_in, table, temporary_password
from web.portal import Portal

Browsers = Callable[..., Browser]
NEW = "brume19lac4"
CHOICE = {"password": NEW, "password_again": NEW}


async def test_c1_passwords_are_argon2id_hashes_at_the_documented_cost(
    browser: Browser, portal: Portal, settings: Settings
) -> None:
    step_two = await browser.submit("/inscription", FRANCOIS.facts)
    await browser.submit("/inscription/acces", FRANCOIS.access(hidden(step_two, "token")))
    [(stored,)] = rows(settings, "SELECT password_hash FROM account")
    assert stored.startswith("$argon2id$v=19$m=19456,t=2,p=1$")


LETTERS = st.sampled_from(["a", "Z", "é", "Œ", "e\u0301", "c\u0327", "ª", "ع", "中"])
DIGITS = st.sampled_from("0123456789")
OTHERS = st.sampled_from(" -'_٠१½²Ⅻ\u0301\u00a0🙂") | st.characters()


@st.composite
def near_the_bounds(draw: st.DrawFn) -> str:
    """A text whose length and counts are at the bounds or one beside them, in any order."""
    letters = draw(st.lists(LETTERS, min_size=2, max_size=4))
    digits = draw(st.lists(DIGITS, min_size=2, max_size=4))
    rest = draw(st.sampled_from([7, 8, 12, 13])) - len(letters) - len(digits)
    others = draw(st.lists(OTHERS, min_size=max(0, rest), max_size=max(0, rest)))
    return "".join(draw(st.permutations([*letters, *digits, *others])))


# What nobody sees of what they type is refused for that, before anything is counted: Unicode's
# format characters without a glyph, and fillers and selectors that are letters, marks or signs.
FILLERS = "\u034f\u115f\u1160\u17b4\u17b5\u2065\u2800\u3164\uffa0"


def is_unseen(character: str) -> bool:
    name = unicodedata.name(character, "")
    if unicodedata.category(character) == "Cf":
        return not name.startswith(("ARABIC ", "SYRIAC ", "KAITHI ", "EGYPTIAN ")) or (
            name == "ARABIC LETTER MARK"
        )
    code = ord(character)
    plane_of_tags, specials = 0xE0000 <= code < 0xE1000, 0xFFF0 <= code <= 0xFFFB
    selector = "VARIATION SELECTOR" in name
    return character in FILLERS or plane_of_tags or specials or selector


@hypothesis_settings(max_examples=150, deadline=None)
@given_that(near_the_bounds())
@example("riv-427.")
@example("riv-427.abcd")
@example("rive42-٧٧")
@example("ri-4277\u00b2--")
@example("e\u0301e\u0301e\u0301427-")
@example("ri4277--½½")
@example("riv-427. ")
@example("riv-427.\u200b")
@example("riv-42\u00a07.")
@example("12345\u3164\u3164\u3164")
def test_c2_the_guides_bounds_are_exact(typed: str) -> None:
    # The oracle counts what the guide counts, in the composed form, one character at a time.
    letters = digits = length = 0
    for character in unicodedata.normalize("NFC", typed):
        length += 1
        letters += unicodedata.category(character) in ("Lu", "Ll", "Lt", "Lm", "Lo")
        digits += character in {"0", "1", "2", "3", "4", "5", "6", "7", "8", "9"}
    within = 8 <= length <= 12 and letters >= 3 and digits >= 3
    answer = password(typed, PasswordPolicy())
    said = str(answer) if isinstance(answer, Refused) else ""
    if any(map(is_unseen, typed)):
        assert "ne se voit pas" in said
    elif "Zs" in (unicodedata.category(typed[0]), unicodedata.category(typed[-1])):
        assert "l’espace" in said
    else:
        bounds = any(word in said for word in ("à 12 caractères", "lettres dans", "chiffres dans"))
        assert bounds is not within


async def test_c3_twenty_characters_are_refused_in_french_and_never_cut(
    browser: Browser, portal: Portal, digest: Callable[[], str]
) -> None:
    step_two = await browser.submit("/inscription", FRANCOIS.facts)
    assert "maxlength=" not in step_two.text
    before = digest()
    fields = FRANCOIS.access(hidden(step_two, "token"), password="rive42sud7rive42sud7")
    answer = await browser.submit("/inscription/acces", fields)
    assert answer.status_code == 422
    assert "de 8 à 12 caractères" in error_of(answer, "password")
    assert digest() == before


@pytest.mark.parametrize(
    ("person", "guessable"),
    [
        (FRANCOIS, "abc12345"),
        (FRANCOIS, "aaa00875"),
        (FRANCOIS, "lapointe123"),
        (FRANCOIS, "Francois123"),
        (FRANCOIS, "abc07111950"),
        (FRANCOIS, "J7J8G8abc12"),
        (MARIE, "Stonge12345"),
    ],
)
async def test_c4_guessable_passwords_are_refused(
    browser: Browser, settings: Settings, person: Person, guessable: str
) -> None:
    step_two = await browser.submit("/inscription", person.facts)
    fields = person.access(hidden(step_two, "token"), password=guessable)
    answer = await browser.submit("/inscription/acces", fields)
    assert answer.status_code == 422
    assert re.search("difficile à deviner|sans votre nom", error_of(answer, "password"))
    assert rows(settings, "SELECT * FROM account") == []


@pytest.mark.parametrize("current", [None, "", "pas le bon 1"])
@pytest.mark.parametrize(
    ("path", "fields"),
    [
        ("/membre/courriel", {"email": "voleur@example.net", "email_again": "voleur@example.net"}),
        ("/membre/mot-de-passe", CHOICE),
    ],
)
async def test_c6_a_change_asks_for_the_current_password(
    browser: Browser,
    portal: Portal,
    settings: Settings,
    path: str,
    fields: dict[str, str],
    current: str | None,
) -> None:
    await session(browser, portal, FRANCOIS)
    before = _access_of(settings)
    given = {} if current is None else {"current_password": current}
    answer = await browser.submit(path, fields | given)
    assert answer.status_code == 422
    assert error_of(answer, "current_password")
    assert _access_of(settings) == before
    assert (
        await browser.submit(path, fields | {"current_password": FRANCOIS.password})
    ).is_redirect
    assert _access_of(settings) != before


def _access_of(settings: Settings) -> list[Any]:
    tables = ("account", "email_change", "session", "device", "outbox")
    return [rows(settings, f"SELECT * FROM {table}") for table in tables]


async def test_c7_a_temporary_password_is_12_random_characters_kept_as_a_keyed_hash(
    browser: Browser, portal: Portal, post: Post, settings: Settings, clock: TurnedClock
) -> None:
    await access(portal, FRANCOIS)
    codes = set()
    for _ in range(3):
        codes.add(await temporary_password(browser, portal, post, FRANCOIS))
        clock.turn(minutes=1)
    assert len(codes) == 3
    for code in codes:
        assert re.fullmatch("(?:[2-9A-HJ-NP-Z]{4}-){2}[2-9A-HJ-NP-Z]{4}", code)
    for (stored,) in rows(settings, "SELECT code_hmac FROM recovery"):
        assert len(stored) == 32


@pytest.mark.parametrize(("hours", "works"), [(3.99, True), (4, False)])
async def test_c7_a_temporary_password_works_for_four_hours_from_its_sending(
    browsers: Browsers,
    portal: Portal,
    post: Post,
    clock: TurnedClock,
    hours: float,
    works: bool,
) -> None:
    await access(portal, FRANCOIS)
    code = await temporary_password(browsers(), portal, post, FRANCOIS)
    clock.turn(hours=hours)
    assert (await sign_in(browsers(), FRANCOIS, code)).is_redirect is works


@pytest.mark.parametrize("typed", [str.lower, lambda code: code.replace("-", " "), str.swapcase])
async def test_c7_it_is_typed_with_or_without_its_groups_in_any_case(
    browsers: Browsers, portal: Portal, post: Post, typed: Callable[[str], str]
) -> None:
    await access(portal, FRANCOIS)
    code = await temporary_password(browsers(), portal, post, FRANCOIS)
    assert (await sign_in(browsers(), FRANCOIS, typed(code))).is_redirect


async def test_c7_it_is_void_once_one_was_used_to_save(
    browsers: Browsers, portal: Portal, post: Post, clock: TurnedClock
) -> None:
    await access(portal, FRANCOIS)
    codes = []
    for _ in range(2):
        codes.append(await temporary_password(browsers(), portal, post, FRANCOIS))
        clock.turn(minutes=1)
    chooser = browsers()
    await sign_in(chooser, FRANCOIS, codes[0])
    assert (await chooser.submit("/membre/nouveau-mot-de-passe", CHOICE)).is_redirect
    for code in codes:
        assert (await sign_in(browsers(), FRANCOIS, code)).status_code == 422
    assert (await sign_in(browsers(), FRANCOIS, NEW)).is_redirect


async def test_c7_it_is_nobody_elses(browsers: Browsers, portal: Portal, post: Post) -> None:
    await access(portal, FRANCOIS)
    await access(portal, SYLVIE)
    code = await temporary_password(browsers(), portal, post, FRANCOIS)
    assert (await sign_in(browsers(), SYLVIE, code)).status_code == 422


async def test_c7_its_session_opens_nothing_but_the_choice(
    browser: Browser, portal: Portal, post: Post, settings: Settings
) -> None:
    await access(portal, FRANCOIS)
    code = await temporary_password(browser, portal, post, FRANCOIS)
    assert (await sign_in(browser, FRANCOIS, code)).headers["location"] == (
        "/membre/nouveau-mot-de-passe"
    )
    before = _access_of(settings)
    for method in ("GET", "POST"):
        for path in table(method, settings):
            if path.startswith("/membre") and path != "/membre/nouveau-mot-de-passe":
                answer = await browser.request(method, path)
                if path.startswith("/membre/envoi/"):
                    assert answer.status_code in (204, 404)  # what the page asks says nothing
                    continue
                assert answer.headers["location"] == "/membre/nouveau-mot-de-passe", path
    confirm = portal.tokens.confirmation.make([1, "abc"])
    assert "Se connecter" in words(await browser.submit(f"/courriel/confirmer/{confirm}"))
    assert _access_of(settings) == before


class Access(RuleBasedStateMachine):
    """C8 as a machine: one access, whatever is asked, used and chosen in whatever order."""

    portal: Portal
    browsers: Browsers
    post: Post
    clock: TurnedClock
    loop: asyncio.AbstractEventLoop

    def __init__(self) -> None:
        super().__init__()
        self.password = FRANCOIS.password
        self.formerly: list[str] = []
        self.expiry: dict[str, int] = {}
        self.void: list[str] = []
        self.choosing: list[Browser] = []
        self.run(self._begin())

    def run(self, work: Any) -> Any:
        return self.loop.run_until_complete(work)

    async def _begin(self) -> None:
        await self.portal.db.write(lambda tx: tx.execute("DELETE FROM account"))
        await self.portal.db.write(lambda tx: tx.execute("DELETE FROM outbox"))
        for mail in self.portal.settings.mail_dir.glob("*.eml"):
            mail.unlink()
        await access(self.portal, FRANCOIS)
        self.clock.turn(days=2)

    def pass_time(self) -> None:
        """A quarter of an hour for the quotas; what a temporary password opened stays open."""
        self.clock.turn(minutes=15)
        self.void += [code for code, at in self.expiry.items() if at <= self.clock()]
        self.expiry = {code: at for code, at in self.expiry.items() if at > self.clock()}
        self.choosing = [browser for browser in self.choosing if self.run(_may_choose(browser))]

    @rule()
    def ask(self) -> None:
        self.pass_time()
        code = self.run(temporary_password(self.browsers(), self.portal, self.post, FRANCOIS))
        self.expiry[code] = self.clock() + 4 * 3600

    @precondition(lambda self: self.expiry)
    @rule(data=st.data())
    def use(self, data: st.DataObject) -> None:
        browser = self.browsers()
        code = data.draw(st.sampled_from(list(self.expiry)))
        answer = self.run(sign_in(browser, FRANCOIS, code))
        assert answer.headers["location"] == "/membre/nouveau-mot-de-passe"
        self.choosing.append(browser)

    @precondition(lambda self: self.choosing)
    @rule(data=st.data(), number=st.integers(100, 999))
    def choose(self, data: st.DataObject, number: int) -> None:
        browser = data.draw(st.sampled_from(self.choosing))
        chosen = f"brume{number}lac"
        fields = {"password": chosen, "password_again": chosen}
        answer = self.run(browser.submit("/membre/nouveau-mot-de-passe", fields))
        assert answer.headers["location"] == "/membre"
        self.formerly.append(self.password)
        self.password = chosen
        self.end_recovery()

    @rule()
    def sign_in_with_the_password(self) -> None:
        answer = self.run(sign_in(self.browsers(), FRANCOIS, self.password))
        assert answer.headers["location"] == "/membre"
        self.end_recovery()

    @precondition(lambda self: bool(self.void or set(self.formerly) - {self.password}))
    @rule(data=st.data())
    def use_what_is_void(self, data: st.DataObject) -> None:
        useless = [*self.void, *(old for old in self.formerly if old != self.password)]
        self.pass_time()
        code = data.draw(st.sampled_from(useless))
        assert self.run(sign_in(self.browsers(), FRANCOIS, code)).status_code == 422

    def end_recovery(self) -> None:
        for browser in self.choosing:
            assert not self.run(_may_choose(browser))
        self.void += self.expiry
        self.expiry.clear()
        self.choosing.clear()

    @invariant()
    def only_the_saved_password_is_on_file(self) -> None:
        [(stored,)] = rows(self.portal.settings, "SELECT password_hash FROM account")
        assert self.run(self.portal.passwords.verify(stored, self.password))


async def _may_choose(browser: Browser) -> bool:
    return (await browser.get("/membre/nouveau-mot-de-passe")).status_code == 200


def test_c8_nothing_changes_until_a_temporary_password_is_used_to_save(
    settings: Settings, clock: TurnedClock
) -> None:
    loop = asyncio.new_event_loop()
    app: Starlette = create_app(settings, clock)
    lifespan = app.router.lifespan_context(app)
    loop.run_until_complete(lifespan.__aenter__())
    try:
        portal: Portal = app.state.portal
        loop.run_until_complete(enrol(portal.db, EVERYONE))
        Access.portal, Access.post, Access.clock = portal, Post(portal), clock
        Access.browsers = staticmethod(lambda: Browser(app, settings.base_url))
        Access.loop = loop
        machine = Access.TestCase
        machine.settings = hypothesis_settings(
            max_examples=4, stateful_step_count=8, deadline=None, derandomize=True
        )
        machine().runTest()
    finally:
        loop.run_until_complete(lifespan.__aexit__(None, None, None))
        loop.close()


async def test_c9_a_registration_is_told_to_the_address_that_the_office_knew(
    browser: Browser, post: Post
) -> None:
    step_two = await browser.submit("/inscription", FRANCOIS.facts)
    fields = FRANCOIS.access(hidden(step_two, "token"), email="autre@example.net")
    await browser.submit("/inscription/acces", fields)
    assert FRANCOIS.email
    told = words(post.text(await post.last(FRANCOIS.email)))
    assert "un accès" in told.lower()
    assert "appelez le bureau" in told.lower()
    assert "450 555-0199" in told


async def test_c9_a_new_password_is_told_to_its_owner(
    browser: Browser, portal: Portal, post: Post
) -> None:
    await session(browser, portal, FRANCOIS)
    await browser.submit("/membre/mot-de-passe", CHOICE | {"current_password": FRANCOIS.password})
    told = post.text(await post.last("00875@example.com"))
    assert "mot de passe" in told
    assert "450 555-0199" in told


async def test_c9_a_new_address_is_told_to_the_old_and_to_the_new_one(
    browser: Browser, portal: Portal, post: Post
) -> None:
    await session(browser, portal, FRANCOIS)
    new = "nouveau@example.net"
    await browser.submit(
        "/membre/courriel",
        {"email": new, "email_again": new, "current_password": FRANCOIS.password},
    )
    asked = await post.last("00875@example.com")
    link = re.search(r"/courriel/confirmer/\S+", post.text(await post.last(new)))
    assert link
    await browser.submit(link[0])
    taken_over = await post.last("00875@example.com")
    assert taken_over["Message-ID"] != asked["Message-ID"]
    assert "450 555-0199" in post.text(taken_over)
    assert "confirmée" in (await post.last(new))["Subject"]
    assert await is_signed_in(browser)
