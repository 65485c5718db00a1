"""The switch to English and back, and a page that is of one language whatever happens."""

import pytest

from db import accounts
from tests import given
from tests.browser.conftest import Visit
from tests.browser.visitor import Visitor, expect
from tests.people import FRANCOIS
from web.portal import Portal


async def speaks(visitor: Visitor, language: str) -> None:
    """Header, page, footer and the page's own mark are all in that language."""
    html = visitor.page.locator("html")
    words = {"en-CA": ("Help", "Français", "Your personal information")}
    words["fr-CA"] = ("Aide", "English", "Vos renseignements personnels")
    await expect(html).to_have_attribute("lang", language)
    for text in words[language]:
        await expect(visitor.page.get_by_text(text, exact=True).first).to_be_visible()


async def test_the_switch_stays_on_the_page(either: Visitor) -> None:
    await either.open("/")
    await either.press("Inscrivez-vous")
    await either.see("Inscription", "/inscription")
    await speaks(either, "fr-CA")

    await either.press("English")
    await either.see("Registration", "/inscription")
    await speaks(either, "en-CA")

    await either.fill(**FRANCOIS.facts)
    await either.press("REGISTER")
    await either.see("Registration, step 2")
    await speaks(either, "en-CA")

    await either.press("Français")
    await either.see("Inscription, 2e étape")
    await speaks(either, "fr-CA")
    await either.press("English")
    await either.see("Registration, step 2")

    await either.press("Help")
    await either.see("Guide to the portal", "/aide")
    await either.press("Français")
    await either.see("Le guide du portail", "/aide")
    await speaks(either, "fr-CA")


async def test_the_switch_is_reached_by_the_keyboard(visitor: Visitor) -> None:
    await visitor.open("/aide")
    switch = visitor.page.get_by_role("button", name="English")
    await switch.focus()
    await visitor.page.keyboard.press("Enter")
    await visitor.see("Guide to the portal", "/aide")


@pytest.mark.parametrize("language", ["en-CA", "fr-CA"])
async def test_the_phones_language_is_asked_for(visit: Visit, language: str) -> None:
    visitor = await visit(locale=language)
    await visitor.open("/")
    await speaks(visitor, language)


async def test_signing_in_turns_the_whole_page_to_the_members_language(
    either: Visitor, portal: Portal
) -> None:
    member_id = await given.access(portal, FRANCOIS)
    await portal.db.write(lambda tx: accounts.set_language(tx, member_id, "en"))

    await either.sign_in(FRANCOIS)

    await either.see("Members’ section", "/membre")
    await speaks(either, "en-CA")


async def test_a_page_stays_of_one_language_when_another_tab_switches(visitor: Visitor) -> None:
    await visitor.open("/")
    other = Visitor(await visitor.page.context.new_page(), visitor.site, scripts=True)
    await other.open("/")
    await other.press("English")
    await other.see("Sign in", "/")

    await visitor.press("Inscrivez-vous")
    await visitor.see("Inscription", "/inscription")
    await visitor.fill(matricule="875")
    await visitor.press("INSCRIPTION")
    await expect(visitor.page.locator("#matricule-message")).to_contain_text("écrivez 00875")
    await speaks(visitor, "fr-CA")

    await visitor.page.reload()
    await visitor.see("Registration", "/inscription")
    await speaks(visitor, "en-CA")
