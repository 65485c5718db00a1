"""For everybody: axe on every screen, the keyboard alone, what a screen reader is told, reflow."""

import json
from importlib.resources import files

import pytest

from tests.browser.conftest import Visit
from tests.browser.tour import tour
from tests.browser.visitor import Page, Visitor, expect
from tests.conftest import Post, TurnedClock
from tests.people import FRANCOIS
from web.portal import Portal

AXE = files("axe_playwright_python").joinpath("axe.min.js").read_text("utf-8")
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
SMALL = """() => [...document.querySelectorAll("a, button, input")].filter(e => {
    const box = e.getBoundingClientRect(), inline = getComputedStyle(e).display === "inline";
    const least = e.matches("button, .button, input:not([type=checkbox])") ? 44 : 24;
    const shown = e.checkVisibility({visibilityProperty: true}) && box.right > 0;
    return shown && e.type !== "hidden" && (box.height < least || box.width < 24) && !inline;
}).map(e => e.outerHTML)"""
WIDE = """width => [...document.querySelectorAll("body *")].filter(e => {
    const box = e.getBoundingClientRect();
    return !e.closest(".sr, .skip") && box.width > 0 && box.right > width + 1;
}).map(e => e.outerHTML.slice(0, 120))"""


async def violations(page: Page, options: dict[str, object]) -> list[str]:
    if not await page.evaluate("typeof axe === 'object'"):
        await page.evaluate(AXE)
    found = await page.evaluate(f"axe.run(document, {json.dumps(options)})")
    return [
        f"{problem['id']}: {node['html']} {node['failureSummary']}"
        for problem in found["violations"]
        for node in problem["nodes"]
    ]


async def test_every_screen_and_state_is_accessible(
    visitor: Visitor, portal: Portal, post: Post, clock: TurnedClock
) -> None:
    visitor.tolerated = "status of 4|ERR_INTERNET_DISCONNECTED|Failed to fetch"
    page, wrong = visitor.page, {}
    async for screen in tour(visitor, portal, post, clock):
        found = await violations(page, {"runOnly": RULES, "resultTypes": ["violations"]})
        await page.emulate_media(color_scheme="dark")
        found += await violations(page, {"runOnly": ["color-contrast"]})
        await page.emulate_media(color_scheme="light")
        found += [f"too small to press: {html}" for html in await page.evaluate(SMALL)]
        await page.set_viewport_size({"width": 320, "height": 640})
        found += [f"wider than 320 px: {html}" for html in await page.evaluate(WIDE, 320)]
        await page.evaluate("document.documentElement.style.fontSize = '200%'")
        await page.set_viewport_size({"width": 360, "height": 740})
        found += [
            f"wider than the screen at 200 %: {html}" for html in await page.evaluate(WIDE, 360)
        ]
        await page.evaluate("document.documentElement.style.fontSize = ''")
        if found:
            wrong[screen] = found
    assert wrong == {}


async def type_in(page: Page, *texts: str) -> None:
    """Type into one field after the other, with the keyboard alone."""
    for text in texts:
        while await page.evaluate("document.activeElement.tagName") != "INPUT":
            await page.keyboard.press("Tab")
        await page.keyboard.type(text)
        await page.keyboard.press("Tab")


async def tab_to(page: Page, name: str) -> None:
    for _ in range(30):
        await page.keyboard.press("Tab")
        if await page.evaluate("document.activeElement.textContent.trim()") == name:
            return
    pytest.fail(f"the Tab key does not reach « {name} »")


async def test_the_keyboard_alone_registers_and_signs_out(either: Visitor) -> None:
    page, who = either.page, FRANCOIS
    await either.open("/")
    await page.keyboard.press("Tab")
    await expect(page.get_by_role("link", name="Aller au contenu")).to_be_in_viewport()
    await page.keyboard.press("Enter")
    await either.focus_is_on("main")
    await tab_to(page, "Inscrivez-vous")
    await page.keyboard.press("Enter")
    await either.see("Inscription", "/inscription")
    await type_in(page, *who.facts.values())
    await tab_to(page, "INSCRIPTION")
    await page.keyboard.press("Enter")
    await either.see("Inscription, 2e étape")
    if not either.scripts:
        # Without the script, the focus begins at the top of the page; the matricule is first.
        await page.locator("#matricule").focus()
        await page.keyboard.press("Tab")
    else:
        await page.keyboard.press("Tab")
        await page.keyboard.press("Tab")
    address = "f@example.com"
    await type_in(page, address, address, who.password, who.password)
    await tab_to(page, "ENVOYER")
    await page.keyboard.press("Space")
    await either.see("Section des membres", "/membre")
    await tab_to(page, "Se déconnecter")
    await page.keyboard.press("Enter")
    await either.see("Se connecter", "/")


async def test_the_keyboard_alone_recovers_a_password(either: Visitor, portal: Portal) -> None:
    page = either.page
    await either.open("/mot-de-passe-oublie")
    await type_in(page, *FRANCOIS.facts.values())
    while await page.evaluate("document.activeElement.id") != "captcha":
        await page.keyboard.press("Tab")
    await page.keyboard.type(await either.captcha(portal))
    await page.keyboard.press("Enter")
    await either.see("Vérifiez votre courriel")


async def test_the_keyboard_alone_changes_the_address(either: Visitor) -> None:
    page = either.page
    await either.register(FRANCOIS)
    await tab_to(page, "Afficher ou modifier votre adresse courriel")
    await page.keyboard.press("Enter")
    await either.see("Votre adresse courriel", "/membre/courriel")
    await page.locator("h2").click()
    await type_in(page, "g@example.com", "g@example.com", FRANCOIS.password)
    await tab_to(page, "ENVOYER")
    await page.keyboard.press("Enter")
    await expect(page.locator("main")).to_contain_text("Presque terminé")


async def test_what_assistive_technology_is_told_of_step_one(visitor: Visitor) -> None:
    await visitor.open("/inscription")
    await visitor.fill(matricule="875")
    await visitor.page.locator("#matricule").blur()
    status = visitor.page.get_by_role("status")
    await expect(status).to_contain_text("Matricule. Le matricule compte cinq chiffres")
    await expect(visitor.page.locator("body")).to_match_aria_snapshot("""
        - link "Aller au contenu"
        - banner:
          - link "Association des essais"
          - link "Aide"
        - main:
          - heading "Inscription" [level=1]
          - list "Étapes":
            - listitem: Vous identifier
            - listitem: Votre accès
          - paragraph: /Tous les champs sont obligatoires/
          - text: Matricule
          - paragraph: Cinq chiffres, par exemple 00875 ou 33163
          - textbox "Matricule" [invalid]: "875"
          - paragraph: /écrivez 00875/
          - text: Nom de famille complet
          - textbox "Nom de famille complet"
          - text: Date de naissance
          - paragraph: JJ/MM/AAAA, par exemple 07/11/1950
          - textbox "Date de naissance"
          - text: Code postal
          - paragraph: Par exemple J7J 8G8
          - textbox "Code postal"
          - button "INSCRIPTION"
          - paragraph:
            - link /J’ai déjà un accès/
        - alert
        - status: /Matricule/
        - contentinfo
    """)
    field = visitor.page.get_by_label("Matricule")
    await expect(field).to_have_accessible_description(
        "Cinq chiffres, par exemple 00875 ou 33163 "
        "Le matricule compte cinq chiffres, zéros compris\u00a0: écrivez 00875."
    )
    await visitor.press("INSCRIPTION")
    await expect(visitor.page.locator(".summary")).to_match_aria_snapshot("""
        - alert:
          - paragraph: /4 champs sont à corriger/
          - list:
            - listitem:
              - link "Matricule"
              - text: /Le matricule compte cinq chiffres/
            - listitem:
              - link "Nom de famille complet"
            - listitem:
              - link "Date de naissance"
            - listitem:
              - link "Code postal"
    """)


async def test_a_screen_reader_hears_a_password_sentence_once_not_the_list(
    visitor: Visitor,
) -> None:
    await visitor.identify(FRANCOIS)
    await visitor.see("Inscription, 2e étape")
    page = visitor.page
    await page.evaluate("""() => {
        window.heard = [];
        const said = document.getElementById("said");
        new MutationObserver(() => heard.push(said.textContent)).observe(
            said, {childList: true, characterData: true, subtree: true});
    }""")
    field = page.locator("#password")
    ticks = page.locator("#password-message li.met")
    for text, ticked in (("r", 0), ("i", 0), ("ve", 1), ("42", 1), ("sud7", 3)):
        async with page.expect_response("**/verification/**"):
            await field.press_sequentially(text)
        await expect(ticks).to_have_count(ticked)
    assert await page.evaluate("heard") == [
        "Mot de passe. Choisissez un mot de passe de 8 à 12 caractères.",
        "Mot de passe. Solidité\u00a0: bonne.",
    ]


async def test_more_contrast_forced_colours_and_less_motion_are_respected(visit: Visit) -> None:
    visitor = await visit(contrast="more", reduced_motion="reduce", forced_colors="active")
    for path in ("/", "/inscription", "/mot-de-passe-oublie", "/aide"):
        await visitor.open(path)
        assert await violations(visitor.page, {"runOnly": RULES}) == []
    moving = "getComputedStyle(document.documentElement, '::before').animationName"
    await visitor.page.evaluate("document.documentElement.classList.add('busy')")
    assert await visitor.page.evaluate(moving) == "none"
