"""Two members on one browser, as couples share a tablet: nobody's things reach the other."""

from tests.browser.visitor import Visitor, expect
from tests.conftest import TurnedClock
from tests.given import access
from tests.people import FRANCOIS, SYLVIE
from web.portal import Portal

STEP_TWO = "Inscription, 2e étape"
EMAIL = "Votre adresse courriel"


async def another_tab(visitor: Visitor) -> Visitor:
    """The same browser's second tab."""
    return Visitor(await visitor.page.context.new_page(), visitor.site, visitor.scripts)


async def test_the_next_member_does_not_find_the_address_that_was_typed(visitor: Visitor) -> None:
    email = visitor.page.locator("#email")
    await visitor.identify(FRANCOIS)
    await visitor.see(STEP_TWO)
    await visitor.fill(email="f@example.com")
    await email.blur()
    await visitor.identify(SYLVIE)
    await visitor.see(STEP_TWO)
    await expect(email).to_have_value("")
    await visitor.identify(FRANCOIS)
    await visitor.see(STEP_TWO)
    await expect(email).to_have_value("f@example.com")


async def test_x1_a_members_form_under_anothers_session_says_whose_it_is(
    either: Visitor, portal: Portal
) -> None:
    for person in (FRANCOIS, SYLVIE):
        await access(portal, person)
    await either.sign_in(FRANCOIS)
    await either.see("Section des membres")
    await either.press("Afficher ou modifier votre adresse courriel")
    await either.see(EMAIL)
    other = await another_tab(either)
    await other.open("/")
    await other.press("Se déconnecter")
    await other.see("Se connecter")
    await other.sign_in(SYLVIE)
    await other.see("Section des membres")
    typed = {"email": "nouveau@example.org", "email_again": "nouveau@example.org"}
    await either.fill(**typed, current_password=SYLVIE.password)
    await either.press("ENVOYER")
    await either.see("Rien n’a été changé")
    await expect(either.page.locator("main")).to_contain_text("François avait ouvert cette page")
    assert await portal.db.all("SELECT * FROM email_change") == []
    await either.press("Se déconnecter")
    await either.see("Se connecter")
    await either.sign_in(FRANCOIS)
    await either.see(EMAIL, "/membre/courriel")
    await expect(either.page.locator("#email")).to_have_value("nouveau@example.org")


async def test_a_session_that_ended_while_typing_leads_back_to_the_form(
    either: Visitor, portal: Portal, clock: TurnedClock
) -> None:
    await access(portal, FRANCOIS)
    await either.sign_in(FRANCOIS)
    await either.see("Section des membres")
    await either.press("Afficher ou modifier votre adresse courriel")
    await either.see(EMAIL)
    typed = {"email": "nouveau@example.org", "email_again": "nouveau@example.org"}
    await either.fill(**typed, current_password=FRANCOIS.password)
    clock.turn(minutes=31)
    await either.press("ENVOYER")
    await either.see("Se connecter", "/")
    await expect(either.page.locator("main")).to_contain_text("vous retrouverez ce que vous aviez")
    await either.page.reload()
    await either.sign_in(FRANCOIS)
    await either.see(EMAIL, "/membre/courriel")
    await expect(either.page.locator("#email")).to_have_value("nouveau@example.org")
    await expect(either.page.locator("#current_password")).to_have_value("")
    await either.fill(current_password=FRANCOIS.password)
    await either.press("ENVOYER")
    await expect(either.page.locator("main")).to_contain_text("Presque terminé")
