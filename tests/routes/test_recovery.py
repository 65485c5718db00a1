"""« Mot de passe oublié ? », over HTTP."""

import asyncio
import re
from collections.abc import Callable

import pytest

from tests import given
from tests.conftest import Browser, Post, TurnedClock
from tests.people import ANDRE, FRANCOIS, GASTON, NICOLE, NOBODY, SYLVIE, Person
from web.portal import Portal

URL = "/mot-de-passe-oublie"
ANOTHER = "/mot-de-passe-oublie/autre-image"
WRONG_CODE = "Le code ne correspond pas à l’image."
NEW = "vent58nord9"


class Visitor:
    """Somebody who fills in the recovery's form and reads the captcha."""

    def __init__(self, browser: Browser, portal: Portal) -> None:
        self.browser = browser
        self.portal = portal

    def body(self, person: Person, **other: str) -> dict[str, str]:
        token = self.portal.challenges.issue("recuperation", "203.0.113.7")
        code = self.portal.challenges.answer(token)
        assert code
        return person.facts | {"challenge": token, "captcha": code} | other

    async def ask(self, person: Person, **other: str) -> str:
        answer = await self.browser.submit(URL, self.body(person, **other))
        assert answer.status_code == 200
        return answer.text


@pytest.fixture
def visitor(browser: Browser, portal: Portal) -> Visitor:
    return Visitor(browser, portal)


@pytest.fixture
async def member(portal: Portal) -> int:
    return await given.access(portal, FRANCOIS)


def code_in(mail: str) -> str:
    found = re.search(r"^ +(\w{4}-\w{4}-\w{4})\s*$", mail, re.M)
    assert found, mail
    return found[1]


async def code_for(visitor: Visitor, post: Post, person: Person = FRANCOIS) -> str:
    """A temporary password, read in its mail."""
    await visitor.ask(person)
    return code_in(post.text(await post.last(f"{person.matricule}@example.com")))


async def sign_in(browser: Browser, password: str) -> str:
    """Where signing in with that password leads; empty when it is refused."""
    answer = await browser.submit("/", {"matricule": FRANCOIS.matricule, "password": password})
    return str(answer.headers.get("location", ""))


def new_password(text: str = NEW, again: str = "") -> dict[str, str]:
    return {"password": text, "password_again": again or text}


async def test_the_form_asks_the_four_facts_and_the_image(browser: Browser) -> None:
    for answer in (await browser.get(URL), await browser.fragment(URL)):
        assert answer.status_code == 200
        page = given.words(answer)
        for label in ("Matricule", "Nom de famille complet", "Date de naissance", "Code postal"):
            assert label in page
        assert "Code de l’image" in page
        assert "Une autre image" in page
        assert "ENVOYER" in page
        assert 'src="data:image/png;base64,' in answer.text


async def test_showing_the_form_writes_nothing(browser: Browser, digest: Callable[[], str]) -> None:
    before = digest()
    await browser.get(URL)
    assert digest() == before


async def test_the_temporary_password_leads_to_a_new_one(
    browser: Browser, visitor: Visitor, post: Post, member: int
) -> None:
    code = await code_for(visitor, post)
    choice = await browser.follow("/", {"matricule": "00875", "password": code})
    assert choice.url.path == "/membre/nouveau-mot-de-passe"
    assert "Choisissez un nouveau mot de passe" in given.words(choice)
    assert "Mot de passe actuel" not in given.words(choice)
    done = await browser.follow("/membre/nouveau-mot-de-passe", new_password())
    assert done.url.path == "/membre"
    assert "Votre nouveau mot de passe est enregistré." in given.words(done)
    browser.cookies.clear()
    assert await sign_in(browser, NEW) == "/membre"
    assert await sign_in(browser, FRANCOIS.password) == ""


async def test_the_same_by_htmx(
    browser: Browser, visitor: Visitor, post: Post, member: int
) -> None:
    sent = await browser.submit(URL, visitor.body(FRANCOIS), htmx=True)
    assert "<html" not in sent.text
    assert "Vérifiez votre courriel" in given.words(sent)
    code = code_in(post.text(await post.last("00875@example.com")))
    choice = await browser.submit("/", {"matricule": "00875", "password": code}, htmx=True)
    assert choice.headers["hx-push-url"] == "/membre/nouveau-mot-de-passe"
    assert "Choisissez un nouveau mot de passe" in given.words(choice)
    done = await browser.submit("/membre/nouveau-mot-de-passe", new_password(), htmx=True)
    assert done.headers["hx-push-url"] == "/membre"
    assert "Bonjour François" in given.words(done)


async def test_the_mail_names_nobody_and_holds_no_link_with_a_secret(
    visitor: Visitor, post: Post, member: int
) -> None:
    await visitor.ask(FRANCOIS)
    mail = await post.last("00875@example.com")
    text = post.text(mail)
    assert mail["Subject"] == "Votre mot de passe temporaire"
    assert "Bonjour François," in text
    assert "4 heures" in text
    assert "Lapointe" not in str(mail)
    assert "00875" not in text
    assert re.findall(r"https?://\S+", text) == ["http://127.0.0.1:8000/"]


async def test_a_couple_is_told_apart_by_two_digits(
    visitor: Visitor, portal: Portal, post: Post
) -> None:
    await given.access(portal, ANDRE, email="couple@example.org")
    await given.access(portal, NICOLE, email="couple@example.org")
    await visitor.ask(NICOLE)
    text = post.text(await post.last("couple@example.org"))
    assert "Bonjour Nicole," in text
    assert "(accès dont le matricule finit par 02)" in text
    assert "20002" not in text


@pytest.mark.parametrize(
    "typed", [str, str.lower, lambda c: c.replace("-", ""), lambda c: f" {c.replace('-', ' ')} "]
)
async def test_the_code_is_typed_with_or_without_groups_in_any_case(
    browser: Browser, visitor: Visitor, post: Post, member: int, typed: Callable[[str], str]
) -> None:
    code = typed(await code_for(visitor, post))
    assert await sign_in(browser, code) == "/membre/nouveau-mot-de-passe"


async def test_its_session_opens_the_choice_and_nothing_else(
    browser: Browser, portal: Portal, digest: Callable[[], str]
) -> None:
    await given.session(browser, portal, FRANCOIS, scope="choose")
    before = digest()
    choice = "/membre/nouveau-mot-de-passe"
    for url in ("/membre", "/membre/courriel", "/membre/mot-de-passe"):
        answer = await browser.get(url)
        assert (answer.status_code, answer.headers["location"]) == (303, choice)
        fragment = await browser.fragment(url)
        assert fragment.headers["hx-push-url"] == choice
        assert "Bonjour" not in fragment.text
    posts = {
        "/membre/courriel": {
            "email": "x@example.org",
            "email_again": "x@example.org",
            "current_password": FRANCOIS.password,
        },
        "/membre/courriel/renvoyer": {},
        "/membre/courriel/annuler": {},
        "/membre/mot-de-passe": new_password() | {"current_password": FRANCOIS.password},
    }
    for url, body in posts.items():
        answer = await browser.submit(url, body)
        assert (answer.status_code, answer.headers["location"]) == (303, choice)
    assert digest() == before


async def test_the_choice_is_for_those_with_a_temporary_password_only(
    browser: Browser, portal: Portal, digest: Callable[[], str]
) -> None:
    url = "/membre/nouveau-mot-de-passe"
    assert (await browser.get(url)).headers["location"] == "/"
    await given.session(browser, portal, FRANCOIS)
    before = digest()
    assert (await browser.get(url)).headers["location"] == "/membre"
    assert (await browser.submit(url, new_password())).headers["location"] == "/membre"
    assert digest() == before


@pytest.mark.parametrize(
    ("body", "field", "sentence"),
    [
        (new_password("court1"), "password", "de 8 à 12 caractères"),
        (new_password(NEW, "vent58nord8"), "password_again", "Ce n’est pas la même chose"),
        (new_password("z9lapointe48"), "password", "sans votre nom"),
    ],
)
async def test_a_wrong_choice_is_said_beside_its_field(
    browser: Browser, portal: Portal, body: dict[str, str], field: str, sentence: str
) -> None:
    await given.session(browser, portal, FRANCOIS, scope="choose")
    answer = await browser.submit("/membre/nouveau-mot-de-passe", body)
    assert answer.status_code == 422
    assert sentence in given.error_of(answer, field)
    assert body["password"] not in answer.text


async def test_it_works_until_one_is_used_to_save(
    browser: Browser, visitor: Visitor, post: Post, member: int
) -> None:
    codes = []
    for _ in range(3):
        codes.append(await code_for(visitor, post))
    assert len(set(codes)) == 3
    for code in codes:
        browser.cookies.clear()
        assert await sign_in(browser, code) == "/membre/nouveau-mot-de-passe"
    assert await sign_in(browser, codes[0]) == "/membre/nouveau-mot-de-passe"
    await browser.submit("/membre/nouveau-mot-de-passe", new_password())
    browser.cookies.clear()
    for code in codes:
        assert await sign_in(browser, code) == ""


async def test_saving_ends_every_other_session(
    browsers: Callable[..., Browser], portal: Portal
) -> None:
    stranger, other_choice, member = browsers(), browsers(), browsers()
    await given.session(stranger, portal, FRANCOIS)
    await given.session(other_choice, portal, FRANCOIS, scope="choose")
    await given.session(member, portal, FRANCOIS, scope="choose")
    await member.submit("/membre/nouveau-mot-de-passe", new_password())
    assert (await member.get("/membre")).status_code == 200
    assert (await stranger.get("/membre")).headers["location"] == "/"
    again = await other_choice.submit("/membre/nouveau-mot-de-passe", new_password("autre58mot9"))
    assert again.headers["location"] == "/"


async def test_the_old_password_works_until_then_and_voids_the_codes(
    browser: Browser, visitor: Visitor, post: Post, member: int
) -> None:
    code = await code_for(visitor, post)
    assert await sign_in(browser, FRANCOIS.password) == "/membre"
    browser.cookies.clear()
    assert await sign_in(browser, code) == ""


async def test_signing_in_with_the_old_password_ends_the_choice_of_another(
    browsers: Callable[..., Browser], visitor: Visitor, post: Post, member: int
) -> None:
    """Whoever reads the mail of a member who remembers must not win by having been first."""
    code = await code_for(visitor, post)
    reader, owner = browsers(), browsers()
    assert await sign_in(reader, code) == "/membre/nouveau-mot-de-passe"
    assert await sign_in(owner, FRANCOIS.password) == "/membre"
    saved = await reader.submit("/membre/nouveau-mot-de-passe", new_password())
    assert saved.headers["location"] == "/"
    owner.cookies.clear()
    assert await sign_in(owner, FRANCOIS.password) == "/membre"


async def test_a_code_is_good_for_four_hours_from_its_sending(
    browser: Browser, visitor: Visitor, post: Post, member: int, clock: TurnedClock
) -> None:
    await visitor.ask(FRANCOIS)
    clock.turn(hours=3)
    code = code_in(post.text(await post.last("00875@example.com")))
    clock.turn(hours=3.99)
    assert await sign_in(browser, code) == "/membre/nouveau-mot-de-passe"
    browser.cookies.clear()
    clock.turn(hours=0.01)
    assert await sign_in(browser, code) == ""
    assert await sign_in(browser, FRANCOIS.password) == "/membre"


async def test_a_code_is_its_owners_alone(
    browser: Browser, visitor: Visitor, portal: Portal, post: Post, member: int
) -> None:
    await given.access(portal, SYLVIE)
    code = await code_for(visitor, post, SYLVIE)
    assert await sign_in(browser, code) == ""


async def test_a_frozen_access_gets_no_mail_and_its_code_no_entry(
    browser: Browser, visitor: Visitor, portal: Portal, post: Post, member: int
) -> None:
    code = await code_for(visitor, post)
    await portal.db.write(lambda tx: tx.execute("UPDATE account SET frozen_at = 1"))
    assert await sign_in(browser, code) == ""
    await visitor.ask(FRANCOIS)
    assert len(await post.fetch()) == 1


async def test_the_answer_is_the_same_whoever_asks(
    visitor: Visitor, portal: Portal, post: Post, member: int
) -> None:
    await given.access(portal, GASTON)
    everyone = (FRANCOIS, NOBODY, SYLVIE, NICOLE, GASTON)
    answers = {given.without_codes(await visitor.ask(person)) for person in everyone}
    assert len(answers) == 1
    page = given.words(answers.pop())
    assert "Si ces renseignements sont ceux d’un membre qui a un accès" in page
    assert "Inscrivez-vous" in page
    assert "4 heures" in page
    sent = {(mail["To"], mail["Subject"]) for mail in await post.fetch()}
    assert sent == {
        ("00875@example.com", "Votre mot de passe temporaire"),
        ("bœuf@example.org", "Vous n’avez pas encore d’accès au portail"),
    }


async def test_known_and_unknown_cost_the_same_statements(
    visitor: Visitor, portal: Portal, member: int
) -> None:
    costs = []
    for person in (FRANCOIS, NOBODY, SYLVIE, NICOLE, GASTON):
        body = visitor.body(person)
        async with given.statements(portal.db) as seen:
            await visitor.browser.submit(URL, body)
        costs.append([re.sub(r"'[^']*'|\d+|NULL|x'\w*'", "?", sql) for sql in seen])
    assert len(costs[0]) > 4
    assert all(cost == costs[0] for cost in costs)


async def test_the_advice_to_register_leads_there(visitor: Visitor, post: Post) -> None:
    await visitor.ask(FRANCOIS)
    text = post.text(await post.last("francois.lapointe@example.org"))
    assert "http://127.0.0.1:8000/inscription" in text


@pytest.mark.parametrize("htmx", [False, True])
async def test_a_wrong_code_gets_another_image_and_sends_nothing(
    browser: Browser, visitor: Visitor, post: Post, member: int, htmx: bool
) -> None:
    body = visitor.body(FRANCOIS, captcha="ZZZZZ")
    answer = await browser.submit(URL, body, htmx=htmx)
    assert answer.status_code == 422
    assert WRONG_CODE in given.error_of(answer, "captcha")
    assert given.hidden(answer, "challenge") != body["challenge"]
    assert 'value="ZZZZZ"' not in answer.text
    for text in FRANCOIS.facts.values():
        assert f'value="{text}"' in answer.text
    assert await post.fetch() == []


async def test_a_wrong_try_spends_the_image(
    browser: Browser, visitor: Visitor, post: Post, member: int
) -> None:
    body = visitor.body(FRANCOIS)
    await browser.submit(URL, body | {"captcha": "ZZZZZ"})
    answer = await browser.submit(URL, body)
    assert WRONG_CODE in given.error_of(answer, "captcha")
    assert await post.fetch() == []


async def test_a_right_code_sends_one_mail(
    browser: Browser, visitor: Visitor, post: Post, member: int
) -> None:
    body = visitor.body(FRANCOIS)
    answers = await asyncio.gather(*(browser.submit(URL, body) for _ in range(5)))
    assert [answer.status_code for answer in answers] == [200] * 5
    assert len(await post.fetch()) == 1


async def test_the_code_is_typed_in_any_case(
    browser: Browser, visitor: Visitor, member: int
) -> None:
    body = visitor.body(FRANCOIS)
    body["captcha"] = f" {body['captcha'].lower()} "
    assert (await browser.submit(URL, body)).status_code == 200


async def test_an_image_is_good_for_ten_minutes(
    browser: Browser, visitor: Visitor, clock: TurnedClock, member: int, post: Post
) -> None:
    in_time, too_late = visitor.body(FRANCOIS), visitor.body(FRANCOIS)
    clock.turn(minutes=10)
    assert (await browser.submit(URL, in_time)).status_code == 200
    clock.turn(minutes=0.1)
    answer = await browser.submit(URL, too_late)
    assert answer.status_code == 422
    assert "ne sert que dix minutes" in given.error_of(answer, "captcha")
    assert given.hidden(answer, "challenge") != too_late["challenge"]
    assert len(await post.fetch()) == 1


@pytest.mark.parametrize("token", ["", "forged", "é\u0000"])
async def test_a_forged_image_is_refused(
    browser: Browser,
    visitor: Visitor,
    portal: Portal,
    token: str,
    substance: Callable[[], list[str]],
) -> None:
    before = substance()
    answer = await browser.submit(URL, visitor.body(FRANCOIS, challenge=token))
    assert answer.status_code == 422
    assert portal.challenges.answer(given.hidden(answer, "challenge"))
    assert substance() == before


async def test_a_token_of_another_purpose_is_no_image(
    browser: Browser, visitor: Visitor, portal: Portal
) -> None:
    token = portal.tokens.registration.make("00ff")
    answer = await browser.submit(URL, visitor.body(FRANCOIS, challenge=token))
    assert answer.status_code == 422


async def test_a_field_to_correct_keeps_the_image_unspent(
    browser: Browser, visitor: Visitor, digest: Callable[[], str]
) -> None:
    body = visitor.body(FRANCOIS, birth_date="31/02/1950")
    before = digest()
    answer = await browser.submit(URL, body)
    assert answer.status_code == 422
    assert "n’existe pas au calendrier" in given.error_of(answer, "birth_date")
    assert given.hidden(answer, "challenge") == body["challenge"]
    assert f'value="{body["captcha"]}"' in answer.text
    assert digest() == before
    assert (await browser.submit(URL, body | {"birth_date": "07/11/1950"})).status_code == 200


@pytest.mark.parametrize("htmx", [False, True])
async def test_another_image_keeps_what_was_typed(
    browser: Browser, visitor: Visitor, htmx: bool, digest: Callable[[], str]
) -> None:
    body = visitor.body(FRANCOIS)
    before = digest()
    answer = await browser.submit(ANOTHER, body, htmx=htmx)
    assert answer.status_code == 200
    assert given.hidden(answer, "challenge") != body["challenge"]
    assert f'value="{body["captcha"]}"' not in answer.text
    for text in FRANCOIS.facts.values():
        assert f'value="{text}"' in answer.text
    assert 'aria-invalid="true"' not in answer.text
    assert digest() == before


@pytest.mark.parametrize("url", [ANOTHER, "/mot-de-passe-oublie/sans-image"])
async def test_the_address_that_a_button_leaves_in_the_bar_opens_again(
    browser: Browser, url: str
) -> None:
    answer = await browser.get(url)
    assert answer.status_code == 200
    assert "Mot de passe oublié ?" in given.words(answer)


async def test_the_member_is_told_by_mail(browser: Browser, portal: Portal, post: Post) -> None:
    await given.session(browser, portal, FRANCOIS, scope="choose")
    await browser.submit("/membre/nouveau-mot-de-passe", new_password())
    mail = await post.last("00875@example.com")
    assert mail["Subject"] == "Votre mot de passe a été changé"
