"""The image's own buttons keep the view; an empty or wrong code is told as any other error."""

import pytest

from tests.browser.visitor import Visitor, expect
from tests.people import FRANCOIS
from web.portal import Portal

HEARD = """() => {
    window.heard = [];
    const live = [...document.querySelectorAll("[role=alert], [role=status], [aria-live]")];
    const hear = () => heard.push(...live.map(e => e.textContent.trim()).filter(Boolean));
    for (const region of live)
        new MutationObserver(hear).observe(region, {childList: true, characterData: true,
            subtree: true});
}"""
"""Gathers what live regions say from now on."""


async def scrolled(visitor: Visitor) -> float:
    place: float = await visitor.page.evaluate("scrollY")
    return place


async def begin(either: Visitor) -> None:
    await either.open("/mot-de-passe-oublie")
    await either.fill(**FRANCOIS.facts)
    await either.page.get_by_role("button", name="Une autre image").scroll_into_view_if_needed()


async def test_another_image_keeps_the_view_and_leads_to_its_code(either: Visitor) -> None:
    await begin(either)
    image = either.page.locator(".captcha img")
    before, source = await scrolled(either), await image.get_attribute("src")
    assert before > 100
    await either.press("Une autre image")
    await expect(image).not_to_have_attribute("src", source or "")
    await either.focus_is_on("#captcha")
    await expect(either.page.locator("#captcha")).to_be_in_viewport()
    await expect(image).to_be_in_viewport()
    await expect(either.page.locator("#captcha")).to_have_accessible_description(
        "Cinq lettres ou chiffres, majuscules ou minuscules "
        "Voici une autre image\u00a0: recopiez son code."
    )
    await expect(either.page.locator("#family_name")).to_have_value("Lapointe")
    if either.scripts:
        assert abs(await scrolled(either) - before) < 50


async def test_another_image_is_told_once(visitor: Visitor) -> None:
    await begin(visitor)
    await visitor.page.evaluate(HEARD)
    await visitor.press("Une autre image")
    await visitor.focus_is_on("#captcha")
    assert set(await visitor.page.evaluate("heard")) <= {"Un instant…"}


async def test_without_the_image_the_view_stays_and_what_is_said_takes_the_focus(
    either: Visitor,
) -> None:
    await begin(either)
    await either.press("Je ne peux pas lire l’image")
    await either.focus_is_on(".note")
    await expect(either.page.locator(".note")).to_be_in_viewport()
    await expect(either.page.locator(".note")).to_have_accessible_name(
        "Vous pouvez envoyer sans recopier d’image. "
        "Le bureau peut aussi vous aider au 450 555-0199."
    )


@pytest.mark.parametrize("typed", ["", "ZZZZZ"], ids=["empty", "wrong"])
@pytest.mark.parametrize("family_name", ["Lapointe", ""], ids=["alone", "with another error"])
async def test_a_code_that_is_empty_or_wrong_is_told_with_the_other_errors(
    visitor: Visitor, typed: str, family_name: str
) -> None:
    await visitor.open("/mot-de-passe-oublie")
    await visitor.fill(**{**FRANCOIS.facts, "family_name": family_name}, captcha=typed)
    await visitor.press("ENVOYER")
    await visitor.focus_is_on(".summary")
    links = visitor.page.locator(".summary a")
    told = ["Nom de famille complet", "Code de l’image"]
    await expect(links).to_have_text(told if not family_name else told[1:])
    await expect(visitor.page.locator(".captcha .error")).to_have_count(1)
    await links.last.click()
    await visitor.focus_is_on("#captcha")


async def test_a_right_code_stays_good_while_other_fields_are_corrected(
    visitor: Visitor, portal: Portal
) -> None:
    await visitor.open("/mot-de-passe-oublie")
    code = await visitor.captcha(portal)
    await visitor.fill(**{**FRANCOIS.facts, "family_name": ""}, captcha=code)
    await visitor.press("ENVOYER")
    await visitor.focus_is_on(".summary")
    await expect(visitor.page.locator("#captcha")).to_have_value(code)
    await visitor.fill(family_name="Lapointe")
    await visitor.press("ENVOYER")
    await visitor.see("Vérifiez votre courriel")


async def test_the_summary_is_read_once_and_whole(visitor: Visitor) -> None:
    await visitor.open("/inscription")
    await visitor.page.evaluate(HEARD)
    await visitor.press("INSCRIPTION")
    await visitor.focus_is_on(".summary")
    await expect(visitor.page).to_have_title("Erreur\u00a0: Inscription – Association des essais")
    summary = visitor.page.locator(".summary")
    await expect(summary).to_have_accessible_name(
        "4 champs sont à corriger : Matricule : Écrivez votre matricule. "
        "Nom de famille complet : Écrivez votre nom de famille. "
        "Date de naissance : Écrivez votre date de naissance. "
        "Code postal : Écrivez votre code postal."
    )
    assert set(await visitor.page.evaluate("heard")) <= {"Un instant…"}
    assert (
        await summary.locator("xpath=ancestor-or-self::*[@role='alert' or @aria-live]").count() == 0
    )


async def test_the_image_is_as_large_as_it_was_drawn(visitor: Visitor) -> None:
    await visitor.open("/mot-de-passe-oublie")
    image = visitor.page.locator(".captcha img")
    assert await image.evaluate("e => [e.clientWidth, e.clientHeight]") == [200, 70]
