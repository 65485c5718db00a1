"""The members' section over HTTP: e-mail and password."""

import re
from collections.abc import Callable, Collection

import pytest

from forms.journey import CHANGE_EMAIL, CHANGE_PASSWORD, CHOOSE_PASSWORD
from tests import given
from tests.conftest import Browser, Post, TurnedClock
from tests.people import FRANCOIS, SYLVIE
from web.portal import Portal

EMAIL = "/membre/courriel"
PASSWORD = "/membre/mot-de-passe"
NEW = "vent58nord9"
ADDRESS = "nouveau@example.org"

Digest = Callable[[], str]
Substance = Callable[[], list[str]]


def new_address(address: str = ADDRESS, **other: str) -> dict[str, str]:
    return {
        "email": address,
        "email_again": address,
        "current_password": FRANCOIS.password,
    } | other


def new_password(password: str = NEW, **other: str) -> dict[str, str]:
    return {
        "username": FRANCOIS.matricule,
        "current_password": FRANCOIS.password,
        "password": password,
        "password_again": password,
    } | other


def link_in(text: str) -> str:
    """The path of the confirmation link of a mail."""
    found = re.search(r"http://127\.0\.0\.1:8000(/courriel/confirmer/\S+)", text)
    assert found, text
    return found[1]


@pytest.fixture
async def member(browser: Browser, portal: Portal) -> Browser:
    """François, signed in."""
    await given.session(browser, portal, FRANCOIS)
    return browser


async def on_file(portal: Portal) -> str:
    (row,) = await portal.db.all("SELECT email FROM account")
    return str(row[0])


PAGES = ("/membre", EMAIL, PASSWORD)


@pytest.mark.parametrize("url", PAGES)
async def test_a_page_and_its_fragment_say_the_same(member: Browser, url: str) -> None:
    whole, part = await member.get(url), await member.fragment(url)
    assert whole.status_code == part.status_code == 200
    assert whole.text.startswith("<!doctype html>")
    assert "<html" not in part.text
    assert given.words(part) in given.words(whole)
    for answer in (whole, part):
        assert answer.headers["cache-control"] == "no-store"
        assert "etag" not in answer.headers


@pytest.mark.parametrize("url", [*PAGES, "/membre/nouveau-mot-de-passe"])
async def test_a_visitor_is_asked_to_sign_in_first(browser: Browser, url: str) -> None:
    answer = await browser.get(url)
    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    fragment = await browser.fragment(url)
    assert fragment.headers["hx-push-url"] == "/"
    assert "Connectez-vous pour voir cette page." in given.words(fragment)
    assert "Bonjour" not in fragment.text


@pytest.mark.parametrize(
    ("url", "names"),
    [
        (EMAIL, CHANGE_EMAIL.names),
        (f"{EMAIL}/renvoyer", ()),
        (f"{EMAIL}/annuler", ()),
        (PASSWORD, CHANGE_PASSWORD.names),
        ("/membre/nouveau-mot-de-passe", CHOOSE_PASSWORD.names),
    ],
)
async def test_a_visitor_changes_nothing(
    browser: Browser, portal: Portal, url: str, names: Collection[str], digest: Digest
) -> None:
    await given.access(portal, FRANCOIS)
    before = digest()
    right = new_address() | new_password()
    for body in ({name: right[name] for name in right if name in names}, {}):
        assert (await browser.submit(url, body)).headers["location"] == "/"
        assert (await browser.submit(url, body, htmx=True)).headers["hx-push-url"] == "/"
    assert digest() == before


async def test_home_says_who_is_signed_in_and_what_can_be_done(member: Browser) -> None:
    answer = await member.get("/membre")
    page = given.words(answer)
    assert "Bonjour François Lapointe · Matricule 00875" in page
    assert "Afficher ou modifier votre adresse courriel" in page
    assert "Afficher ou modifier votre mot de passe" in page
    assert "Se déconnecter" in page
    assert f'href="{EMAIL}"' in answer.text
    assert f'href="{PASSWORD}"' in answer.text


async def test_home_recalls_an_address_to_confirm_and_offers_its_slip_corrected(
    browser: Browser, portal: Portal
) -> None:
    await given.access(portal, FRANCOIS, email="francois@gmial.com", confirmed=False)
    await given.session(browser, portal, FRANCOIS)
    page = given.words(await browser.get("/membre"))
    assert "francois@gmial.com n’est pas encore confirmée" in page
    assert "Vouliez-vous dire francois@gmail.com ?" in page


# The e-mail.


async def test_the_address_on_file_is_shown(member: Browser) -> None:
    page = given.words(await member.get(EMAIL))
    assert "Adresse au dossier 00875@example.com" in page
    assert "à confirmer" not in page
    for label in ("Nouveau courriel", "Confirmer le nouveau courriel", "Mot de passe actuel"):
        assert label in page


@pytest.mark.parametrize("htmx", [False, True])
async def test_a_new_address_waits_for_its_confirmation(
    member: Browser, portal: Portal, post: Post, htmx: bool
) -> None:
    if htmx:
        answer = await member.submit(EMAIL, new_address(), htmx=True)
        assert answer.headers["hx-push-url"] == EMAIL
        assert "<html" not in answer.text
    else:
        answer = await member.follow(EMAIL, new_address())
    page = given.words(answer)
    assert "Presque terminé : ouvrez le courriel" in page
    assert "Adresse au dossier 00875@example.com" in page
    assert f"Nouvelle adresse, en attente {ADDRESS}" in page
    assert "Renvoyer" in page
    assert "Annuler" in page
    assert await on_file(portal) == "00875@example.com"
    sent = {mail["To"]: mail["Subject"] for mail in await post.fetch()}
    assert sent == {
        ADDRESS: "Confirmez votre adresse courriel",
        "00875@example.com": "Un changement d’adresse a été demandé",
    }


async def test_once_confirmed_the_new_address_takes_over(
    member: Browser, portal: Portal, post: Post
) -> None:
    await member.submit(EMAIL, new_address())
    link = link_in(post.text(await post.last(ADDRESS)))
    button = await member.get(link)
    assert "Confirmer mon adresse" in given.words(button)
    done = await member.follow(link)
    assert done.url.path == EMAIL
    page = given.words(done)
    assert "Merci ! Votre adresse courriel est confirmée." in page
    assert f"Adresse au dossier {ADDRESS}" in page
    assert "en attente" not in page
    assert await on_file(portal) == ADDRESS
    subjects = {(mail["To"], mail["Subject"]) for mail in await post.fetch()}
    assert ("00875@example.com", "Votre adresse courriel a été changée") in subjects
    assert (ADDRESS, "Votre adresse courriel est confirmée") in subjects


async def test_an_unconfirmed_address_of_the_registration_is_marked(
    browser: Browser, portal: Portal, post: Post
) -> None:
    await given.access(portal, FRANCOIS, confirmed=False)
    await given.session(browser, portal, FRANCOIS)
    page = given.words(await browser.get(EMAIL))
    assert "00875@example.com (à confirmer)" in page
    assert "Renvoyer" in page
    assert "Annuler" not in page
    again = await browser.follow(f"{EMAIL}/renvoyer")
    assert "Le courriel de confirmation est demandé de nouveau." in given.words(again)
    link = link_in(post.text(await post.last("00875@example.com")))
    assert "est confirmée" in given.words(await browser.follow(link))


@pytest.mark.parametrize("htmx", [False, True])
async def test_resend_sends_the_mail_again(member: Browser, post: Post, htmx: bool) -> None:
    await member.submit(EMAIL, new_address())
    answer = await member.submit(f"{EMAIL}/renvoyer", htmx=htmx)
    if htmx:
        assert "est demandé de nouveau" in given.words(answer)
    else:
        assert answer.headers["location"] == EMAIL
    sent = [mail["Subject"] for mail in await post.fetch() if mail["To"] == ADDRESS]
    assert sent == ["Confirmez votre adresse courriel"] * 2


async def test_resend_with_nothing_to_confirm_sends_nothing(member: Browser, post: Post) -> None:
    answer = await member.follow(f"{EMAIL}/renvoyer")
    assert answer.url.path == EMAIL
    assert await post.fetch() == []
    assert "est demandé de nouveau" not in given.words(answer)


@pytest.mark.parametrize("htmx", [False, True])
async def test_cancel_forgets_the_address_and_its_link(
    member: Browser, portal: Portal, post: Post, htmx: bool
) -> None:
    await member.submit(EMAIL, new_address())
    link = link_in(post.text(await post.last(ADDRESS)))
    answer = await member.submit(f"{EMAIL}/annuler", htmx=htmx)
    page = given.words(answer if htmx else await member.get(EMAIL))
    assert "Le changement d’adresse est annulé." in page
    assert "en attente" not in page
    assert "Ce lien ne sert plus." in given.words(await member.follow(link))
    assert await on_file(portal) == "00875@example.com"


async def test_a_second_change_replaces_the_first(
    member: Browser, portal: Portal, post: Post
) -> None:
    await member.submit(EMAIL, new_address())
    first = link_in(post.text(await post.last(ADDRESS)))
    await member.submit(EMAIL, new_address("autre@example.org"))
    second = link_in(post.text(await post.last("autre@example.org")))
    await member.submit(first)
    assert await on_file(portal) == "00875@example.com"
    await member.submit(second)
    assert await on_file(portal) == "autre@example.org"


async def test_a_cancelled_change_sends_no_mail_that_still_waited(
    member: Browser, post: Post
) -> None:
    await member.submit(EMAIL, new_address())
    await member.submit(f"{EMAIL}/annuler")
    assert ADDRESS not in [mail["To"] for mail in await post.fetch()]


@pytest.mark.parametrize(
    ("body", "field", "sentence"),
    [
        (
            new_address(current_password="rive42sud8"),
            "current_password",
            "Ce n’est pas votre mot de passe actuel.",
        ),
        (new_address(current_password=""), "current_password", "Écrivez votre mot de passe."),
        (new_address("00875@example.com"), "email", "C’est déjà votre adresse"),
        (new_address("rien"), "email", "avec son signe @"),
        (
            new_address(email_again="nouveau@example.ca"),
            "email_again",
            "Ce n’est pas la même chose",
        ),
        (new_address("x@example.org\r\nBcc: y@example.org"), "email", "un seul signe @"),
    ],
)
async def test_a_wrong_address_is_said_beside_its_field(
    member: Browser, body: dict[str, str], field: str, sentence: str, substance: Substance
) -> None:
    before = substance()
    for htmx in (False, True):
        answer = await member.submit(EMAIL, body, htmx=htmx)
        assert answer.status_code == 422
        assert sentence in given.error_of(answer, field)
        assert 'type="password" value=""' in answer.text
        assert body["current_password"] not in answer.text or not body["current_password"]
    assert substance() == before


@pytest.mark.parametrize("url", [EMAIL, PASSWORD])
async def test_without_the_current_password_nothing_changes(
    member: Browser, url: str, digest: Digest
) -> None:
    before = digest()
    body = new_address() if url == EMAIL else new_password()
    del body["current_password"]
    answer = await member.submit(url, body)
    assert answer.status_code == 422
    assert "Écrivez votre mot de passe." in given.error_of(answer, "current_password")
    assert digest() == before


# The password.


async def test_the_password_page_says_when_it_changed_and_that_nobody_reads_it(
    member: Browser,
) -> None:
    page = given.words(await member.get(PASSWORD))
    assert "Modifié la dernière fois le 22 novembre 2026 à 12 h 00." in page
    assert "Personne, pas même le bureau, ne peut le lire" in page
    for label in ("Mot de passe actuel", "Nouveau mot de passe", "Confirmer le nouveau"):
        assert label in page
    assert "De 8 à 12 caractères" in page


@pytest.mark.parametrize("htmx", [False, True])
async def test_a_changed_password_is_told_and_works(
    member: Browser, post: Post, clock: TurnedClock, htmx: bool
) -> None:
    if htmx:
        answer = await member.submit(PASSWORD, new_password(), htmx=True)
        assert answer.headers["hx-push-url"] == "/membre"
    else:
        answer = await member.follow(PASSWORD, new_password())
    page = given.words(answer)
    assert "Votre nouveau mot de passe est enregistré." in page
    assert "Bonjour François" in page
    assert "23 novembre 2026 à 12 h 00" in given.words(await member.get(PASSWORD))
    mail = await post.last("00875@example.com")
    assert mail["Subject"] == "Votre mot de passe a été changé"
    assert "http://127.0.0.1:8000/mot-de-passe-oublie" in post.text(mail)
    member.cookies.clear()
    for password, leads in ((FRANCOIS.password, None), (NEW, "/membre")):
        answer = await member.submit("/", {"matricule": "00875", "password": password})
        assert answer.headers.get("location") == leads


async def test_every_other_session_ends(
    browsers: Callable[..., Browser], member: Browser, portal: Portal
) -> None:
    other, somebody = browsers(), browsers()
    await given.session(other, portal, FRANCOIS)
    await given.session(somebody, portal, SYLVIE)
    before = member.cookies["session"]
    await member.submit(PASSWORD, new_password())
    assert (await member.get("/membre")).status_code == 200
    assert (await other.get("/membre")).status_code == 303
    assert (await somebody.get("/membre")).status_code == 200
    assert member.cookies["session"] != before
    other.cookies.clear()
    other.cookies.set("session", before, domain="127.0.0.1", path="/")
    assert (await other.get("/membre")).status_code == 303


@pytest.mark.parametrize(
    ("body", "field", "sentence"),
    [
        (
            new_password(current_password="rive42sud8"),
            "current_password",
            "Ce n’est pas votre mot de passe actuel.",
        ),
        (new_password("court1"), "password", "de 8 à 12 caractères"),
        (new_password("bcde123fg45h6j7k8"), "password", "de 8 à 12 caractères"),
        (new_password("abc12345"), "password", "plus difficile à deviner"),
        (new_password("z9lapointe48"), "password", "sans votre nom"),
        (new_password(password_again="vent58nord8"), "password_again", "pas la même chose"),
    ],
)
async def test_a_wrong_password_is_said_beside_its_field(
    member: Browser, body: dict[str, str], field: str, sentence: str, substance: Substance
) -> None:
    before = substance()
    for htmx in (False, True):
        answer = await member.submit(PASSWORD, body, htmx=htmx)
        assert answer.status_code == 422
        assert sentence in given.error_of(answer, field)
        assert body["password"] not in answer.text
    assert substance() == before


async def test_the_name_that_a_password_manager_needs_changes_nobody_else(
    member: Browser, portal: Portal
) -> None:
    """`username` is for the browser; the session says whose password it is."""
    await given.access(portal, SYLVIE)
    before = await portal.db.all("SELECT password_hash FROM account WHERE email LIKE '33163%'")
    await member.submit(PASSWORD, new_password(username=SYLVIE.matricule))
    after = await portal.db.all("SELECT password_hash FROM account WHERE email LIKE '33163%'")
    assert before == after


async def test_password_managers_find_where_a_password_is_changed(
    browser: Browser, portal: Portal
) -> None:
    """W3C: A Well-Known URL for Changing Passwords."""
    address = "/.well-known/change-password"
    answer = await browser.get(address)
    assert (answer.status_code, answer.headers["location"]) == (303, "/membre/mot-de-passe")
    await given.session(browser, portal, FRANCOIS)
    page = await browser.get(address, follow_redirects=True)
    assert 'autocomplete="new-password"' in page.text
    absent = "/.well-known/resource-that-should-not-exist-whose-status-code-should-not-be-200"
    assert (await browser.get(absent)).status_code == 404
