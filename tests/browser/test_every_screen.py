"""Every screen and state that the audit collects, in both languages and for two offices, by axe."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from settings import Settings
from tests.browser.test_accessible import RULES, SMALL, WIDE, violations
from tools.audit.office import BARE, FULL, served
from tools.audit.screens import Screens

if TYPE_CHECKING:
    from playwright.async_api import Browser

LEFT_OUT = ("check-", "sending", "mail")
"""What is a part of other screens; mails are shown in development only."""

# axe does not say that a text has the very colour of what it stands on.
FAINT = """() => {
    const parts = colour => colour.match(/[\\d.]+/g).map(Number);
    const light = colour => parts(colour).slice(0, 3).map(part => part / 255)
        .map(part => part <= 0.03928 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4)
        .reduce((sum, part, i) => sum + part * [0.2126, 0.7152, 0.0722][i], 0);
    const behind = e => {
        const colour = getComputedStyle(e).backgroundColor;
        return e.parentElement && parts(colour)[3] === 0 ? behind(e.parentElement) : colour;
    };
    return [...document.querySelectorAll("body *")].filter(e => {
        const said = [...e.childNodes].some(node => node.nodeType === 3 && node.data.trim());
        if (!said || !e.checkVisibility({visibilityProperty: true})) return false;
        const [one, other] = [light(getComputedStyle(e).color), light(behind(e))];
        return (Math.max(one, other) + 0.05) / (Math.min(one, other) + 0.05) < 4.5;
    }).map(e => e.outerHTML.slice(0, 120));
}"""


@pytest.mark.parametrize(
    ("office", "language"), [(FULL, "fr"), (FULL, "en"), (BARE, "fr")], ids=["fr", "en", "bare"]
)
async def test_every_collected_screen_is_accessible(
    chromium: Browser, tmp_path: Path, office: Settings, language: str
) -> None:
    folder = tmp_path / "screens"
    folder.mkdir()
    async with served(office, tmp_path) as portal:
        await Screens(portal, language, folder).collect()
    screens = [
        file
        for file in sorted(folder.glob("*.html"))
        if not file.stem.startswith(LEFT_OUT) and not file.stem.endswith("-part")
    ]
    assert len(screens) > 60
    context = await chromium.new_context(viewport={"width": 360, "height": 740}, is_mobile=True)
    page = await context.new_page()
    wrong = {}
    for screen in screens:
        await page.set_content(screen.read_text("utf-8"))
        await page.evaluate("document.documentElement.classList.add('js')")
        found = await violations(page, {"runOnly": RULES, "resultTypes": ["violations"]})
        await page.emulate_media(color_scheme="dark")
        found += await violations(page, {"runOnly": ["color-contrast"]})
        found += [f"faint in the dark: {html}" for html in await page.evaluate(FAINT)]
        await page.emulate_media(color_scheme="light")
        found += [f"faint: {html}" for html in await page.evaluate(FAINT)]
        found += [f"too small to press: {html}" for html in await page.evaluate(SMALL)]
        await page.set_viewport_size({"width": 320, "height": 640})
        found += [f"wider than 320 px: {html}" for html in await page.evaluate(WIDE, 320)]
        await page.evaluate("document.documentElement.style.fontSize = '200%'")
        found += [f"wider at 200 %: {html}" for html in await page.evaluate(WIDE, 320)]
        await page.set_viewport_size({"width": 360, "height": 740})
        if found:
            wrong[screen.stem] = found
    await context.close()
    assert wrong == {}
