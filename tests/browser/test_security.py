"""What of the security and accessibility rows only a browser can show."""

from tests.browser.visitor import Visitor, expect
from tests.conftest import Post
from tests.people import FRANCOIS
from web.portal import Portal


async def test_s9_back_after_signing_out_shows_nothing_of_the_member(either: Visitor) -> None:
    await either.register(FRANCOIS)
    await either.open("/membre/courriel")
    await either.open("/membre")
    await either.press("Se déconnecter")
    await either.see("Se connecter")
    await either.page.go_back()
    await either.see("Se connecter")
    await expect(either.page.locator("main")).not_to_contain_text("Lapointe")
    await expect(either.page.locator("main")).not_to_contain_text("@example.com")


async def test_w1_recovery_without_the_image_and_without_the_sound(
    either: Visitor, post: Post
) -> None:
    await either.register(FRANCOIS)
    await either.press("Se déconnecter")
    await either.see("Se connecter")
    await either.press("Mot de passe oublié ?")
    await either.see("Mot de passe oublié ?")
    await either.fill(**FRANCOIS.facts)
    await either.press("Je ne peux pas lire l’image")
    await expect(either.page.locator("#captcha")).to_have_count(0)
    await expect(either.page.locator("#matricule")).to_have_value(FRANCOIS.matricule)
    await either.press("ENVOYER")
    await either.see("Vérifiez votre courriel")
    mail = await post.last(f"{FRANCOIS.matricule}@example.com")
    assert mail["Subject"] == "Votre mot de passe temporaire"


async def test_w2_the_sound_plays_and_has_a_name(visitor: Visitor, portal: Portal) -> None:
    await visitor.open("/mot-de-passe-oublie")
    sound = visitor.page.locator("audio")
    await expect(sound).to_have_attribute("aria-label", "Écouter les cinq caractères")
    seconds = await sound.evaluate(
        """audio => new Promise((done, failed) => {
            audio.oncanplaythrough = () => done(audio.duration);
            audio.onerror = () => failed(audio.error.message);
            audio.load(); audio.preload = "auto";
        })"""
    )
    assert 5 < seconds < 7
