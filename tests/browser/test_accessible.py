"""For everybody: axe on every screen, the keyboard alone, what a screen reader is told, reflow."""

import json
import re
from importlib.resources import files

import pytest

from tests.browser.conftest import Visit
from tests.browser.tour import tour
from tests.browser.visitor import Page, Visitor, expect
from tests.conftest import Post, TurnedClock
from tests.people import FRANCOIS, Person
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
        while not await page.evaluate(
            "document.activeElement.matches('input:not([readonly], [type=hidden])')"
        ):
            await page.keyboard.press("Tab")
        await page.keyboard.type(text)
        await page.keyboard.press("Tab")


async def tab_to(page: Page, name: str) -> None:
    for _ in range(40):
        await page.keyboard.press("Tab")
        focused = await page.evaluate("document.activeElement.textContent")
        if " ".join(focused.split()) == name:
            return
    pytest.fail(f"the Tab key does not reach « {name} »")


async def walk_to(page: Page, name: str) -> None:
    """Follow a link or press a button with the keyboard alone; wait for what it leads to."""
    await tab_to(page, name)
    await page.keyboard.press("Enter")


async def key_in_registration(either: Visitor, who: Person) -> None:
    """The guide's first part, from the first page to the members' section."""
    page = either.page
    await either.open("/")
    await page.keyboard.press("Tab")
    await expect(page.get_by_role("link", name="Aller au contenu")).to_be_in_viewport()
    await page.keyboard.press("Enter")
    await either.focus_is_on("main")
    await walk_to(page, "Inscrivez-vous")
    await either.see("Inscription", "/inscription")
    await type_in(page, *who.facts.values())
    await walk_to(page, "INSCRIPTION")
    await either.see("Inscription, 2e étape")
    address = f"{who.matricule}@example.com"
    await type_in(page, address, address, who.password, who.password)
    await tab_to(page, "ENVOYER")
    await page.keyboard.press("Space")
    await either.see("Section des membres", "/membre")


async def test_the_keyboard_alone_registers_and_signs_out(either: Visitor) -> None:
    await key_in_registration(either, FRANCOIS)
    await walk_to(either.page, "Se déconnecter")
    await either.see("Se connecter", "/")


async def test_the_keyboard_alone_recovers_a_password(
    either: Visitor, portal: Portal, post: Post
) -> None:
    page = either.page
    await key_in_registration(either, FRANCOIS)
    await walk_to(page, "Se déconnecter")
    await either.see("Se connecter", "/")
    await walk_to(page, "Mot de passe oublié ?")
    await either.see("Mot de passe oublié ?", "/mot-de-passe-oublie")
    await type_in(page, *FRANCOIS.facts.values())
    while await page.evaluate("document.activeElement.id") != "captcha":
        await page.keyboard.press("Tab")
    await page.keyboard.type(await either.captcha(portal))
    await page.keyboard.press("Enter")
    await either.see("Vérifiez votre courriel")
    temporary = await post.temporary_password("00875@example.com")
    await walk_to(page, "Se connecter")
    await either.see("Se connecter", "/")
    await type_in(page, FRANCOIS.matricule, temporary)
    await walk_to(page, "Se connecter")
    await either.see("Choisissez un nouveau mot de passe")
    await type_in(page, "neige42lac7", "neige42lac7")
    await walk_to(page, "ENVOYER")
    await either.see("Section des membres", "/membre")


async def test_the_keyboard_alone_changes_the_address_and_the_password(either: Visitor) -> None:
    page = either.page
    await key_in_registration(either, FRANCOIS)
    await walk_to(page, "Afficher ou modifier votre adresse courriel")
    await either.see("Votre adresse courriel", "/membre/courriel")
    await type_in(page, "g@example.com", "g@example.com", FRANCOIS.password)
    await walk_to(page, "ENVOYER")
    await expect(page.locator("main")).to_contain_text("Presque terminé")
    await walk_to(page, "Retour à la section des membres")
    await either.see("Section des membres", "/membre")
    await walk_to(page, "Afficher ou modifier votre mot de passe")
    await either.see("Votre mot de passe", "/membre/mot-de-passe")
    await type_in(page, FRANCOIS.password, "neige42lac7", "neige42lac7")
    await walk_to(page, "ENVOYER")
    await either.see("Section des membres", "/membre")
    await expect(page.locator("main")).to_contain_text("nouveau mot de passe est enregistré")


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
          - textbox "Matricule" [invalid]: "875"
          - paragraph: /écrivez 00875/
          - text: Nom de famille complet
          - textbox "Nom de famille complet"
          - text: Date de naissance
          - textbox "Date de naissance"
          - paragraph: JJ/MM/AAAA, par exemple 07/11/1950
          - text: Code postal
          - textbox "Code postal"
          - paragraph: Par exemple J7J 8G8
          - button "INSCRIPTION"
          - paragraph: /Pourquoi/
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
        - group /4 champs sont à corriger/:
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


async def test_what_assistive_technology_is_told_of_step_two(visitor: Visitor) -> None:
    await visitor.identify(FRANCOIS)
    await visitor.see("Inscription, 2e étape")
    await expect(visitor.page.locator("main")).to_match_aria_snapshot("""
        - heading "Inscription, 2e étape" [level=1]
        - list "Étapes":
          - listitem: Vous identifier
          - listitem: Votre accès
        - paragraph: /Vous êtes reconnu/
        - textbox "Matricule"
        - textbox "Courriel"
        - textbox "Confirmer le courriel"
        - textbox "Mot de passe"
        - 'button "Afficher : Mot de passe"'
        - list:
          - listitem: De 8 à 12 caractères
          - listitem: Au moins 3 lettres
          - listitem: Au moins 3 chiffres
        - textbox "Confirmer le mot de passe"
        - 'button "Afficher : Confirmer le mot de passe"'
        - paragraph:
          - link /nouvel onglet/
        - button "ENVOYER"
    """)
    await expect(visitor.page.locator("[aria-current=step]")).to_have_text("Votre accès")


async def test_what_assistive_technology_is_told_of_the_recovery(visitor: Visitor) -> None:
    await visitor.open("/mot-de-passe-oublie")
    await expect(visitor.page.locator("main")).to_match_aria_snapshot("""
        - heading "Mot de passe oublié ?" [level=1]
        - textbox "Matricule"
        - textbox "Nom de famille complet"
        - textbox "Date de naissance"
        - textbox "Code postal"
        - group "Montrez que vous êtes une personne":
          - img "Image de cinq caractères à recopier"
          - textbox "Code de l’image"
          - button "Une autre image"
          - button "Je ne peux pas lire l’image"
        - button "ENVOYER"
    """)
    sound = visitor.page.locator("audio")
    await expect(sound).to_have_accessible_name("Écouter les cinq caractères")
    hint = "Cinq lettres ou chiffres, majuscules ou minuscules"
    await expect(visitor.page.locator("#captcha")).to_have_accessible_description(hint)


async def test_what_assistive_technology_is_told_of_the_members_section(visitor: Visitor) -> None:
    await visitor.register(FRANCOIS)
    await visitor.open("/membre")
    await expect(visitor.page.locator("main")).to_match_aria_snapshot("""
        - heading "Section des membres" [level=1]
        - paragraph: /Bonjour François Lapointe/
        - list:
          - listitem:
            - link "Afficher ou modifier votre adresse courriel"
          - listitem:
            - link "Afficher ou modifier votre mot de passe"
          - listitem:
            - link "Voir ce que le portail garde sur vous"
        - button "Se déconnecter"
    """)


async def test_what_assistive_technology_is_told_in_english(visit: Visit) -> None:
    visitor = await visit(locale="en-CA")
    await visitor.open("/inscription")
    await expect(visitor.page.locator("body")).to_match_aria_snapshot("""
        - link "Skip to content"
        - banner:
          - link "Association des essais"
          - link "Help"
          - button "Français"
        - main:
          - heading "Registration" [level=1]
          - textbox "Member number"
          - textbox "Full family name"
          - textbox "Date of birth"
          - textbox "Postal code"
          - button "REGISTER"
    """)
    await visitor.fill(matricule="x")
    await visitor.page.locator("#matricule").blur()
    await expect(visitor.page.locator("#said")).to_have_text(re.compile(r"^Member number\. \w"))


ASKED: list[dict[str, str]] = [
    {"contrast": "more"},
    {"contrast": "more", "color_scheme": "dark"},
    {"forced_colors": "active"},
    {"reduced_motion": "reduce"},
]


@pytest.mark.parametrize("asked", ASKED, ids=lambda asked: " ".join(asked.values()))
async def test_what_the_phone_asks_for_is_respected(visit: Visit, asked: dict[str, str]) -> None:
    visitor = await visit(**asked)
    page = visitor.page
    for path in ("/", "/inscription", "/aide"):
        await visitor.open(path)
        assert await violations(page, {"runOnly": RULES}) == []
    await visitor.open("/inscription")
    await visitor.press("INSCRIPTION")
    await visitor.focus_is_on(".summary")
    assert await violations(page, {"runOnly": RULES}) == []
    paper = await page.evaluate("getComputedStyle(document.body).backgroundColor")
    if "contrast" in asked:
        assert paper == ("rgb(18, 18, 18)" if "color_scheme" in asked else "rgb(255, 255, 255)")
    await page.evaluate("document.documentElement.classList.add('busy')")
    moving = await page.evaluate(
        "getComputedStyle(document.documentElement, '::before').animationName"
    )
    assert moving == ("none" if "reduced_motion" in asked else "busy")


async def test_the_help_page_prints_as_a_leaflet(visit: Visit) -> None:
    visitor = await visit(color_scheme="dark")
    page = visitor.page
    await visitor.open("/aide")
    await page.emulate_media(media="print")
    body = page.locator("body")
    await expect(body).to_have_css("color", "rgb(0, 0, 0)")
    await expect(body).to_have_css("background-color", "rgb(255, 255, 255)")
    for name in ("Aide", "English"):
        await expect(page.get_by_text(name, exact=True)).to_be_hidden()
    await expect(page.locator(".print").first).to_contain_text(visitor.site.split("//")[1])
    await expect(page.get_by_role("heading", level=2)).to_have_count(3)
    assert (await page.pdf(format="Letter")).count(b"/Type /Page\n") <= 2
