"""A person with a phone: what they do, what they see, and what no visit may cause."""

import os
import re
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import pytest

REQUIRED = os.environ.get("PORTAL_BROWSER") == "required"
if not REQUIRED:
    pytest.importorskip("playwright", reason="No playwright here: `make install` the tools.")

from playwright.async_api import ConsoleMessage, Error, Page, Request, Route, expect  # noqa: E402

from tests.people import Person  # noqa: E402
from web.portal import Portal  # noqa: E402

__all__ = ["Error", "Page", "Request", "Route", "Visitor", "expect"]

ACCESS = ("email", "email_again", "password", "password_again")

PLACES = """() => Object.fromEntries(
    [...document.querySelectorAll("input[id], button, .menu a, h1, footer")].map(
    e => [e.id || e.tagName + e.textContent, e.getBoundingClientRect().top + scrollY]))"""

expect.set_options(timeout=10_000)


@dataclass
class Visitor:
    """A person with a phone; `faults` gathers what no visit may cause."""

    page: Page
    site: str
    scripts: bool
    faults: list[str] = field(default_factory=list)
    requests: list[Request] = field(default_factory=list)
    tolerated: str = r"status of 4(22|29)\b"
    """What console and scripts may say: an answer of 422 is how a rule says no."""

    def watch(self) -> None:
        self.page.on("console", self._console)
        self.page.on("pageerror", lambda error: self._fault(f"script: {error}"))
        self.page.on("request", self._request)

    def _console(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self._fault(f"console: {message.text}")

    def _fault(self, text: str) -> None:
        if not re.search(self.tolerated, text):
            self.faults.append(text)

    def _request(self, request: Request) -> None:
        self.requests.append(request)
        url = urlsplit(request.url)
        if url.scheme != "data" and f"{url.scheme}://{url.netloc}" != self.site:
            self.faults.append(f"another host: {request.url}")

    async def open(self, path: str) -> None:
        """Go to an address of the portal, and wait for the script to take hold of the page."""
        await self.page.goto(self.site + path)
        if self.scripts:
            await self.page.wait_for_selector("body [data-htmx-powered]")

    async def fill(self, **texts: str) -> None:
        """Type into the fields of these names."""
        for name, text in texts.items():
            await self.page.locator(f"#{name}").fill(text)

    async def press(self, name: str) -> None:
        """Press the button or follow the link of that name."""
        button = self.page.get_by_role("button", name=name, exact=True)
        link = self.page.get_by_role("link", name=name, exact=True)
        await button.or_(link).first.click()

    async def see(self, heading: str, path: str | None = None) -> None:
        """The page with that heading is there, its title and its address too."""
        h1 = self.page.get_by_role("heading", level=1, name=heading, exact=True)
        await expect(h1).to_be_visible()
        # The title may hold no-break spaces, which Playwright keeps there.
        await expect(self.page).to_have_title(
            re.compile(r"\s".join(map(re.escape, heading.split(" "))))
        )
        if path:
            await expect(self.page).to_have_url(self.site + path)

    async def read(self, sentence: str) -> None:
        """That sentence stands in the page's main part."""
        await expect(self.page.locator("main")).to_contain_text(sentence)

    async def places(self) -> dict[str, float]:
        """How far down the page its fields, buttons, links of the menu, title and footer are."""
        places: dict[str, float] = await self.page.evaluate(PLACES)
        return places

    async def focus_is_on(self, selector: str) -> None:
        await expect(self.page.locator(selector)).to_be_focused()

    async def identify(self, person: Person) -> None:
        """Step one of the registration, sent."""
        await self.open("/inscription")
        await self.fill(**person.facts)
        await self.press("INSCRIPTION")

    async def register(self, person: Person) -> None:
        """Both steps; ends in the members' section."""
        await self.identify(person)
        await self.see("Inscription, 2e étape")
        access = person.access("")
        await self.fill(**{name: access[name] for name in ACCESS})
        await self.press("ENVOYER")
        await self.see("Section des membres", "/membre")

    async def sign_in(self, person: Person, password: str = "") -> None:
        await self.open("/")
        await self.fill(matricule=person.matricule, password=password or person.password)
        await self.press("Se connecter")

    async def captcha(self, portal: Portal) -> str:
        """What the image shows, told by the running portal itself."""
        token = await self.page.locator("[name=challenge]").input_value()
        answer = portal.challenges.answer(token)
        assert answer
        return answer
