"""« Se connecter » and « Se déconnecter », over HTTP."""

import re
from collections.abc import Callable

import httpx
import pytest

from tests import given
from tests.conftest import HTMX, Browser, Post, TurnedClock
from tests.people import FRANCOIS, GASTON, NOBODY, SYLVIE
from web.portal import Portal

WRONG = "Le matricule ou le mot de passe n’est pas le bon."


def typed(matricule: str = FRANCOIS.matricule, password: str = FRANCOIS.password) -> dict[str, str]:
    return {"matricule": matricule, "password": password}


@pytest.fixture
async def member(portal: Portal) -> int:
    """François has an access."""
    return await given.access(portal, FRANCOIS)


async def test_the_first_page_shows_the_guides_words(browser: Browser) -> None:
    answer = await browser.get("/")
    page = given.words(answer)
    for text in ("Se connecter", "Matricule", "Mot de passe", "Inscrivez-vous"):
        assert text in page
    assert "Première visite ? Créer votre accès" in page
    assert '<a href="/mot-de-passe-oublie">' in answer.text
    assert 'href="/inscription"' in answer.text


async def test_a_member_signs_in(browser: Browser, member: int) -> None:
    answer = await browser.submit("/", typed())
    assert answer.status_code == 303
    assert answer.headers["location"] == "/membre"
    page = await browser.get("/membre")
    assert "Bonjour François Lapointe" in given.words(page)


async def test_htmx_gets_the_members_section_in_the_same_answer(
    browser: Browser, member: int
) -> None:
    answer = await browser.submit("/", typed(), htmx=True)
    assert answer.status_code == 200
    assert answer.headers["hx-push-url"] == "/membre"
    assert "<html" not in answer.text
    assert "Bonjour François Lapointe" in given.words(answer)
    assert (await browser.get("/membre")).status_code == 200


@pytest.mark.parametrize("htmx", [False, True])
async def test_every_wrong_sign_in_reads_the_same(
    browser: Browser, portal: Portal, member: int, htmx: bool
) -> None:
    await given.access(portal, GASTON)
    frozen = await given.access(portal, SYLVIE)
    await portal.db.write(
        lambda tx: tx.execute("UPDATE account SET frozen_at = 1 WHERE member_id = ?", (frozen,))
    )
    answers = [
        await browser.submit("/", typed(password="rive42sud8"), htmx=htmx),
        await browser.submit("/", typed(password="RIVE42SUD7"), htmx=htmx),
        await browser.submit("/", typed(NOBODY.matricule), htmx=htmx),
        await browser.submit("/", typed(GASTON.matricule), htmx=htmx),
        await browser.submit("/", typed(SYLVIE.matricule), htmx=htmx),
    ]
    for answer in answers:
        assert answer.status_code == 422
        assert WRONG in given.words(answer)
        assert "« Mot de passe oublié ? »" in given.words(answer)
        assert "set-cookie" not in answer.headers
        assert answer.headers["hx-push-url"] == "false"
        assert "rive42sud" not in answer.text.lower()
    texts = {re.sub(r'value="[0-9]{5}"', "", given.without_codes(answer)) for answer in answers}
    assert len(texts) == 1


async def test_every_sign_in_costs_one_verification(
    browser: Browser, portal: Portal, member: int
) -> None:
    for body in (typed(), typed(NOBODY.matricule), typed(password="7KQM-2XPD-HW49")):
        before = portal.passwords.verifications
        await browser.submit("/", body)
        assert portal.passwords.verifications == before + 1


@pytest.mark.parametrize(
    ("body", "field", "sentence"),
    [
        ({"matricule": "875"}, "matricule", "écrivez 00875"),
        ({"matricule": "٠٠٨٧٥"}, "matricule", "Écrivez les cinq chiffres"),
        ({"matricule": ""}, "matricule", "Écrivez votre matricule."),
        ({"password": ""}, "password", "Écrivez votre mot de passe."),
    ],
)
async def test_what_is_missing_is_said_beside_its_field(
    browser: Browser, portal: Portal, body: dict[str, str], field: str, sentence: str
) -> None:
    answer = await browser.submit("/", typed() | body)
    assert answer.status_code == 422
    assert sentence in given.error_of(answer, field)
    assert portal.passwords.verifications == 0


async def test_a_password_of_100_kilobytes_never_reaches_the_hash(
    browser: Browser, portal: Portal, member: int
) -> None:
    answer = await browser.submit("/", typed(password="x" * 100_000))
    assert answer.status_code == 413
    assert portal.passwords.verifications == 0


async def test_a_signed_in_visitor_of_the_first_page_goes_on(
    browser: Browser, portal: Portal
) -> None:
    await given.session(browser, portal, FRANCOIS)
    answer = await browser.get("/")
    assert (answer.status_code, answer.headers["location"]) == (303, "/membre")
    fragment = await browser.fragment("/")
    assert fragment.headers["hx-push-url"] == "/membre"
    assert "Bonjour François" in given.words(fragment)


async def test_signing_in_starts_a_session_of_its_own(
    browser: Browser, portal: Portal, member: int
) -> None:
    browser.cookies.set("session", "chosen-by-somebody-else", domain="127.0.0.1", path="/")
    answer = await browser.submit("/", typed())
    (cookie,) = (c for c in answer.headers.get_list("set-cookie") if c.startswith("session="))
    value = cookie.split("=", 1)[1].split(";")[0]
    assert value != "chosen-by-somebody-else"
    assert len(value) >= 43
    kept = await portal.db.all("SELECT id_hash FROM session")
    assert value.encode() not in kept[0][0]


async def test_the_cookie_on_this_machine_is_plainly_named(browser: Browser, member: int) -> None:
    answer = await browser.submit("/", typed())
    names = set()
    for cookie in answer.headers.get_list("set-cookie"):
        flags = {flag.strip().lower() for flag in cookie.split(";")[1:]}
        names.add(cookie.partition("=")[0])
        assert flags - {"max-age=31536000"} == {"httponly", "samesite=lax", "path=/"}
    assert names == {"session", "device"}


async def test_a_session_ends_after_thirty_idle_minutes(
    browser: Browser, clock: TurnedClock, member: int
) -> None:
    await browser.submit("/", typed())
    for _ in range(3):
        clock.turn(minutes=29)
        assert (await browser.get("/membre")).status_code == 200
    clock.turn(minutes=30)
    answer = await browser.get("/membre")
    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    page = given.words(await browser.get("/"))
    assert "Connectez-vous pour voir cette page." in page
    assert "30 minutes" in page


async def test_a_session_ends_after_twelve_hours_whatever_happens(
    browser: Browser, clock: TurnedClock, member: int
) -> None:
    await browser.submit("/", typed())
    for _ in range(12 * 3 - 1):
        clock.turn(minutes=20)
        assert (await browser.get("/membre")).status_code == 200
    clock.turn(minutes=20)
    assert (await browser.get("/membre")).status_code == 303


@pytest.mark.parametrize(
    "change", ["UPDATE member SET active = 0", "UPDATE account SET frozen_at = 1"]
)
async def test_a_member_deactivated_or_frozen_is_out_at_once(
    browser: Browser, portal: Portal, change: str
) -> None:
    await given.session(browser, portal, FRANCOIS)
    assert (await browser.get("/membre")).status_code == 200
    await portal.db.write(lambda tx: tx.execute(change))
    assert (await browser.get("/membre")).status_code == 303


async def test_signing_out_ends_the_session(browser: Browser, portal: Portal) -> None:
    await given.session(browser, portal, FRANCOIS)
    cookie = browser.cookies["session"]
    answer = await browser.submit("/deconnexion")
    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    assert answer.headers["clear-site-data"] == '"cache"'
    assert "session" not in browser.cookies
    browser.cookies.set("session", cookie, domain="127.0.0.1", path="/")
    assert (await browser.get("/membre")).status_code == 303
    assert await portal.db.all("SELECT event FROM journal WHERE event = 'signed_out'")


async def test_signing_out_says_goodbye_once(browser: Browser, portal: Portal) -> None:
    await given.session(browser, portal, FRANCOIS)
    page = await browser.follow("/deconnexion")
    assert "Vous êtes déconnecté. À bientôt !" in given.words(page)
    assert "déconnecté" not in given.words(await browser.get("/"))


async def test_htmx_signs_out_in_one_answer(browser: Browser, portal: Portal) -> None:
    await given.session(browser, portal, FRANCOIS)
    answer = await browser.submit("/deconnexion", htmx=True)
    assert answer.status_code == 200
    assert answer.headers["hx-push-url"] == "/"
    assert answer.headers["clear-site-data"] == '"cache"'
    assert "Vous êtes déconnecté. À bientôt !" in given.words(answer)
    assert "Bonjour" not in answer.text
    assert (await browser.get("/membre")).status_code == 303


async def test_signing_out_ends_that_session_alone(
    browsers: Callable[..., Browser], portal: Portal
) -> None:
    phone, computer = browsers(), browsers()
    await given.session(phone, portal, FRANCOIS)
    await given.session(computer, portal, FRANCOIS)
    await phone.submit("/deconnexion")
    assert (await computer.get("/membre")).status_code == 200


async def test_signing_out_without_a_session_is_no_fault(browser: Browser) -> None:
    assert (await browser.submit("/deconnexion")).status_code == 303
    for cookie in (b"session=\xe9", b"session=", b"session", b'session="a;b"'):
        answer = await browser.post("/deconnexion", headers={b"cookie": cookie})
        assert answer.status_code == 303


async def test_the_last_sign_in_is_shown(browser: Browser, clock: TurnedClock, member: int) -> None:
    first = await browser.follow("/", typed())
    assert "C’est votre première connexion." in given.words(first)
    await browser.submit("/deconnexion")
    clock.turn(days=1)
    second = await browser.follow("/", typed())
    assert "Dernière connexion : 23 novembre 2026 à 12 h 00." in given.words(second)


async def test_a_sign_in_is_journalled_without_what_was_typed(
    browser: Browser, portal: Portal, member: int
) -> None:
    await browser.submit("/", typed(password="faux123mot"))
    await browser.submit("/", typed())
    events = await portal.db.all("SELECT event, member_id, address FROM journal ORDER BY id")
    assert events == [
        ("sign_in_failed", member, "203.0.113.7"),
        ("signed_in", member, "203.0.113.7"),
    ]
    everything = str(await portal.db.all("SELECT * FROM journal"))
    assert "faux123mot" not in everything


async def test_a_flash_cookie_of_somebodys_own_words_says_nothing(browser: Browser) -> None:
    browser.cookies.set("flash", "Appelez le 555-1234", domain="127.0.0.1", path="/")
    answer = await browser.get("/")
    assert "555-1234" not in answer.text
    assert 'class="note"' not in answer.text


async def test_back_gets_the_whole_page(browser: Browser) -> None:
    answer: httpx.Response = await browser.get(
        "/", headers=HTMX | {"HX-History-Restore-Request": "true"}
    )
    assert answer.text.startswith("<!doctype html>")


async def test_no_mail_leaves_for_a_sign_in(browser: Browser, member: int, post: Post) -> None:
    await browser.submit("/", typed())
    assert await post.fetch() == []
