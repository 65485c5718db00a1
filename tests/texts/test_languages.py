"""No French is left on an English page, no English on a French one (SECURITY F1)."""

import re
from collections.abc import Callable
from dataclasses import replace

import httpx
import pytest

from db import freeze_links, members, outbox
from forms.journey import FORMS
from security.tokens import token_hash
from settings import Settings
from tests import given
from tests.conftest import Browser
from tests.languages import ENGLISH, FRENCH, strange
from tests.people import ANDRE, MARIE, NICOLE, SYLVIE
from web.flash import SENTENCES
from web.portal import Portal


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """An office whose own name is of neither language."""
    return replace(settings, office_name="Club 2000", privacy_officer="J. Roy")


@pytest.mark.parametrize(
    ("language", "tag", "other"),
    [("en", "en-CA", FRENCH), ("fr", "fr-CA", ENGLISH)],
    ids=["English", "French"],
)
async def test_a_visitor_reads_one_language(
    browsers: Callable[..., Browser],
    portal: Portal,
    language: str,
    tag: str,
    other: re.Pattern[str],
) -> None:
    tour = Tour(browsers, portal, language)
    for part in (
        tour.pages_for_everyone,
        tour.errors,
        tour.live_checks,
        tour.signing_in,
        tour.registration,
        tour.recovery,
        tour.members_section,
        tour.links_of_mails,
        tour.choice_of_a_password,
    ):
        await part()

    odd = {name: strange(html, other) for name, html in tour.seen.items()}
    assert {name: words for name, words in odd.items() if words} == {}
    whole = [html for html in tour.seen.values() if html.startswith("<!doctype")]
    assert len(whole) > 60
    assert all(f'<html lang="{tag}">' in html for html in whole)


class Tour:
    """Every screen of the portal in its states; `seen` has their HTML by a name."""

    def __init__(self, browsers: Callable[..., Browser], portal: Portal, language: str) -> None:
        self.browsers = browsers
        self.portal = portal
        self.language = language
        self.seen: dict[str, str] = {}

    def visitor(self) -> Browser:
        """Somebody new, from an address of their own."""
        browser = self.browsers(address=f"198.51.100.{len(self.seen) % 250}")
        browser.headers["accept-language"] = self.language
        return browser

    def see(self, name: str, answer: httpx.Response, *statuses: int) -> httpx.Response:
        """Note an answer; by default it must be a page without a problem."""
        assert answer.status_code in (statuses or (200,)), (name, given.words(answer))
        self.seen[name] = answer.text
        return answer

    async def pages_for_everyone(self) -> None:
        browser = self.visitor()
        for page in ("/", "/inscription", "/mot-de-passe-oublie", "/aide", "/confidentialite"):
            self.see(page, await browser.get(page))
            self.see(f"{page} in HTMX", await browser.fragment(page))
        for flash in SENTENCES:
            browser.cookies.set("flash", flash)
            self.see(flash, await browser.get("/aide"))

    async def errors(self) -> None:
        browser = self.visitor()
        other_site = {"Sec-Fetch-Site": "cross-site"}
        self.see("400", await browser.submit("/", {"inconnu": "1"}), 400)
        self.see("403", await browser.post("/", headers=other_site), 403)
        self.see("404", await browser.get("/nulle-part"), 404)
        self.see("405", await browser.get("/deconnexion"), 405)
        self.see("413", await browser.submit("/", {"matricule": "1" * 20_000}), 413)

    async def live_checks(self) -> None:
        browser = self.visitor()
        for form in FORMS.values():
            for field in filter(lambda field: field.live, form.fields):
                for number, typed in enumerate(TYPED):
                    body = {field.name: typed} | ({field.twin: "autre"} if field.twin else {})
                    url = f"/verification/{form.name}/{field.name}"
                    answer = await browser.submit(url, body, htmx=True)
                    self.see(f"{form.name}.{field.name} {number}", answer, 200, 422)

    async def signing_in(self) -> None:
        browser = self.visitor()
        await given.access(self.portal, NICOLE)
        self.see("sign in: empty", await browser.submit("/", {}), 422)
        wrong = {"matricule": NICOLE.matricule, "password": "autre"}
        await self._until(429, "sign in", browser, "/", wrong)

    async def registration(self) -> None:
        browser = self.visitor()
        self.see("step one: empty", await browser.submit("/inscription", {}), 422)
        answer = await browser.submit("/inscription", NICOLE.facts)
        self.see("step one: registered", answer, 422)
        answer = await browser.get("/inscription/acces")
        self.see("step two: by its address", answer)
        answer = await browser.submit("/inscription/acces", SYLVIE.access("ancien"))
        self.see("step two: expired", answer, 422)
        await self._until(429, "step one", browser, "/inscription", STRANGER)
        for _ in range(30):
            answer = await browser.submit("/inscription", STRANGER)
            if 'name="captcha"' in answer.text:
                break
        self.see("step one: a captcha", answer, 422)
        challenge = {**STRANGER, "challenge": given.hidden(answer, "challenge")}
        answer = await browser.submit("/inscription", {**challenge, "without_image": "1"})
        self.see("step one: patience", answer, 422)

    async def recovery(self) -> None:
        browser, url = self.visitor(), "/mot-de-passe-oublie"
        challenge = given.hidden(await browser.get(url), "challenge")
        typed = {**STRANGER, "challenge": challenge}
        self.see("recovery: empty", await browser.submit(url, {}), 422)
        self.see("recovery: no code", await browser.submit(url, typed), 422)
        answer = await browser.submit(url, {**typed, "captcha": "00000"})
        self.see("recovery: a wrong code", answer, 422)
        for button in ("autre-image", "sans-image"):
            self.see(f"recovery: {button}", await browser.submit(f"{url}/{button}", STRANGER))
        waived = {**STRANGER, "without_image": "1"}
        self.see("recovery: sent", await browser.submit(url, waived))
        await self._until(429, "recovery", browser, url, waived)

    async def members_section(self) -> None:
        browser = self.visitor()
        step_two = self.see("step two", await browser.submit("/inscription", SYLVIE.facts))
        token = given.hidden(step_two, "token")
        guessed = SYLVIE.access(token, password="lapointe33")
        url = "/inscription/acces"
        self.see("step two: empty", await browser.submit(url, {"token": token}), 422)
        self.see("step two: guessed", await browser.submit(url, guessed), 422)
        slip = SYLVIE.access(token, email="sylvie@gmial.com")
        self.see("registered", await browser.follow(url, slip))
        await self._sending(browser)
        await self._email(browser)
        await self._password(browser)
        url = "/membre/mes-renseignements"
        self.see("my data", await browser.get(url))
        # Its keys are names, the same in both languages.
        file = await browser.get(f"{url}.json")
        self.seen["my data: as a file"] = "; ".join(re.findall(r': "([^"]*)"', file.text))
        self.see("my data: nothing chosen", await browser.submit(url, {}), 422)
        await self._until(429, "my data", browser, url, {"birth_date": "1"})
        self.see("signed out", await browser.follow("/deconnexion", {}))

    async def _sending(self, browser: Browser) -> None:
        """What the page says of a mail: it waits, waits on, is given up, has left."""
        url = "/membre/envoi/1"
        self.see("sending: waits", await browser.get(url))
        [mail] = await outbox.newest(self.portal.db, failed=False, limit=1)
        now = self.portal.clock()
        for again in (now + 60, None):
            await self.portal.db.write(
                lambda tx, again=again: outbox.mark_failed(tx, mail.id, "down", again)  # type: ignore[misc]
            )
            self.see(f"sending: again {again}", await browser.get(url))
        await self.portal.db.write(lambda tx: outbox.mark_sent(tx, mail.id, now))
        self.see("sending: left", await browser.get(url))

    async def _email(self, browser: Browser) -> None:
        url, address = "/membre/courriel", "sylvie@example.net"
        change = {"email": address, "email_again": address, "current_password": SYLVIE.password}
        self.see("email: unconfirmed", await browser.get(url))
        self.see("email: empty", await browser.submit(url, {}), 422)
        wrong = {**change, "current_password": "autre"}
        self.see("email: wrong password", await browser.submit(url, wrong), 422)
        self.see("email: pending", await browser.follow(url, change))
        self.see("home: pending", await browser.get("/membre"))
        await self._until(429, "email: again", browser, f"{url}/renvoyer", {})
        nicole = await members.by_matricule(self.portal.db, NICOLE.matricule)
        assert nicole
        for whose, token in (
            ("another's", self.portal.form_tokens.make(nicole.id, bytes(32))),
            ("nobody's", "x"),
        ):
            self.see(f"email: {whose}", await browser.submit(url, {"made_for": token}), 422)

    async def _password(self, browser: Browser) -> None:
        url = "/membre/mot-de-passe"
        change = {"password": SYLVIE.password, "password_again": SYLVIE.password}
        self.see("password", await browser.get(url))
        self.see("password: empty", await browser.submit(url, {}), 422)
        right = {**change, "current_password": SYLVIE.password}
        self.see("password: changed", await browser.follow(url, right))
        another = {"password": "vent58nord9", "password_again": "vent58nord9"}
        wrong = {**another, "current_password": "autre"}
        await self._until(429, "password", browser, url, wrong)

    async def links_of_mails(self) -> None:
        member = self.visitor()
        member_id = await given.session(member, self.portal, ANDRE)
        token = self.portal.tokens.confirmation.make([member_id, "0" * 16])
        link = f"/courriel/confirmer/{token}"
        self.see("link: expired", await member.get("/courriel/confirmer/ancien"))
        self.see("link: a button", await member.get(link))
        self.see("link: sign in", await self.visitor().get(link))
        await self._not_you()
        self.see("link: void", await member.follow(link, {}))
        # Whose first name has no accent, by which a page would look French.
        await given.session(member, self.portal, NICOLE)
        self.see("link: not theirs", await member.get(link))

    async def _not_you(self) -> None:
        browser, url = self.visitor(), "/acces/bloquer/lien"
        self.see("not you: void", await browser.get(url))
        nicole = await members.by_matricule(self.portal.db, NICOLE.matricule)
        assert nicole
        until = self.portal.clock() + 60
        await self.portal.db.write(
            lambda tx: freeze_links.add(tx, token_hash("lien"), nicole.id, "n@example.org", until)
        )
        wrong = {"matricule": "99999", "birth_date": NICOLE.birth_date}
        right = {"matricule": NICOLE.matricule, "birth_date": NICOLE.birth_date}
        self.see("not you", await browser.get(url))
        self.see("not you: empty", await browser.submit(url, {}), 422)
        self.see("not you: wrong", await browser.submit(url, wrong), 422)
        self.see("not you: blocked", await browser.submit(url, right))

    async def choice_of_a_password(self) -> None:
        browser, url = self.visitor(), "/membre/nouveau-mot-de-passe"
        await given.session(browser, self.portal, MARIE, "choose")
        self.see("choose", await browser.get(url))
        self.see("choose: empty", await browser.submit(url, {}), 422)

    async def _until(
        self, status: int, name: str, browser: Browser, url: str, body: dict[str, str]
    ) -> None:
        """Send a form again and again until that status comes, noting each answer."""
        for attempt in range(40):
            answer = await browser.submit(url, body)
            if answer.status_code != 303:
                self.see(f"{name}: {attempt}", answer, 200, 422, status)
            if answer.status_code == status:
                return
        raise AssertionError(name)


STRANGER = {
    "matricule": "99999",
    "family_name": "Roy",
    "birth_date": "03/03/1933",
    "postal_code": "H1A 1A1",
}

# One for each sentence that a rule refuses with, and what is accepted.
TYPED = (
    "",
    "12",
    "123456",
    "00875",
    "Roy",
    "R2D2",
    "R&R",
    "-",
    "x" * 300,
    "30/02/1950",
    "12/25/1950",
    "01/01/1850",
    "01/01/2050",
    "01/01/50",
    "07/11/1950",
    "DDD 1A1",
    "D1A 1A1",
    "W1A 1A1",
    "J7J 8G8",
    "a@b@c.ca",
    "a b@c.ca",
    "a,b@c.ca",
    "a@" + "x" * 300 + ".ca",
    "@",
    "sylvie@gmial.com",
    "abcdefgh",
    "12345678",
    "abc12345",
    "abcde\x07123",
    "rive42sud7",
    "autre",
)
