"""Mails that really go over SMTP, and what the pages tell of them."""

import asyncio
import re
from collections.abc import AsyncIterator
from dataclasses import replace
from email.message import EmailMessage

import pytest

from db import outbox
from settings import Settings
from tests.browser.conftest import Visit
from tests.browser.visitor import Visitor, expect
from tests.conftest import Post
from tests.mail.sink import Sink, free_port
from tests.people import FRANCOIS, SYLVIE
from web.portal import Portal

TOLD = "main [role=status] #sending"


@pytest.fixture
async def sink() -> AsyncIterator[Sink]:
    """A mail server on a real socket."""
    sink = Sink(free_port())
    sink.open.set()
    async with sink.serving():
        yield sink


@pytest.fixture
def settings(settings: Settings, sink: Sink) -> Settings:
    """The server itself delivers, to that mail server."""
    return replace(settings, smtp_url=sink.url, deliver_mail=True)


async def arrived(sink: Sink, recipient: str, subject: str) -> EmailMessage:
    """The mail to that address, once it has come."""
    for _ in range(400):
        mails = [m for m in sink.mails if (m["To"], m["Subject"]) == (recipient, subject)]
        if mails:
            return mails[-1]
        await asyncio.sleep(0.05)
    raise AssertionError(f"{subject} never came to {recipient}")


async def test_the_recovery_over_smtp(either: Visitor, sink: Sink, portal: Portal) -> None:
    await either.register(SYLVIE)
    await either.press("Se déconnecter")
    await either.see("Se connecter", "/")
    await either.press("Mot de passe oublié ?")
    await either.see("Mot de passe oublié ?", "/mot-de-passe-oublie")
    token = await either.page.locator("[name=challenge]").input_value()
    await either.fill(**SYLVIE.facts, captcha=portal.challenges.answer(token) or "")
    await either.press("ENVOYER")
    await either.see("Vérifiez votre courriel")
    await expect(either.page.locator(TOLD)).to_have_count(0)
    mail = await arrived(sink, "33163@example.com", "Votre mot de passe temporaire")
    temporary = re.search(r"\b\w{4}-\w{4}-\w{4}\b", Post.text(mail))
    assert temporary
    await either.press("Se connecter")
    await either.see("Se connecter", "/")
    await either.fill(matricule=SYLVIE.matricule, password=temporary[0])
    await either.press("Se connecter")
    await either.see("Choisissez un nouveau mot de passe", "/membre/nouveau-mot-de-passe")
    await either.fill(password="neige42lac7", password_again="neige42lac7")
    await either.press("ENVOYER")
    await either.see("Section des membres", "/membre")
    await arrived(sink, "33163@example.com", "Votre mot de passe a été changé")


async def test_the_page_tells_by_itself_that_the_mail_left(visitor: Visitor, sink: Sink) -> None:
    sink.open.clear()
    await visitor.register(FRANCOIS)
    told = visitor.page.locator(TOLD)
    await expect(told).to_contain_text("part dans un instant")
    before = await visitor.places()
    sink.open.set()
    await expect(told).to_contain_text("est parti", timeout=10_000)
    assert await visitor.places() == before
    await visitor.see("Section des membres", "/membre")


async def test_without_scripts_a_reload_tells_that_it_was_refused(
    visit: Visit, sink: Sink, portal: Portal
) -> None:
    sink.answers.append("550 5.1.1 No such user")
    visitor = await visit(scripts=False)
    await visitor.register(FRANCOIS)
    while not await outbox.newest(portal.db, failed=True, limit=1):
        await asyncio.sleep(0.05)
    await visitor.page.reload()
    told = visitor.page.locator(TOLD)
    await expect(told).to_contain_text("n’est pas parti")
    await expect(told).to_contain_text("450 555-0199")


async def test_not_you(either: Visitor, sink: Sink) -> None:
    await either.register(FRANCOIS)
    await either.press("Afficher ou modifier votre adresse courriel")
    await either.see("Votre adresse courriel", "/membre/courriel")
    await either.fill(
        email="autre@example.org",
        email_again="autre@example.org",
        current_password=FRANCOIS.password,
    )
    await either.press("ENVOYER")
    mail = await arrived(sink, "00875@example.com", "Un changement d’adresse a été demandé")
    link = re.search(re.escape(either.site) + r"(/acces/bloquer/\S+)", Post.text(mail))
    assert link
    await either.open(link[1])
    await either.see("Ce n’est pas vous ? Bloquer l’accès", link[1])
    await either.fill(matricule=FRANCOIS.matricule, birth_date="07/11/1949")
    await either.press("BLOQUER L’ACCÈS")
    await expect(either.page.locator("main")).to_contain_text("Essais restants")
    await either.fill(birth_date=FRANCOIS.birth_date)
    await either.press("BLOQUER L’ACCÈS")
    await either.see("L’accès est bloqué")
    await either.open("/membre")
    await either.see("Se connecter")
