"""The sheet and the icons of an office: its accent and logo are settings."""

import base64
import hashlib
import json
import re
from dataclasses import replace

import httpx
import pytest

from app import create_app
from settings import ACCENT, Settings, contrast
from tests.conftest import Browser
from web.assets import DARK_SURFACE, Assets

COLOURS = ["#0b57d0", "#7a1f5c", "#000000", "#8a5a00", "#004400"]
"""Accents that an office may choose."""


@pytest.mark.parametrize("colour", COLOURS)
def test_an_accent_has_a_light_variant_for_the_dark(settings: Settings, colour: str) -> None:
    sheet = Assets(replace(settings, accent=colour)).sheet
    assert f"--accent:{colour}" in sheet
    dark = sheet.rpartition("(prefers-color-scheme:dark){:root{--accent:")[2][:7]
    assert contrast(dark, DARK_SURFACE) >= 7


@pytest.mark.parametrize("accent", [ACCENT, "#7a1f5c"])
async def test_the_hash_of_the_policy_is_that_of_the_sheet_in_the_page(
    settings: Settings, accent: str
) -> None:
    app = create_app(replace(settings, accent=accent))
    async with app.router.lifespan_context(app):
        page = await Browser(app, settings.base_url).get("/inscription")
    sheet = page.text.partition("<style>")[2].partition("</style>")[0]
    digest = base64.b64encode(hashlib.sha256(sheet.encode()).digest()).decode()
    assert f"'sha256-{digest}'" in page.headers["content-security-policy"]


async def test_the_manifest_stays_below_the_base_path(https_settings: Settings) -> None:
    app = create_app(https_settings)
    async with app.router.lifespan_context(app):
        browser = Browser(app, "https://exemple.org")
        answer = await browser.get("/portail/manifest.webmanifest")
        assert answer.headers["content-type"] == "application/manifest+json"
        manifest = json.loads(answer.text)
        icons = [await browser.get(icon["src"]) for icon in manifest["icons"]]
    assert manifest["name"] == https_settings.office_name
    assert manifest["start_url"] == manifest["scope"] == "/portail/"
    assert {icon.headers["content-type"] for icon in icons} == {"image/png"}


async def test_the_first_page_is_small(browser: Browser, settings: Settings) -> None:
    for path in ("/", "/inscription"):
        async with browser.stream("GET", path, headers={"accept-encoding": "br"}) as answer:
            assert answer.headers["content-encoding"] == "br"
            assert len(b"".join([part async for part in answer.aiter_raw()])) <= 4096


async def test_the_script_is_small_and_evaluates_nothing(browser: Browser) -> None:
    page = await browser.get("/inscription")
    found = re.search(r'<script defer src="([^"]+)"', page.text)
    assert found
    script = await browser.get(found[1])
    assert not re.search(r"\beval\(|\bFunction\(|AsyncFunction|\.constructor\(", script.text)
    async with browser.stream("GET", found[1], headers={"accept-encoding": "br"}) as answer:
        assert len(b"".join([part async for part in answer.aiter_raw()])) <= 10_500


async def test_a_live_check_is_small(browser: Browser) -> None:
    checks = {
        "acces/password": {"password": ["", "rive42", "abc12345", "rive42sud7", "x" * 40]},
        "acces/email": {"email": ["", "f@gmial.com", "f@example.com", "a" * 300 + "@example.com"]},
        "identite/birth_date": {"birth_date": ["", "31/02/1950", "01/01/2050", "07/11/1950"]},
        "identite/matricule": {"matricule": ["875", "00875"]},
    }
    for check, fields in checks.items():
        for name, texts in fields.items():
            for text in texts:
                answer: httpx.Response = await browser.submit(
                    f"/verification/{check}", {name: text}, htmx=True
                )
                assert answer.status_code in (200, 422)
                assert len(answer.content) <= 400, answer.text
