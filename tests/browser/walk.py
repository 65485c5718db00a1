"""The whole journey, written once: whoever walks it opens, fills, presses and sees."""

import re
from typing import Protocol

from tests.conftest import Post
from tests.people import FRANCOIS
from web.portal import Portal

CHANGED, CHOSEN = "neige42lac7", "plage58mer3"
ADDRESS = "nouvelle@example.org"


class Walker(Protocol):
    """A person before any browser."""

    async def open(self, path: str) -> None:
        """Go to an address of the portal, and wait until the page can be used."""

    async def fill(self, **texts: str) -> None:
        """Type into the fields of these names, in place of what stands there."""

    async def press(self, name: str) -> None:
        """Press the button or follow the link of that name."""

    async def see(self, heading: str, path: str | None = None) -> None:
        """Wait for the page with that heading, its title and, where told, its address."""

    async def read(self, sentence: str) -> None:
        """Wait for that sentence in the page's main part."""

    async def captcha(self, portal: Portal) -> str:
        """What the image shows."""


async def walk(walker: Walker, portal: Portal, post: Post) -> None:
    """Register, sign in, change e-mail and password, recover by mail with a captcha, sign out."""
    await register(walker)
    await leave(walker)
    await sign_in(walker, FRANCOIS.password)
    await walker.see("Section des membres", "/membre")
    await change_email(walker, post)
    await change_password(walker)
    await leave(walker)
    await recover(walker, portal, post)
    await leave(walker)


async def register(walker: Walker) -> None:
    who = FRANCOIS
    await walker.open("/")
    await walker.press("Inscrivez-vous")
    await walker.see("Inscription", "/inscription")
    await walker.fill(**who.facts)
    await walker.press("INSCRIPTION")
    await walker.see("Inscription, 2e étape")
    address = f"{who.matricule}@example.com"
    await walker.fill(
        email=address, email_again=address, password=who.password, password_again=who.password
    )
    await walker.press("ENVOYER")
    await walker.see("Section des membres", "/membre")


async def sign_in(walker: Walker, password: str) -> None:
    await walker.fill(matricule=FRANCOIS.matricule, password=password)
    await walker.press("Se connecter")


async def leave(walker: Walker) -> None:
    await walker.press("Se déconnecter")
    await walker.see("Se connecter", "/")


async def change_email(walker: Walker, post: Post) -> None:
    await walker.press("Afficher ou modifier votre adresse courriel")
    await walker.see("Votre adresse courriel", "/membre/courriel")
    await walker.fill(email=ADDRESS, email_again=ADDRESS, current_password=FRANCOIS.password)
    await walker.press("ENVOYER")
    await walker.read("Presque terminé")
    link = re.search(r"/courriel/confirmer/\S+", post.text(await post.last(ADDRESS)))
    assert link
    await walker.open(link[0])
    await walker.press("Confirmer mon adresse")
    await walker.read("adresse courriel est confirmée")
    await walker.press("Retour à la section des membres")
    await walker.see("Section des membres", "/membre")


async def change_password(walker: Walker) -> None:
    await walker.press("Afficher ou modifier votre mot de passe")
    await walker.see("Votre mot de passe", "/membre/mot-de-passe")
    await walker.fill(current_password=FRANCOIS.password, password=CHANGED, password_again=CHANGED)
    await walker.press("ENVOYER")
    await walker.see("Section des membres", "/membre")
    await walker.read("nouveau mot de passe est enregistré")


async def recover(walker: Walker, portal: Portal, post: Post) -> None:
    await walker.press("Mot de passe oublié ?")
    await walker.see("Mot de passe oublié ?", "/mot-de-passe-oublie")
    await walker.fill(**FRANCOIS.facts, captcha=await walker.captcha(portal))
    await walker.press("ENVOYER")
    await walker.see("Vérifiez votre courriel")
    temporary = await post.temporary_password(ADDRESS)
    await walker.press("Se connecter")
    await walker.see("Se connecter", "/")
    await sign_in(walker, temporary)
    await walker.see("Choisissez un nouveau mot de passe")
    await walker.fill(password=CHOSEN, password_again=CHOSEN)
    await walker.press("ENVOYER")
    await walker.see("Section des membres", "/membre")
