"""Small helps around the fields: « Afficher », separators of a date, messages in their place."""

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest

from settings import Settings
from tests.browser.conftest import Visit
from tests.browser.visitor import Route, Visitor, expect
from tests.people import FRANCOIS

HEIGHTS = "es => es.map(e => e.offsetHeight)"


async def test_a_password_can_be_shown_and_is_hidden_again_before_it_leaves(
    visitor: Visitor,
) -> None:
    await visitor.open("/")
    field, show = visitor.page.locator("#password"), visitor.page.locator(".show")
    await field.fill("rive42sud7")
    await expect(show).to_have_accessible_name("Afficher : Mot de passe")
    await show.click()
    await expect(show).to_have_accessible_name("Masquer : Mot de passe")
    await expect(show).to_contain_text("Masquer")
    await expect(field).to_have_attribute("type", "text")
    await expect(field).to_have_value("rive42sud7")
    await visitor.page.evaluate(
        "addEventListener('submit', ({target}) => document.title = target.password.type)"
    )
    await visitor.page.route("**/", lambda route: route.abort())
    visitor.tolerated += "|ERR_FAILED|Failed to fetch"
    await visitor.press("Se connecter")
    await expect(visitor.page).to_have_title("password")
    await expect(show).to_have_accessible_name("Afficher : Mot de passe")


async def test_without_scripts_there_is_no_button_that_does_nothing(visit: Visit) -> None:
    visitor = await visit(scripts=False)
    await visitor.open("/")
    await expect(visitor.page.locator("#password")).to_be_visible()
    await expect(visitor.page.locator(".show")).to_have_css("display", "none")


async def test_the_button_comes_with_the_script_and_moves_nothing(visit: Visit) -> None:
    visitor = await visit(scripts=False, java_script_enabled=True)
    arrives = asyncio.Event()

    async def late(route: Route) -> None:
        await arrives.wait()
        await route.continue_()

    await visitor.page.route("**/static/portal.*.js", late)
    await visitor.page.goto(visitor.site + "/", wait_until="commit")
    show = visitor.page.locator(".show")
    await visitor.page.locator("footer").wait_for()
    await expect(show).to_have_css("display", "none")
    before = await visitor.places()
    arrives.set()
    await expect(show).to_be_visible()
    after = await visitor.places()
    assert [name for name in before if before[name] != after[name]] == [
        "BUTTONAfficher\u00a0: Mot de passe"
    ]


async def test_password_managers_understand_the_forms(visitor: Visitor) -> None:
    await visitor.open("/")
    page = visitor.page
    await expect(page.locator("#matricule")).to_have_attribute("autocomplete", "username")
    await expect(page.locator("#password")).to_have_attribute("autocomplete", "current-password")
    await visitor.identify(FRANCOIS)
    await visitor.see("Inscription, 2e étape")
    await expect(page.locator("#matricule")).to_have_attribute("autocomplete", "username")
    await expect(page.locator("#email")).to_have_attribute("autocomplete", "email")
    for name in ("password", "password_again"):
        await expect(page.locator(f"#{name}")).to_have_attribute("autocomplete", "new-password")
    await expect(page.locator("#password")).to_have_attribute(
        "passwordrules",
        "minlength: 8; maxlength: 12; required: [abcdefgh]; required: [ijklmnopq]; "
        "required: [rstuvwxyz]; required: [0123]; required: [456]; required: [789];",
    )


@pytest.mark.parametrize(
    ("path", "names"),
    [
        ("courriel", ["current-password"]),
        ("mot-de-passe", ["current-password", "new-password", "new-password"]),
    ],
)
async def test_a_password_manager_finds_the_matricule_beside_every_password(
    visitor: Visitor, path: str, names: list[str]
) -> None:
    await visitor.register(FRANCOIS)
    await visitor.open(f"/membre/{path}")
    form = visitor.page.locator("form:has(.secret)")
    user = form.locator("[autocomplete=username]")
    await expect(user).to_have_value(FRANCOIS.matricule)
    fields = form.locator(".secret input")
    found = [await field.get_attribute("autocomplete") for field in await fields.all()]
    assert found == names


async def test_a_long_password_is_pasted_whole_and_refused_not_cut(visitor: Visitor) -> None:
    await visitor.identify(FRANCOIS)
    await visitor.see("Inscription, 2e étape")
    long = "rive42sud7rive42sud7"
    await visitor.page.locator("#password").focus()
    await visitor.page.keyboard.insert_text(long)
    await expect(visitor.page.locator("#password")).to_have_value(long)
    await visitor.press("ENVOYER")
    await visitor.focus_is_on(".summary")
    await expect(visitor.page.locator("#password-message")).to_contain_text("8 à 12 caractères")


async def test_typing_a_date_puts_its_separators_in(visitor: Visitor) -> None:
    await visitor.open("/inscription")
    field = visitor.page.locator("#birth_date")
    for keys, value in (
        ("07111950", "07/11/1950"),
        ("07/11/1950", "07/11/1950"),
        ("07-11-1950", "07-11-1950"),
        ("1950-11-07", "1950-11-07"),
        ("2005-01-02", "2005-01-02"),
        ("1908-05-01", "1908-05-01"),
        ("20050102", "20050102"),
        ("19080501", "19080501"),
        ("7111950", "7111950"),
    ):
        await field.clear()
        await field.press_sequentially(keys)
        await expect(field).to_have_value(value)


async def test_separators_never_fight_a_correction(visitor: Visitor) -> None:
    await visitor.open("/inscription")
    field, keyboard = visitor.page.locator("#birth_date"), visitor.page.keyboard
    await field.press_sequentially("071119")
    await expect(field).to_have_value("07/11/19")
    for left in ("07/11/1", "07/11/", "07/11", "07/1", "07/", "07", "0"):
        await keyboard.press("Backspace")
        await expect(field).to_have_value(left)
    await field.press_sequentially("711")
    await expect(field).to_have_value("0711")
    await field.fill("71")
    await keyboard.press("Home")
    await keyboard.type("0")
    await expect(field).to_have_value("071")
    async with visitor.page.expect_response("**/verification/**"):
        await keyboard.press("Tab")
    await expect(visitor.page.locator("#birth_date-message .error")).to_be_visible()


async def test_a_keyboard_that_composes_is_left_alone(visitor: Visitor) -> None:
    await visitor.open("/inscription")
    field = visitor.page.locator("#birth_date")
    await field.focus()
    session = await visitor.page.context.new_cdp_session(visitor.page)
    for length in range(1, 9):
        await session.send(
            "Input.imeSetComposition",
            {"text": "07111950"[:length], "selectionStart": length, "selectionEnd": length},
        )
    await session.send("Input.insertText", {"text": "07111950"})
    await expect(field).to_have_value("07111950")


async def test_a_date_left_right_after_a_separator_is_checked(visitor: Visitor) -> None:
    await visitor.open("/inscription")
    await visitor.page.locator("#birth_date").press_sequentially("071119")
    async with visitor.page.expect_response("**/verification/**"):
        await visitor.page.keyboard.press("Tab")


async def test_correcting_a_field_judges_the_one_that_repeats_it_again(visitor: Visitor) -> None:
    await visitor.identify(FRANCOIS)
    await visitor.see("Inscription, 2e étape")
    again = visitor.page.locator("#email_again")
    await visitor.fill(email="f@example.com", email_again="g@example.com")
    await again.blur()
    await expect(again).to_have_attribute("aria-invalid", "true")
    await visitor.fill(email="g@example.com")
    await visitor.page.locator("#email").blur()
    await expect(again).not_to_have_attribute("aria-invalid", "true")
    await expect(visitor.page.locator("#email_again-message .met")).to_be_visible()


async def test_live_messages_move_nothing(visitor: Visitor) -> None:
    await visitor.open("/inscription")
    before = await visitor.places()
    await visitor.fill(matricule="875", family_name="123", birth_date="31/02/1950", postal_code="D")
    await visitor.page.locator("#postal_code").blur()
    await expect(visitor.page.locator(".message .error")).to_have_count(4)
    assert await visitor.places() == before
    await visitor.identify(FRANCOIS)
    await visitor.see("Inscription, 2e étape")
    before = await visitor.places()
    await visitor.fill(email="f@", email_again="g@example.com", password_again="x")
    await visitor.page.locator("#password").press_sequentially("abc12345")
    await visitor.page.locator("#password").blur()
    await expect(visitor.page.locator("#password-message .error")).to_be_visible()
    await expect(visitor.page.locator(".message .error")).to_have_count(4)
    assert await visitor.places() == before


async def test_nothing_typed_outlives_the_registration(visitor: Visitor) -> None:
    await visitor.register(FRANCOIS)
    assert await visitor.page.evaluate("sessionStorage.length") == 0


async def test_the_portal_can_be_put_on_the_home_screen(visitor: Visitor) -> None:
    await visitor.open("/")
    session = await visitor.page.context.new_cdp_session(visitor.page)
    answer = await session.send("Page.getAppManifest")
    assert answer["errors"] == []
    assert answer["url"] == f"{visitor.site}/manifest.webmanifest"
    problems = await session.send("Page.getInstallabilityErrors")
    # The tests' windows are private ones, which is all that Chromium holds against it.
    assert [p["errorId"] for p in problems["installabilityErrors"]] == ["in-incognito"]


class TestAnOfficeOfItsOwn:
    """The accent and the logo are settings."""

    @pytest.fixture
    def settings(self, settings: Settings, tmp_path: Path) -> Settings:
        logo = tmp_path / "enseigne.svg"
        logo.write_text(
            '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 3 1"><path d="M0 0h3v1"/></svg>'
        )
        return replace(settings, accent="#7a1f5c", logo=logo)

    async def test_its_accent_and_logo_are_shown(self, visitor: Visitor) -> None:
        await visitor.open("/")
        button = visitor.page.get_by_role("button", name="Se connecter")
        await expect(button).to_have_css("background-color", "rgb(122, 31, 92)")
        logo = visitor.page.locator("header img")
        assert await logo.evaluate("image => image.naturalWidth") > 0
        await visitor.page.emulate_media(color_scheme="dark")
        await expect(button).not_to_have_css("background-color", "rgb(122, 31, 92)")


TYPED = {
    "identite": (
        {"matricule": "875", "family_name": "R&R", "birth_date": "30/02/1950", "postal_code": "x"},
        {
            "matricule": "x",
            "family_name": "R2",
            "birth_date": "01/01/2050",
            "postal_code": "D0D0D0",
        },
        {"family_name": "R" * 81, "birth_date": "07/11/50", "postal_code": "W0W 0W0"},
        {"family_name": "-", "birth_date": "1950/11/07 x", "postal_code": "J7J8G8"},
        {"family_name": "Roy", "birth_date": "11/31/1950"},
        {"birth_date": "01/01/1850"},
    ),
    "acces": (
        {"email": "f@", "email_again": "g@example.com", "password": "abc", "password_again": "x"},
        {"email": "f", "email_again": "g", "password": "abc12345"},
        {"email": "f@gmial.com", "password": "abcdefgh"},
        {"email": "a@b@c.ca", "password": "12345678"},
        {"email": "a b@c.ca", "password": "rive42sud7"},
        {"email": "a,b@c.ca", "password": "x" * 20},
        {"email": "f" * 250 + "@example.com"},
    ),
}
"""Texts that bring out every sentence of the live checks."""


@pytest.mark.parametrize("language", ["fr", "en"])
@pytest.mark.parametrize("width", [320, 360])
async def test_no_live_message_moves_anything(visit: Visit, language: str, width: int) -> None:
    visitor = await visit(
        locale=f"{language}-CA", viewport={"width": width, "height": 740}, is_mobile=True
    )
    page, moved = visitor.page, {}
    await visitor.open("/inscription")
    for form, texts in TYPED.items():
        if form == "acces":
            await visitor.fill(**FRANCOIS.facts)
            await page.locator("main form button:not([type])").click()
            await page.locator("#email").wait_for()
        before = await visitor.places()
        for fields in texts:
            for name, text in fields.items():
                async with page.expect_response(f"**/{name}"):
                    await page.locator(f"#{name}").fill(text)
                    await page.locator(f"#{name}").blur()
            await page.wait_for_timeout(100)
            after = await visitor.places()
            if after != before:
                messages = page.locator(".message")
                tall = {
                    name: await page.locator(f"#{name}-message").inner_text() for name in fields
                }
                moved[str(fields)] = (tall, await messages.evaluate_all(HEIGHTS))
    assert moved == {}
