"""The sheet, the script, the icons and the manifest, read and compressed once at start."""

import base64
import hashlib
import json
import mimetypes
import re
from functools import cache
from pathlib import Path

from settings import ACCENT, LIGHT_SURFACE, Settings, contrast
from web.encoded import Encoded

STATIC = Path(__file__).parent.parent / "static"
SCRIPTS = ("htmx.min.js", "portal.js")
PAPER = "#faf8f3"
DARK_SURFACE = "#20322d"
"""The lightest surface of the dark scheme that links stand on: its notes."""


class Assets:
    """What the pages of one office hold and name: its accent and logo are settings."""

    def __init__(self, settings: Settings) -> None:
        self.sheet = _sheet() + _accent_rules(settings.accent)
        """The style sheet: pages hold it inline."""
        digest = hashlib.sha256(self.sheet.encode()).digest()
        self.sheet_hash = "sha256-" + base64.b64encode(digest).decode()
        """The sheet's hash as the CSP wants it."""
        self.script_name = _script()[0]
        """The script's name with its fingerprint: it may be cached for ever."""
        self.logo_name = f"logo{settings.logo.suffix.lower()}" if settings.logo else ""
        """The logo's name, or an empty string for none."""
        self.manifest = Encoded(_manifest(settings), "application/manifest+json")
        """What a phone needs to put the portal on its home screen."""
        self._files = {self.script_name: _script()[1], **_icons()}
        if settings.logo:
            self._files[self.logo_name] = _encoded(settings.logo)

    def file(self, name: str) -> Encoded | None:
        """The static file that is served under that name."""
        return self._files.get(name)


@cache
def _sheet() -> str:
    """The sheet without comments and needless white space."""
    css = (STATIC / "portal.css").read_text("utf-8")
    css = re.sub(r"/\*.*?\*/", "", css, flags=re.S)
    css = re.sub(r"\s+", " ", css)
    return re.sub(r" ?([{};,>]) ?", r"\1", css).replace(";}", "}").replace(": ", ":").strip()


@cache
def _script() -> tuple[str, Encoded]:
    text = "\n".join((STATIC / name).read_text("utf-8") for name in SCRIPTS)
    # Indentation and whole lines of comment: a fifth of what our own script weighs.
    body = re.sub(r"^\s*(//.*)?\n?", "", text, flags=re.M).encode()
    name = f"portal.{hashlib.sha256(body).hexdigest()[:12]}.js"
    return name, Encoded(body, "text/javascript; charset=utf-8")


@cache
def _icons() -> dict[str, Encoded]:
    return {path.name: _encoded(path) for path in sorted(STATIC.glob("icon*"))}


def _encoded(path: Path) -> Encoded:
    kind = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
    return Encoded(path.read_bytes(), kind)


def _accent_rules(accent: str) -> str:
    """What the office's own accent changes in the sheet; nothing for ours.

    In the dark the accent is mixed with white until it is as readable as ours is.
    """
    if accent == ACCENT:
        return ""
    dark = next(
        mixed
        for share in range(0, 101, 5)
        if contrast(mixed := _with_white(accent, share), DARK_SURFACE) >= 7
    )
    return (
        f":root{{--band:{accent};--accent:{accent};--note:{LIGHT_SURFACE}}}"
        f"@media (prefers-color-scheme:dark){{:root{{--accent:{dark};--note:{DARK_SURFACE}}}}}"
        f"@media print{{:root{{--accent:#000;--note:#fff}}}}"
    )


def _with_white(colour: str, share: int) -> str:
    """A #rrggbb colour with `share` percent of white."""
    parts = (int(colour[place : place + 2], 16) for place in (1, 3, 5))
    return "#" + "".join(f"{part + (255 - part) * share // 100:02x}" for part in parts)


def _manifest(settings: Settings) -> bytes:
    base = settings.base_path
    icons = [
        {"src": f"{base}/static/icon-{size}.png", "sizes": f"{size}x{size}", "type": "image/png"}
        for size in (192, 512)
    ]
    manifest = {
        "name": settings.office_name,
        "short_name": settings.office_name,
        "lang": "fr-CA",
        "start_url": f"{base}/",
        "scope": f"{base}/",
        # With the browser's own buttons: members know where they are.
        "display": "minimal-ui",
        "background_color": PAPER,
        "theme_color": settings.accent,
        "icons": [*icons, {**icons[-1], "purpose": "maskable"}],
    }
    return json.dumps(manifest, ensure_ascii=False).encode()
