"""The three parts of the office's guide, each walked with scripts and without."""

import re

from tests.browser.visitor import Visitor, expect
from tests.conftest import Post
from tests.people import FRANCOIS, SYLVIE, Person
from web.portal import Portal


async def ask_for_a_password(visitor: Visitor, person: Person, portal: Portal) -> None:
    await visitor.press("Mot de passe oublié ?")
    await visitor.see("Mot de passe oublié ?", "/mot-de-passe-oublie")
    await visitor.fill(**person.facts, captcha=(await visitor.captcha(portal)).lower())
    await visitor.press("ENVOYER")
    await visitor.see("Vérifiez votre courriel")


async def test_first_visit_creating_an_access(either: Visitor, post: Post) -> None:
    page = either.page
    await either.open("/")
    await either.see("Se connecter")
    await either.press("Inscrivez-vous")
    await either.see("Inscription", "/inscription")
    await either.fill(**FRANCOIS.facts)
    await either.press("INSCRIPTION")
    await either.see("Inscription, 2e étape")
    await expect(page.get_by_label("Matricule")).to_have_value("00875")
    await either.fill(
        email="francois@example.com",
        email_again="francois@example.com",
        password="rive42sud7",
        password_again="rive42sud7",
    )
    await either.press("ENVOYER")
    await either.see("Section des membres", "/membre")
    await expect(page.locator("main")).to_contain_text("Votre accès est créé.")
    await expect(page.locator("main")).to_contain_text("Bonjour François Lapointe")

    welcome = post.text(await post.last("francois@example.com"))
    link = re.search(re.escape(either.site) + r"(/courriel/confirmer/\S+)", welcome)
    assert link
    await either.open(link[1])
    await either.see("Confirmer votre adresse courriel")
    await either.press("Confirmer mon adresse")
    await either.see("Votre adresse courriel", "/membre/courriel")
    await expect(page.locator("main")).to_contain_text("Votre adresse courriel est confirmée.")

    await either.open("/membre")
    await either.press("Se déconnecter")
    await either.see("Se connecter", "/")
    await expect(page.locator("main")).to_contain_text("Vous êtes déconnecté.")


async def test_password_lost_or_forgotten(either: Visitor, post: Post, portal: Portal) -> None:
    await either.register(SYLVIE)
    await either.press("Se déconnecter")
    await either.see("Se connecter", "/")
    await ask_for_a_password(either, SYLVIE, portal)
    temporary = await post.temporary_password("33163@example.com")
    await either.press("Se connecter")
    await either.see("Se connecter", "/")
    await either.fill(matricule=SYLVIE.matricule, password=temporary)
    await either.press("Se connecter")
    await either.see("Choisissez un nouveau mot de passe", "/membre/nouveau-mot-de-passe")
    await either.fill(password="neige42lac7", password_again="neige42lac7")
    await either.press("ENVOYER")
    await either.see("Section des membres", "/membre")
    await either.press("Se déconnecter")
    await either.see("Se connecter", "/")
    await either.sign_in(SYLVIE, "neige42lac7")
    await either.see("Section des membres", "/membre")


async def test_changing_the_address_and_the_password(either: Visitor, post: Post) -> None:
    page = either.page
    await either.register(FRANCOIS)
    await either.press("Afficher ou modifier votre adresse courriel")
    await either.see("Votre adresse courriel", "/membre/courriel")
    await expect(page.locator("dl")).to_contain_text("00875@example.com")
    await either.fill(
        email="nouvelle@example.org",
        email_again="nouvelle@example.org",
        current_password=FRANCOIS.password,
    )
    await either.press("ENVOYER")
    await expect(page.locator("dl")).to_contain_text("nouvelle@example.org")
    await either.press("Renvoyer")
    await expect(page.locator("main")).to_contain_text("est demandé de nouveau")
    await either.press("Annuler")
    await expect(page.locator("main")).to_contain_text("Le changement d’adresse est annulé.")
    await expect(page.locator("dl")).not_to_contain_text("nouvelle@example.org")

    await either.press("Retour à la section des membres")
    await either.press("Afficher ou modifier votre mot de passe")
    await either.see("Votre mot de passe", "/membre/mot-de-passe")
    await either.fill(
        current_password=FRANCOIS.password, password="neige42lac7", password_again="neige42lac7"
    )
    await either.press("ENVOYER")
    await either.see("Section des membres", "/membre")
    await expect(page.locator("main")).to_contain_text("nouveau mot de passe est enregistré")
    assert (await post.last("00875@example.com"))["Subject"]
