"""What was typed comes back with its page, as a plain page keeps it; and to nobody else."""

import pytest

from tests.browser.visitor import ACCESS, Visitor, expect
from tests.given import access
from tests.people import FRANCOIS, SYLVIE
from web.portal import Portal

STEP_TWO = "Inscription, 2e étape"
EMAIL = "Votre adresse courriel"


async def typed(visitor: Visitor, **texts: str) -> None:
    for name, text in texts.items():
        await expect(visitor.page.locator(f"#{name}")).to_have_value(text)


async def stored(visitor: Visitor) -> str:
    """All that the tab keeps."""
    text: str = await visitor.page.evaluate("JSON.stringify(sessionStorage)")
    return text


async def test_back_from_step_two_finds_the_facts(either: Visitor) -> None:
    await either.identify(FRANCOIS)
    await either.see(STEP_TWO)
    await either.page.go_back()
    await either.see("Inscription", "/inscription")
    await typed(either, **FRANCOIS.facts)


async def test_back_from_another_page_finds_the_facts(either: Visitor) -> None:
    await either.open("/inscription")
    await either.fill(**FRANCOIS.facts)
    await either.press("Aide")
    await either.see("Le guide du portail")
    await either.page.go_back()
    await either.see("Inscription", "/inscription")
    await typed(either, **FRANCOIS.facts)


@pytest.mark.parametrize(
    ("path", "heading"),
    [("/inscription", "Registration"), ("/mot-de-passe-oublie", "Forgot your password?")],
)
async def test_the_other_language_finds_the_facts(
    visitor: Visitor, path: str, heading: str
) -> None:
    await visitor.open(path)
    await visitor.fill(**FRANCOIS.facts)
    await visitor.press("English")
    await visitor.see(heading, path)
    await typed(visitor, **FRANCOIS.facts)


async def test_a_captchas_code_is_not_kept(visitor: Visitor) -> None:
    await visitor.open("/mot-de-passe-oublie")
    await visitor.fill(matricule=FRANCOIS.matricule, captcha="N44KM")
    assert FRANCOIS.matricule in await stored(visitor)
    assert "N44KM" not in await stored(visitor)


async def test_a_page_that_is_opened_anew_is_empty(visitor: Visitor) -> None:
    await visitor.open("/inscription")
    await visitor.fill(**FRANCOIS.facts)
    await visitor.open("/")
    await visitor.press("Inscrivez-vous")
    await visitor.see("Inscription", "/inscription")
    await typed(visitor, matricule="", family_name="", birth_date="", postal_code="")
    # Nor does the language bring here what was typed at another page.
    await visitor.fill(matricule=SYLVIE.matricule)
    await visitor.press("English")
    await visitor.see("Registration")
    await typed(visitor, matricule=SYLVIE.matricule)


async def test_nothing_of_it_is_left_once_somebody_registered(visitor: Visitor) -> None:
    await visitor.identify(FRANCOIS)
    await visitor.see(STEP_TWO)
    texts = FRANCOIS.access("")
    await visitor.fill(**{name: texts[name] for name in ACCESS})
    show = visitor.page.locator(".show").first
    await show.click()
    await visitor.fill(password="")
    await visitor.page.locator("#password").press_sequentially(FRANCOIS.password)
    assert FRANCOIS.postal_code in await stored(visitor)
    assert FRANCOIS.password not in await stored(visitor)
    await visitor.press("ENVOYER")
    await visitor.see("Section des membres", "/membre")
    left = await stored(visitor)
    for fact in (*FRANCOIS.facts.values(), texts["email"]):
        assert fact not in left


async def test_nothing_of_it_is_left_once_somebody_signed_in_or_out(
    visitor: Visitor, portal: Portal
) -> None:
    await access(portal, FRANCOIS)
    await visitor.open("/inscription")
    await visitor.fill(**SYLVIE.facts)
    await visitor.sign_in(FRANCOIS)
    await visitor.see("Section des membres")
    assert SYLVIE.postal_code not in await stored(visitor)
    await visitor.press("Afficher ou modifier votre adresse courriel")
    await visitor.see(EMAIL)
    await visitor.fill(email="nouveau@example.org")
    await visitor.page.go_back()
    await visitor.see("Section des membres")
    await visitor.page.go_forward()
    await visitor.see(EMAIL)
    await typed(visitor, email="nouveau@example.org")
    assert FRANCOIS.password not in await stored(visitor)
    await visitor.page.go_back()
    await visitor.see("Section des membres")
    await visitor.press("Se déconnecter")
    await visitor.see("Se connecter")
    assert "nouveau@example.org" not in await stored(visitor)


async def test_x1_what_one_member_typed_does_not_come_back_to_the_next(
    visitor: Visitor, portal: Portal
) -> None:
    for person in (FRANCOIS, SYLVIE):
        await access(portal, person)
    await visitor.sign_in(FRANCOIS)
    await visitor.see("Section des membres")
    await visitor.press("Afficher ou modifier votre adresse courriel")
    await visitor.see(EMAIL)
    await visitor.fill(email="francois@example.org")
    other = Visitor(await visitor.page.context.new_page(), visitor.site, scripts=True)
    await other.open("/")
    await other.press("Se déconnecter")
    await other.see("Se connecter")
    await other.sign_in(SYLVIE)
    await other.see("Section des membres")
    await visitor.press("Aide")
    await visitor.see("Le guide du portail")
    await visitor.page.go_back()
    await visitor.see(EMAIL, "/membre/courriel")
    await typed(visitor, email="")
