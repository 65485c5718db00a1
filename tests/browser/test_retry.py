"""Nobody is locked out by the script: what fails twice, or is answered by others, goes plainly."""

import asyncio
import contextlib
import re

import pytest

from tests.browser.visitor import Error, Route, Visitor, expect
from tests.people import FRANCOIS

STEP_TWO = "Inscription, 2e étape"
REFUSED = "window.fetch = () => Promise.reject(new TypeError('Failed to fetch'))"
FOREIGN = "<!doctype html><html><head><title>Bloqué</title></head><body>Bloqué</body></html>"
NO_PAGES = {
    "a gateway that is down": {"status": 502, "body": "<h1>Bad Gateway</h1>"},
    "a proxy's page": {"status": 200, "content_type": "text/html", "body": FOREIGN},
    "a proxy's quota": {"status": 429, "content_type": "text/html", "body": FOREIGN},
    "a firewall": {"status": 403, "content_type": "text/html", "body": FOREIGN},
    "nothing at all": {"status": 200, "body": ""},
}


@pytest.fixture
def visitor(visitor: Visitor) -> Visitor:
    """Whose console may tell of what these tests break."""
    visitor.tolerated += "|status of (403|500|502)|ERR_FAILED|Failed to fetch|htmx:error"
    return visitor


async def answer_the_script(visitor: Visitor, pattern: str, answer: dict[str, object]) -> None:
    """Answer what the script asks for in the portal's place; plain forms and links pass."""

    async def answered(route: Route) -> None:
        if route.request.resource_type == "fetch":
            await route.fulfill(**answer)  # type: ignore[arg-type]
        else:
            await route.continue_()

    await visitor.page.route(pattern, answered)


async def is_another_document(visitor: Visitor) -> None:
    """The page came plainly: what was left in the window of the one before is gone."""
    assert await visitor.page.evaluate("window.left === undefined")


async def fill_step_one(visitor: Visitor) -> None:
    await visitor.open("/inscription")
    await visitor.page.evaluate("window.left = true")
    await visitor.fill(**FRANCOIS.facts)


async def test_a_form_that_cannot_be_fetched_twice_is_sent_plainly(visitor: Visitor) -> None:
    await visitor.page.add_init_script(REFUSED)
    await fill_step_one(visitor)
    await visitor.press("INSCRIPTION")
    await expect(visitor.page.locator("#trouble")).to_contain_text("interrompue")
    await visitor.press("Réessayer")
    await visitor.see(STEP_TWO)
    await is_another_document(visitor)


async def test_a_link_that_cannot_be_fetched_twice_is_followed_plainly(visitor: Visitor) -> None:
    await visitor.page.add_init_script(REFUSED)
    await visitor.open("/")
    await visitor.press("Aide")
    await visitor.press("Aide")
    await visitor.see("Le guide du portail", "/aide")


async def test_a_plain_form_names_the_button_that_was_pressed(visitor: Visitor) -> None:
    await visitor.page.add_init_script(REFUSED)
    await visitor.open("/mot-de-passe-oublie")
    await visitor.fill(**FRANCOIS.facts)
    await visitor.press("Je ne peux pas lire l’image")
    await visitor.press("Réessayer")
    await visitor.page.wait_for_url("**/sans-image")
    await expect(visitor.page.locator("#captcha")).to_have_count(0)
    await expect(visitor.page.locator("#family_name")).to_have_value("Lapointe")


async def test_a_password_that_is_shown_is_hidden_before_it_leaves_plainly(
    visitor: Visitor,
) -> None:
    await visitor.page.add_init_script(REFUSED)
    await visitor.page.add_init_script(
        "HTMLFormElement.prototype.requestSubmit = new Proxy(HTMLFormElement.prototype"
        ".requestSubmit, { apply(to, form, names) { to.apply(form, names);"
        " sessionStorage.type = form.password.type; } })"
    )
    await visitor.open("/")
    await visitor.fill(matricule="00875", password="rive42sud7")
    await visitor.press("Se connecter")
    await visitor.page.locator(".show").click()
    await visitor.press("Réessayer")
    await expect(visitor.page.locator(".summary")).to_contain_text("n’est pas le bon")
    assert await visitor.page.evaluate("sessionStorage.type") == "password"


@pytest.mark.parametrize("answer", NO_PAGES.values(), ids=NO_PAGES)
async def test_an_answer_that_is_no_page_of_ours_is_not_shown_and_the_form_goes_plainly(
    visitor: Visitor, answer: dict[str, object]
) -> None:
    await answer_the_script(visitor, "**/inscription", answer)
    await fill_step_one(visitor)
    await visitor.press("INSCRIPTION")
    await expect(visitor.page.locator("#trouble")).to_contain_text("n’a pas pu répondre")
    await expect(visitor.page.locator("#family_name")).to_have_value("Lapointe")
    await expect(visitor.page.get_by_role("button", name="INSCRIPTION")).to_be_enabled()
    await visitor.press("Réessayer")
    await visitor.see(STEP_TWO)
    await is_another_document(visitor)


async def test_an_answer_that_cannot_be_shown_is_not_called_a_lost_network(
    visitor: Visitor,
) -> None:
    await fill_step_one(visitor)
    await visitor.page.evaluate(
        "() => { document.getElementById('main').replaceChildren = () => { throw new Error } }"
    )
    await visitor.press("INSCRIPTION")
    await expect(visitor.page.locator("#trouble")).to_contain_text("n’a pas pu répondre")
    await visitor.press("Réessayer")
    await visitor.see(STEP_TWO)


async def test_what_breaks_before_anything_is_asked_goes_plainly_at_once(visitor: Visitor) -> None:
    await visitor.page.add_init_script("window.FormData = class { constructor() { throw 0 } }")
    await visitor.open("/mot-de-passe-oublie")
    await visitor.fill(**FRANCOIS.facts)
    await visitor.press("Je ne peux pas lire l’image")
    await visitor.page.wait_for_url("**/sans-image")
    await visitor.press("Aide")
    await visitor.see("Le guide du portail", "/aide")


@pytest.mark.parametrize("reason", [True, False], ids=["today", "before AbortSignal.reason"])
async def test_an_answer_that_comes_too_late_is_given_up_in_words(
    visitor: Visitor, reason: bool
) -> None:
    """Thirty seconds, made one for this test."""
    answer = asyncio.Event()

    async def hurried(route: Route) -> None:
        page = await route.fetch()
        text = await page.text()
        assert '"defaultTimeout":30000' in text
        await route.fulfill(response=page, body=text.replace('Timeout":30000', 'Timeout":1000'))

    async def late(route: Route) -> None:
        await answer.wait()
        with contextlib.suppress(Error):  # the browser has given it up already
            await route.abort()

    if not reason:
        await visitor.page.add_init_script(
            "const abort = AbortController.prototype.abort;"
            "AbortController.prototype.abort = function () { abort.call(this) }"
        )
    await visitor.page.route("**/inscription", hurried)
    await visitor.open("/inscription")
    await visitor.page.unroute("**/inscription")
    await visitor.page.route("**/inscription", late)
    await visitor.fill(**FRANCOIS.facts)
    await visitor.press("INSCRIPTION")
    await expect(visitor.page.get_by_role("status")).to_have_text("Un instant…")
    await expect(visitor.page.get_by_role("alert")).to_contain_text("interrompue")
    await expect(visitor.page.locator("#family_name")).to_have_value("Lapointe")
    answer.set()
    await visitor.page.unroute("**/inscription")
    await visitor.press("Réessayer")
    await visitor.see(STEP_TWO)


async def test_back_in_chromium_102_which_cannot_intercept_it(visitor: Visitor) -> None:
    await visitor.page.add_init_script("delete NavigateEvent.prototype.intercept")
    await visitor.open("/")
    await visitor.press("Aide")
    await visitor.see("Le guide du portail", "/aide")
    await visitor.page.go_back()
    await visitor.see("Se connecter", "/")


UNCHECKED = {
    "a lost network": None,
    "a quota": {"status": 429, "body": "Too Many Requests"},
    "an error": {"status": 500, "body": "Internal Server Error"},
    "a refusal": {"status": 400, "body": "Bad Request"},
    "a proxy's page": {"status": 200, "content_type": "text/html", "body": FOREIGN},
}


@pytest.mark.parametrize("answer", UNCHECKED.values(), ids=UNCHECKED)
async def test_a_check_that_cannot_be_made_leaves_no_earlier_error(
    visitor: Visitor, answer: dict[str, object] | None
) -> None:
    visitor.tolerated += "|status of 4"
    await visitor.open("/inscription")
    field, message = visitor.page.locator("#matricule"), visitor.page.locator("#matricule-message")
    await field.fill("875")
    await field.blur()
    await expect(message).to_contain_text("écrivez 00875")
    if answer:
        await visitor.page.route("**/verification/**", lambda route: route.fulfill(**answer))
    else:
        await visitor.page.route("**/verification/**", lambda route: route.abort())
    await field.fill("00875")
    await field.blur()
    await expect(message).to_be_empty()
    await expect(field).not_to_have_attribute("aria-invalid", re.compile("."))
    await expect(visitor.page.locator("#matricule-hint")).to_be_visible()
    await expect(visitor.page.locator("#trouble")).to_be_empty()


async def test_the_rules_of_a_password_that_cannot_be_checked_are_neither_met_nor_missed(
    visitor: Visitor,
) -> None:
    await visitor.identify(FRANCOIS)
    await visitor.see(STEP_TWO)
    field, rules = visitor.page.locator("#password"), visitor.page.locator("#password-message li")
    await field.press_sequentially("abc")
    await expect(rules.locator("nth=1")).to_have_class("met")
    before = await visitor.places()
    await visitor.page.route("**/verification/**", lambda route: route.abort())
    await field.press_sequentially("4567")
    await expect(visitor.page.locator("#password-message .met")).to_have_count(0)
    await expect(rules).to_have_count(3)
    assert "✓" not in await visitor.page.locator("#password-message").inner_text()
    assert await visitor.places() == before
