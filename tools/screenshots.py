"""`make screenshots`: every screen on a phone (light, dark) and on a desktop."""

import asyncio
import email
import io
import re
import tempfile
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from email import policy
from pathlib import Path

import uvicorn
from PIL import Image
from playwright.async_api import Browser, Page, async_playwright

from app import create_app
from db.database import Database
from db.migrate import migrate
from mail.delivery import deliver_due
from mail.transports import Files
from roster.applying import load
from security.clock import system_clock
from settings import MONTREAL, Settings
from tools.audit.needs import CLOSED_NETWORK, chromium
from tools.dev import ROSTER
from web.portal import Portal

FOLDER = Path(__file__).parent.parent / "docs" / "screenshots"
PORT = 8377
BASE = f"http://127.0.0.1:{PORT}"
PASSWORD = "rive42sud7"  # noqa: S105 (of a fictional member)


@dataclass(frozen=True)
class Look:
    """One way to look at every screen."""

    name: str
    width: int
    height: int
    scheme: str


LOOKS = (
    Look("phone-light", 360, 740, "light"),
    Look("phone-dark", 360, 740, "dark"),
    Look("desktop", 1024, 720, "light"),
)
Shoot = Callable[[Page, str], Awaitable[None]]


async def main() -> None:
    """Serve a demo portal for each look, walk it, write its pictures as small PNG files."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=chromium(), args=CLOSED_NETWORK)
        for look in LOOKS:
            with tempfile.TemporaryDirectory() as folder:
                await photograph(browser, look, Path(folder))
        await browser.close()


async def photograph(browser: Browser, look: Look, folder: Path) -> None:
    """Every screen in one look, over a portal of its own in `folder`."""
    settings = Settings(
        database=folder / "portal.db",
        secret_keys=("the-key-of-the-portal-that-is-photographed",),
        base_url=BASE,
        mail_dir=folder / "mail",
        office_name="Association des retraités",
        office_phone="450 555-0100",
        office_email="bureau@example.org",
        privacy_officer="Jeanne Tremblay",
        deliver_mail=False,
    )
    migrate(settings.database)
    db = await Database.open(settings.database)
    await load(db, ROSTER, zone=MONTREAL, now=system_clock())
    await db.close()
    app = create_app(settings)
    server = uvicorn.Server(uvicorn.Config(app, port=PORT, log_level="warning"))
    serving = asyncio.create_task(server.serve())
    while not server.started:  # noqa: ASYNC110 (uvicorn has no event for it)
        await asyncio.sleep(0.05)
    context = await browser.new_context(
        viewport={"width": look.width, "height": look.height},
        color_scheme="dark" if look.scheme == "dark" else "light",
        locale="fr-CA",
    )
    page = await context.new_page()

    async def shoot(page: Page, name: str) -> None:
        await page.wait_for_timeout(150)
        picture = Image.open(io.BytesIO(await page.screenshot(full_page=True)))
        small = picture.convert("RGB").quantize(32)
        small.save(FOLDER / f"{name}-{look.name}.png", optimize=True)

    await walk(page, shoot, app.state.portal)
    await context.close()
    server.should_exit = True
    await serving


async def walk(page: Page, shoot: Shoot, portal: Portal) -> None:
    """The guide's three parts, a picture at each screen and state."""
    await page.goto(f"{BASE}/")
    await shoot(page, "sign-in")
    await fill(page, {"matricule": "00875", "password": "une42autre"})
    await press(page, "Se connecter")
    await page.wait_for_selector(".summary")
    await shoot(page, "sign-in-refused")
    await page.goto(f"{BASE}/inscription")
    await shoot(page, "registration")
    await fill(page, {"matricule": "875", "family_name": "Lap0inte"})
    await press(page, "INSCRIPTION")
    await page.wait_for_selector(".summary")
    await shoot(page, "registration-errors")
    facts = {
        "matricule": "00875",
        "family_name": "Lapointe",
        "birth_date": "07/11/1950",
        "postal_code": "J7J 8G8",
    }
    await fill(page, facts | {"postal_code": "J7J 8G9"})
    await page.context.set_offline(True)
    await press(page, "INSCRIPTION")
    await page.wait_for_selector("#trouble button")
    await shoot(page, "lost-network")
    await page.context.set_offline(False)
    await press(page, "INSCRIPTION")
    await page.wait_for_selector(".summary strong, .hint strong")
    await shoot(page, "registration-not-found")
    await fill(page, facts)
    await press(page, "INSCRIPTION")
    await page.wait_for_selector("#email")
    await shoot(page, "access")
    address = "francois@example.org"
    access = {"email": address, "email_again": address, "password": PASSWORD}
    await fill(page, access)
    await page.wait_for_timeout(1200)
    await shoot(page, "access-checked")
    await fill(page, {"password_again": PASSWORD})
    await press(page, "ENVOYER")
    await page.wait_for_selector(".menu")
    await shoot(page, "member")
    await page.goto(f"{BASE}/inscription")
    await fill(page, facts)
    await press(page, "INSCRIPTION")
    await page.wait_for_selector(".summary")
    await shoot(page, "registration-registered")
    await page.goto(f"{BASE}/membre/courriel")
    await shoot(page, "email")
    another = "lapointe@example.com"
    change = {"email": another, "email_again": another, "current_password": PASSWORD}
    await fill(page, change)
    await press(page, "ENVOYER")
    await page.wait_for_selector("#flash")
    await shoot(page, "email-pending")
    await page.goto(await mailed(portal, r"http\S+/courriel/confirmer/\S+"))
    await shoot(page, "confirmation")
    await press(page, "Confirmer mon adresse")
    await page.wait_for_selector("#flash")
    await shoot(page, "email-confirmed")
    await page.goto(f"{BASE}/courriel/confirmer/x")
    await shoot(page, "link-expired")
    await page.goto(f"{BASE}/membre/mot-de-passe")
    await shoot(page, "password")
    await page.goto(f"{BASE}/membre/mes-renseignements")
    await shoot(page, "my-data")
    await page.check("[type=checkbox]")
    await press(page, "ENVOYER")
    await page.wait_for_selector("#flash")
    await shoot(page, "my-data-asked")
    await page.goto(f"{BASE}/mot-de-passe-oublie")
    await press(page, "Je ne peux pas lire l’image")
    await page.wait_for_selector(".captcha", state="detached")
    await shoot(page, "recovery-without-image")
    await page.goto(f"{BASE}/mot-de-passe-oublie")
    await fill(page, facts)
    await shoot(page, "recovery")
    token = await page.input_value("input[name=challenge]")
    await fill(page, {"captcha": portal.challenges.answer(token) or ""})
    await press(page, "ENVOYER")
    await page.wait_for_selector("a.button")
    await shoot(page, "recovery-sent")
    await page.goto(f"{BASE}/aide")
    await shoot(page, "guide")
    await page.goto(f"{BASE}/confidentialite")
    await shoot(page, "privacy")
    await page.goto(f"{BASE}/rien")
    await shoot(page, "error")
    await page.goto(f"{BASE}/membre")
    await press(page, "Se déconnecter")
    await page.wait_for_selector("[role=status]")
    code = await mailed(portal, r"\b\w{4}-\w{4}-\w{4}\b")
    await fill(page, {"matricule": "00875", "password": code})
    await press(page, "Se connecter")
    await page.wait_for_selector("#password_again")
    await shoot(page, "choose-password")
    await page.goto(await mailed(portal, r"http\S+/acces/bloquer/\S+"))
    await shoot(page, "freeze")
    await fill(page, {name: facts[name] for name in ("matricule", "birth_date")})
    await press(page, "BLOQUER L’ACCÈS")
    await page.wait_for_selector("#birth_date", state="detached")
    await shoot(page, "frozen")
    await wait_and_english(page, shoot)


async def wait_and_english(page: Page, shoot: Shoot) -> None:
    """What too many tries meet, then a screen in English."""
    await page.goto(f"{BASE}/")
    for _ in range(12):
        await fill(page, {"matricule": "33163", "password": "une42autre"})
        async with page.expect_response(f"{BASE}/") as answer:
            await press(page, "Se connecter")
        if (await answer.value).status == 429:
            break
    await page.wait_for_selector(".summary")
    await shoot(page, "wait")
    await page.goto(f"{BASE}/inscription")
    await page.click("header button")
    await page.wait_for_selector("html[lang^=en]")
    await shoot(page, "registration-english")


async def mailed(portal: Portal, pattern: str) -> str:
    """What the newest mail that has such a text says."""
    await deliver_due(portal.desk, Files(portal.settings.mail_dir))
    for path in sorted(portal.settings.mail_dir.glob("*.eml"), reverse=True):
        mail = email.message_from_bytes(path.read_bytes(), policy=policy.default)
        body = mail.get_body(("plain",))
        found = re.search(pattern, body.get_content()) if body else None
        if found:
            return found[0]
    raise LookupError(pattern)


async def fill(page: Page, fields: dict[str, str]) -> None:
    """Type into fields by their ids."""
    for name, text in fields.items():
        await page.fill(f"#{name}", text)


async def press(page: Page, label: str) -> None:
    """Press the main button of that label."""
    await page.click(
        f'main button:has-text("{label}"):not(.plain), main button.plain:text-is("{label}")'
    )


if __name__ == "__main__":
    asyncio.run(main())
