"""Every screen and state of the portal, one after the other, in one visit."""

import re
from collections.abc import AsyncIterator

from tests.browser.visitor import Visitor, expect
from tests.conftest import Post, TurnedClock
from tests.people import FRANCOIS, NOBODY
from web.portal import Portal


async def tour(
    visitor: Visitor, portal: Portal, post: Post, clock: TurnedClock
) -> AsyncIterator[str]:
    """Yields the name of each screen while the visitor stands before it."""
    page, who = visitor.page, FRANCOIS

    await visitor.open("/")
    yield "sign-in"
    await visitor.press("Se connecter")
    await visitor.focus_is_on(".summary")
    yield "sign-in-errors"
    await visitor.fill(matricule=who.matricule, password="rien42encore")
    await visitor.press("Se connecter")
    await expect(page.locator(".summary")).to_contain_text("n’est pas le bon")
    yield "sign-in-refused"
    await visitor.open("/aide")
    yield "guide"
    await visitor.open("/confidentialite")
    yield "privacy"
    await page.goto(visitor.site + "/nulle-part")
    yield "not-found"

    await visitor.open("/inscription")
    yield "registration"
    await visitor.fill(matricule="875", family_name="Lapointe", birth_date="31/02/1950")
    await page.locator("#birth_date").blur()
    await expect(page.locator("#birth_date-message .error")).to_be_visible()
    yield "registration-live"
    await visitor.press("INSCRIPTION")
    await visitor.focus_is_on(".summary")
    yield "registration-errors"
    await visitor.fill(**NOBODY.facts)
    await visitor.press("INSCRIPTION")
    await expect(page.locator(".summary")).to_contain_text("Nous ne trouvons pas")
    yield "registration-unknown"
    await visitor.fill(**who.facts)
    await page.context.set_offline(True)
    await visitor.press("INSCRIPTION")
    await expect(page.locator("#trouble button")).to_be_visible()
    yield "registration-lost-network"
    await page.context.set_offline(False)
    await visitor.press("Réessayer")
    await visitor.see("Inscription, 2e étape")
    yield "access"
    await visitor.fill(email="f@gmial.com", email_again="f@gmail.com", password="rive42")
    await page.locator("#password_again").press_sequentially("r")
    await expect(page.locator("#password-message .met")).to_have_count(1)
    await expect(page.locator("#email_again-message .error")).to_be_visible()
    yield "access-live"
    await visitor.press("ENVOYER")
    await visitor.focus_is_on(".summary")
    yield "access-errors"
    await visitor.open("/inscription/acces")
    yield "access-reloaded"
    await visitor.register(who)
    yield "member-first"
    await visitor.identify(who)
    await expect(page.locator(".summary")).to_contain_text("Vous avez déjà un accès")
    yield "registration-registered"

    await visitor.open("/membre/courriel")
    yield "email"
    await visitor.press("ENVOYER")
    await visitor.focus_is_on(".summary")
    yield "email-errors"
    address = "nouvelle@example.org"
    await visitor.fill(email=address, email_again=address, current_password=who.password)
    await visitor.press("ENVOYER")
    await expect(page.locator("#flash")).to_contain_text("Presque terminé")
    yield "email-pending"
    mail = post.text(await post.last(address))
    link = re.search(r"/courriel/confirmer/\S+", mail)
    assert link
    await visitor.open(link[0])
    yield "confirmation"
    await visitor.open("/courriel/confirmer/x")
    yield "confirmation-expired"
    await visitor.open("/membre/mot-de-passe")
    yield "password"
    await page.locator("#password").press_sequentially("rive42sud7x")
    await expect(page.locator("#password-message .said")).to_be_visible()
    await page.get_by_role("button", name="Afficher : Nouveau mot de passe").click()
    yield "password-live"
    await visitor.press("ENVOYER")
    await visitor.focus_is_on(".summary")
    yield "password-errors"
    await visitor.open("/membre/mes-renseignements")
    yield "my-data"
    await visitor.open("/membre")
    yield "member"
    await visitor.press("Se déconnecter")
    await visitor.see("Se connecter", "/")
    yield "signed-out"

    await visitor.press("Mot de passe oublié ?")
    await visitor.see("Mot de passe oublié ?")
    yield "recovery"
    await visitor.press("ENVOYER")
    await visitor.focus_is_on(".summary")
    yield "recovery-errors"
    await visitor.fill(**who.facts, captcha=await visitor.captcha(portal))
    await visitor.press("ENVOYER")
    await visitor.see("Vérifiez votre courriel")
    yield "recovery-sent"
    temporary = await post.temporary_password(f"{who.matricule}@example.com")
    await visitor.sign_in(who, temporary)
    await visitor.see("Choisissez un nouveau mot de passe")
    yield "choose"

    mails = "\n".join(map(post.text, await post.fetch()))
    link = re.search(r"/acces/bloquer/\S+", mails)
    assert link
    await visitor.open(link[0])
    yield "freeze"
    await visitor.press("BLOQUER L’ACCÈS")
    await visitor.focus_is_on(".summary")
    yield "freeze-errors"
    await visitor.fill(matricule=NOBODY.matricule, birth_date=NOBODY.birth_date)
    await visitor.press("BLOQUER L’ACCÈS")
    await expect(page.locator(".summary")).to_contain_text("Essais restants")
    yield "freeze-refused"
    await visitor.fill(matricule=who.matricule, birth_date=who.birth_date)
    await visitor.press("BLOQUER L’ACCÈS")
    await visitor.see("L’accès est bloqué")
    yield "freeze-done"
    await visitor.open(link[0])
    yield "freeze-void"
