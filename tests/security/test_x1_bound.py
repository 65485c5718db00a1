"""Nobody acts for somebody else: row X1 of docs/security.md. Two members share a browser."""

import re
from collections.abc import Callable, Iterator

import pytest

from forms.journey import CHANGE_PASSWORD
from members.my_data import FACTS
from members.sessions import CHOOSE, FULL
from routes import routes
from security.middleware import SAFE_METHODS
from settings import Settings
from tests.conftest import HTMX, Browser, Post, TurnedClock
from tests.given import access, hidden, session, words
from tests.people import FRANCOIS, SYLVIE
from tests.security.parts import Page, change, events, rows, sign_in
from web.portal import Portal

NEW = "brume19lac4"
RIGHT = {
    "email": "nouveau@example.org",
    "email_again": "nouveau@example.org",
    "current_password": FRANCOIS.password,
    "password": NEW,
    "password_again": NEW,
    "first_name": "1",
}
"""What changes something, where a form has the field; both members have the same password."""
TAKES = {
    "/membre/courriel": {"email", "email_again", "current_password"},
    "/membre/mot-de-passe": CHANGE_PASSWORD.names,
    "/membre/nouveau-mot-de-passe": {"password", "password_again"},
    "/membre/mes-renseignements": set(FACTS),
}
SECTION = [route for route in routes(Settings()) if route.path.startswith("/membre")]
ACTS = [
    (method, route.path)
    for route in SECTION
    for method in sorted((route.methods or set()) - SAFE_METHODS)
]
"""Every unsafe route of the section, so that a new one is tried too."""
PAGES = [
    route.path
    for route in SECTION
    if "GET" in (route.methods or ()) and not {"{", "."} & set(route.path)
]


def right(path: str) -> dict[str, str]:
    return {name: RIGHT[name] for name in TAKES.get(path, set()) if name in RIGHT}


def scope_of(path: str) -> str:
    return CHOOSE if path == "/membre/nouveau-mot-de-passe" else FULL


async def with_a_change_under_way(portal: Portal) -> None:
    """Both have an access, and an address that waits: « Renvoyer » and « Annuler » do something."""
    for person in (FRANCOIS, SYLVIE):
        member_id = await access(portal, person)
        values = (member_id, "attend@example.org", portal.clock())
        change(portal.settings, "INSERT INTO email_change VALUES (?, ?, ?)", values)


def test_x1_the_section_has_acts_and_pages() -> None:
    assert len(ACTS) >= 6
    assert len(PAGES) >= 5


@pytest.mark.parametrize("htmx", [False, True], ids=["plain", "htmx"])
@pytest.mark.parametrize(("method", "path"), ACTS)
async def test_x1_a_members_form_does_nothing_under_anothers_session_and_says_whose_it_was(
    browser: Browser,
    portal: Portal,
    substance: Callable[[], list[str]],
    method: str,
    path: str,
    htmx: bool,
) -> None:
    await with_a_change_under_way(portal)
    await session(browser, portal, FRANCOIS, scope_of(path))
    form = right(path) | {"made_for": browser.made_for()}
    for scope in {FULL, scope_of(path)}:
        await session(browser, portal, SYLVIE, scope)
        before, told = substance(), events(portal.settings)
        answer = await browser.request(method, path, data=form, headers=HTMX if htmx else {})
        assert answer.status_code == 422
        said = words(answer)
        assert "François avait ouvert cette page, et c’est maintenant Sylvie" in said
        assert "Rien n’a été changé" in said
        for fact in (FRANCOIS.matricule, FRANCOIS.family_name, "example.com", "attend@", NEW):
            assert fact not in said.replace("Association des essais", "")
        assert substance() == before
        assert events(portal.settings) == told
    # The very same form does it for the one it was made for.
    await session(browser, portal, FRANCOIS, scope_of(path))
    before = substance()
    answer = await browser.request(method, path, data=form)
    assert answer.status_code == 303
    assert substance() != before


@pytest.mark.parametrize(("method", "path"), ACTS)
async def test_x1_a_form_that_names_nobody_does_nothing(
    browser: Browser,
    portal: Portal,
    clock: TurnedClock,
    substance: Callable[[], list[str]],
    method: str,
    path: str,
) -> None:
    await with_a_change_under_way(portal)
    await session(browser, portal, SYLVIE, scope_of(path))
    fresh = browser.made_for()
    clock.turn(days=8)
    await session(browser, portal, SYLVIE, scope_of(path))
    before = substance()
    for token in ["", "x", "é\0", fresh, *forged(browser.made_for())]:
        answer = await browser.request(method, path, data=right(path) | {"made_for": token})
        assert answer.status_code == 422, token
        said = words(answer)
        assert "Cette page est trop ancienne" in said
        assert "Sylvie" in said
        assert "François" not in said
    assert substance() == before


def forged(token: str) -> Iterator[str]:
    """The token with each of its parts changed, or with another one's signature."""
    parts = token.split(".")
    for place, part in enumerate(parts):
        for other in (part[:-1] + ("2" if part[-1] == "1" else "1"), "", part + "0"):
            yield ".".join([*parts[:place], other, *parts[place + 1 :]])


async def test_x1_the_same_member_may_have_signed_in_anew(
    browser: Browser, portal: Portal, settings: Settings
) -> None:
    await access(portal, FRANCOIS)
    await sign_in(browser, FRANCOIS)
    form = await browser.get("/membre/courriel")
    await sign_in(browser, FRANCOIS)
    fields = right("/membre/courriel") | {"made_for": hidden(form, "made_for")}
    assert fields["made_for"] != browser.made_for()
    answer = await browser.submit("/membre/courriel", fields)
    assert answer.headers["location"] == "/membre/courriel"
    assert rows(settings, "SELECT email FROM email_change") == [("nouveau@example.org",)]


@pytest.mark.parametrize("path", PAGES)
async def test_x1_every_form_of_every_page_names_who_is_signed_in(
    browser: Browser, portal: Portal, path: str
) -> None:
    await with_a_change_under_way(portal)
    await session(browser, portal, FRANCOIS, scope_of(path))
    for headers in ({}, HTMX):
        answer = await browser.get(path, headers=headers)
        assert answer.status_code == 200
        forms = re.findall(r"<form(?! id=\"language\").*?</form>", answer.text, re.S)
        # A page without a form has the switch of the language still.
        switch = [tag for tag in Page(answer.text).all("input") if tag.get("form") == "language"]
        assert [tag["name"] for tag in switch] == ["made_for"]
        assert forms or path == "/membre"
        for form in forms:
            assert 'method="post"' in form
            tokens = re.findall(r'name="made_for" value="([^"]+)"', form)
            assert tokens == [browser.made_for()], form
        assert switch[0]["value"] == browser.made_for()


async def test_x1_a_couple_on_one_tablet(
    browser: Browser, portal: Portal, settings: Settings
) -> None:
    for person in (FRANCOIS, SYLVIE):
        await access(portal, person)
    await sign_in(browser, FRANCOIS)
    tab = await browser.get("/membre/courriel")
    await sign_in(browser, SYLVIE)
    form = right("/membre/courriel") | {"made_for": hidden(tab, "made_for")}
    answer = await browser.submit("/membre/courriel", form)
    assert rows(settings, "SELECT * FROM email_change") == []
    assert rows(settings, "SELECT * FROM outbox") == []
    assert 'href="/membre/courriel">Continuer comme Sylvie' in answer.text
    # Signing out as the page offers it, and in again, leads to the form, and to what was typed.
    leave = {"made_for": hidden(answer, "made_for")}
    assert "Vous êtes déconnecté" in words(await browser.follow("/deconnexion", leave))
    fields = {"matricule": FRANCOIS.matricule, "password": FRANCOIS.password}
    back = await browser.follow("/", fields)
    assert back.url.path == "/membre/courriel"
    assert 'value="nouveau@example.org"' in back.text


async def test_x1_of_two_with_one_first_name_the_page_says_that_it_was_anothers(
    browser: Browser, portal: Portal, settings: Settings
) -> None:
    await session(browser, portal, FRANCOIS)
    form = {"made_for": browser.made_for()}
    change(settings, "UPDATE member SET first_name = 'François'")
    await session(browser, portal, SYLVIE)
    said = words(await browser.submit("/membre/courriel/renvoyer", form))
    assert "Un autre membre avait ouvert cette page" in said


async def test_x1_signing_out_of_a_page_does_not_end_anothers_session(
    browser: Browser, portal: Portal, settings: Settings
) -> None:
    await session(browser, portal, FRANCOIS)
    page = await browser.get("/membre")
    await session(browser, portal, SYLVIE)
    answer = await browser.submit("/deconnexion", {"made_for": hidden(page, "made_for")})
    assert answer.status_code == 422
    assert "c’est maintenant Sylvie qui est en session" in words(answer)
    assert (await browser.get("/membre")).status_code == 200
    # A form of nobody's ends whatever session there is: who leaves is not kept in.
    assert (await browser.submit("/deconnexion", {"made_for": "x"})).status_code == 303
    assert (await browser.get("/membre")).status_code == 303


async def test_x1_the_language_of_a_page_is_not_taken_for_anothers_choice(
    browser: Browser, portal: Portal, settings: Settings
) -> None:
    await session(browser, portal, FRANCOIS)
    page = await browser.get("/membre")
    await session(browser, portal, SYLVIE)
    fields = {"made_for": hidden(page, "made_for")}
    answer = await browser.submit("/membre?langue=en", fields)
    # The browser's own language changes all the same: both of them read it.
    assert answer.cookies["language"] == "en"
    assert rows(settings, "SELECT DISTINCT language FROM account") == [("fr",)]
    await browser.submit("/membre?langue=en", {"made_for": browser.made_for()})
    chosen = "SELECT matricule FROM account JOIN member ON id = member_id WHERE language = 'en'"
    assert rows(settings, chosen) == [(SYLVIE.matricule,)]


@pytest.mark.parametrize("htmx", [False, True], ids=["plain", "htmx"])
async def test_x1_a_confirmation_that_is_anothers_stays_good_and_leads_to_signing_out(
    browser: Browser,
    portal: Portal,
    post: Post,
    settings: Settings,
    substance: Callable[[], list[str]],
    htmx: bool,
) -> None:
    headers = HTMX if htmx else {}
    await access(portal, SYLVIE)
    await session(browser, portal, FRANCOIS)
    await browser.submit("/membre/courriel", right("/membre/courriel"))
    mail = post.text(await post.last("nouveau@example.org"))
    found = re.search(r"/courriel/confirmer/\S+", mail)
    assert found
    link = found[0]
    opened = await browser.get(link)
    assert "cette adresse sera la vôtre" in words(opened)
    await session(browser, portal, SYLVIE)
    before = substance()
    for answer, status in (
        (await browser.get(link, headers=headers), 200),
        (await browser.post(link, headers=headers), 422),  # the button of the page that was open
    ):
        assert answer.status_code == status
        said = words(answer)
        assert "Ce lien est celui d’un autre membre" in said
        assert "C’est Sylvie qui est en session" in said
        assert "la vôtre" not in said
        # Who holds a link has not always its mail.
        for fact in ("François", "Lapointe", FRANCOIS.matricule, "nouveau@"):
            assert fact not in said
        assert answer.headers["referrer-policy"] == "strict-origin"
    assert substance() == before
    leave = {name: hidden(answer, name) for name in ("made_for", "confirmation")}
    asked = await browser.post("/deconnexion", data=leave, headers=headers, follow_redirects=True)
    assert "Connectez-vous d’abord" in words(asked)
    assert (asked.headers["hx-push-url"] if htmx else asked.url.path) == link
    fields = {"matricule": FRANCOIS.matricule, "password": FRANCOIS.password}
    fields["confirmation"] = hidden(asked, "confirmation")
    again = await browser.post("/", data=fields, headers=headers, follow_redirects=True)
    assert "cette adresse sera la vôtre" in words(again)
    done = await browser.post(link, headers=headers, follow_redirects=True)
    assert "Votre adresse courriel est confirmée" in words(done)
    changed = "SELECT matricule FROM account JOIN member ON id = member_id WHERE account.email = ?"
    assert rows(settings, changed, ("nouveau@example.org",)) == [(FRANCOIS.matricule,)]


async def test_x1_signing_out_follows_no_link_that_is_not_ours(
    browser: Browser, portal: Portal
) -> None:
    await session(browser, portal, FRANCOIS)
    fields = {"made_for": browser.made_for(), "confirmation": "//exemple.net"}
    assert (await browser.submit("/deconnexion", fields)).headers["location"] == "/"
