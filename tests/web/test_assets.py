"""The sheet and the icons of an office: its accent and logo are settings."""

import base64
import hashlib
import json
from dataclasses import replace
from pathlib import Path

import httpx
import pytest

from app import create_app
from settings import ACCENT, Settings, SettingsError, contrast, load
from tests.conftest import Browser
from web.assets import DARK_SURFACE, Assets

COLOURS = ["#0b57d0", "#7a1f5c", "#000000", "#8a5a00", "#004400"]


def given(tmp_path: Path, **environ: str) -> Settings:
    return load({"PORTAL_DATABASE": str(tmp_path / "x.db"), **environ}, tmp_path / "none")


@pytest.mark.parametrize("colour", [*COLOURS, ACCENT])
def test_a_dark_accent_is_taken(tmp_path: Path, colour: str) -> None:
    assert given(tmp_path, PORTAL_ACCENT=colour.upper()).accent == colour


@pytest.mark.parametrize("value", ["#ffcc00", "#7f7f7f", "red", "#123", "#12345g", "195a4e"])
def test_an_accent_that_cannot_be_read_stops_the_start(tmp_path: Path, value: str) -> None:
    with pytest.raises(SettingsError, match=r"^PORTAL_ACCENT : .{20,}$"):
        given(tmp_path, PORTAL_ACCENT=value)


def test_contrast_is_that_of_wcag() -> None:
    assert contrast("#000000", "#ffffff") == contrast("#ffffff", "#000000") == 21
    assert round(contrast("#777777", "#ffffff"), 2) == 4.48


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


@pytest.mark.parametrize("name", ["none.svg", "logo.gif", "huge.png"])
def test_a_logo_that_cannot_be_shown_stops_the_start(tmp_path: Path, name: str) -> None:
    (tmp_path / "logo.gif").write_bytes(b"GIF89a")
    (tmp_path / "huge.png").write_bytes(bytes(100_001))
    with pytest.raises(SettingsError, match=r"^PORTAL_LOGO : .*" + name):
        given(tmp_path, PORTAL_LOGO=str(tmp_path / name))


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
