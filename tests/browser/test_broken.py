"""What may be broken in a browser, one at a time: the whole journey goes on all the same."""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.browser.conftest import Visit
from tests.browser.visitor import Route, Visitor
from tests.browser.walk import register, walk
from tests.conftest import Post
from tools.audit.needs import CLOSED_NETWORK, chromium
from web.portal import Portal

LAST = 'document.body.removeAttribute("data-hx-ignore")'
"""The script's last act."""


@dataclass(frozen=True)
class Fault:
    """What is broken: the script, the page, or what the browser offers to both."""

    script: Callable[[str], str | None] | None = None
    """The script as it comes; None where it does not."""
    page: Callable[[str], str] | None = None
    """The page as it comes."""
    browser: str = ""
    """What runs before anything of the page."""
    retried: bool = False
    """Whether each press wants « Réessayer »."""
    plain: bool = True
    """Whether every link and form is then left to the browser."""
    tolerated: str = "^$"
    """What the console says of it."""


def half(script: str) -> str:
    return script[: len(script) // 2]


def throwing_at_the_end(script: str) -> str:
    assert script.count(LAST) == 1
    return script.replace(LAST, "(() => { throw new Error('broken') })()")


NO_COMPLEX_NOT = """
for (const name of ["matches", "closest", "querySelector", "querySelectorAll"])
  for (const { prototype } of [Element, Document, DocumentFragment]) {
    const asked = prototype[name];
    if (asked) prototype[name] = function (selector) {
      if (/:not\\([^()]*[ ,>+~]/.test(selector)) throw new DOMException("invalid", "SyntaxError");
      return asked.call(this, selector);
    };
  }"""
NO_STORAGE = """
for (const name of ["sessionStorage", "localStorage"])
  Object.defineProperty(window, name, { get() { throw new DOMException("", "SecurityError") } });"""

FAULTS = {
    "script missing": Fault(script=lambda _: None, tolerated="status of 404"),
    "script cut in half": Fault(script=half, tolerated="script: "),
    "script of another age": Fault(
        script=lambda script: "class {" + script, tolerated="SyntaxError|Unexpected"
    ),
    "script throwing at once": Fault(script="throw 'broken';".__add__, tolerated="broken"),
    "script throwing at its end": Fault(script=throwing_at_the_end, tolerated="broken"),
    "fetch refused": Fault(
        browser="window.fetch = () => Promise.reject(new TypeError('Failed to fetch'))",
        retried=True,
        plain=False,
        tolerated="Failed to fetch",
    ),
    "no fetch": Fault(browser="delete window.fetch"),
    "no replaceChildren": Fault(
        browser="for (const { prototype } of [Element, Document, DocumentFragment])"
        " delete prototype.replaceChildren"
    ),
    "no complex :not": Fault(browser=NO_COMPLEX_NOT, plain=False),
    "no requestSubmit": Fault(browser="delete HTMLFormElement.prototype.requestSubmit"),
    "storage denied": Fault(browser=NO_STORAGE, plain=False),
    "styles stripped": Fault(
        page=lambda html: re.sub("<style>.*?</style>", "", html, flags=re.S), plain=False
    ),
}


class Persistent(Visitor):
    """A visitor who presses « Réessayer » each time it is offered."""

    async def press(self, name: str) -> None:
        await super().press(name)
        await super().press("Réessayer")


async def break_down(visitor: Visitor, fault: Fault) -> None:
    """Put the fault into that visitor's browser."""
    page = visitor.page
    if fault.browser:
        await page.add_init_script(fault.browser)
    visitor.tolerated += "|" + fault.tolerated

    async def script(route: Route) -> None:
        answer = await route.fetch()
        assert fault.script
        body = fault.script(await answer.text())
        if body is None:
            await route.fulfill(status=404)
        else:
            await route.fulfill(response=answer, body=body)

    async def html(route: Route) -> None:
        if route.request.resource_type != "document":
            await route.continue_()
            return
        answer = await route.fetch(max_redirects=0)
        assert fault.page
        await route.fulfill(response=answer, body=fault.page(await answer.text()))

    if fault.script:
        await page.route("**/static/portal.*.js", script)
    if fault.page:
        await page.route("**/*", html)


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS)
async def test_the_whole_journey(visit: Visit, portal: Portal, post: Post, fault: Fault) -> None:
    visitor = await visit()
    if fault.retried:
        visitor.__class__ = Persistent
    await break_down(visitor, fault)
    visitor.scripts = not fault.plain
    await walk(visitor, portal, post)
    powered = visitor.page.locator("a[data-htmx-powered], form[data-htmx-powered]")
    assert (await powered.count() == 0) is fault.plain


@pytest.mark.usefixtures("chromium")
async def test_refused_cookies_break_no_script(site: str, tmp_path: Path) -> None:
    """A browser that refuses cookies refuses its storage too: who signs in there is told so."""
    from playwright.async_api import async_playwright

    profile = tmp_path / "profile" / "Default"
    profile.mkdir(parents=True)
    refused = {"profile": {"default_content_setting_values": {"cookies": 2}}}
    (profile / "Preferences").write_text(json.dumps(refused))
    async with async_playwright() as playwright:
        context = await playwright.chromium.launch_persistent_context(
            profile.parent, executable_path=chromium(), args=CLOSED_NETWORK, locale="fr-CA"
        )
        visitor = Visitor(await context.new_page(), site, scripts=True)
        visitor.watch()
        await register(visitor)
        assert await context.cookies() == []
        await visitor.press("Afficher ou modifier votre mot de passe")
        await visitor.see("Votre navigateur refuse les témoins (cookies)")
        await context.close()
    assert visitor.faults == []
