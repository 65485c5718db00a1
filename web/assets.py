"""The sheet, the script and the icons, read and compressed once at start."""

import base64
import hashlib
import mimetypes
import re
from functools import cache
from pathlib import Path

from web.encoded import Encoded

STATIC = Path(__file__).parent.parent / "static"
SCRIPTS = ("htmx.min.js", "portal.js")


@cache
def sheet() -> str:
    """The style sheet, without comments and needless white space: pages hold it inline."""
    css = (STATIC / "portal.css").read_text("utf-8")
    css = re.sub(r"/\*.*?\*/", "", css, flags=re.S)
    css = re.sub(r"\s+", " ", css)
    return re.sub(r" ?([{};,>]) ?", r"\1", css).replace(";}", "}").replace(": ", ":").strip()


@cache
def sheet_hash() -> str:
    """The sheet's hash as the CSP wants it."""
    digest = hashlib.sha256(sheet().encode()).digest()
    return "sha256-" + base64.b64encode(digest).decode()


@cache
def assets() -> dict[str, Encoded]:
    """Every static file by the name it is served under; the script's name has its fingerprint."""
    script = "\n".join((STATIC / name).read_text("utf-8") for name in SCRIPTS).encode()
    files = {script_name(): Encoded(script, "text/javascript; charset=utf-8")}
    for path in STATIC.iterdir():
        if path.suffix in {".svg", ".png", ".ico", ".webmanifest"}:
            kind = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
            files[path.name] = Encoded(path.read_bytes(), kind)
    return files


@cache
def script_name() -> str:
    """The script's name with its fingerprint: it may be cached for ever."""
    digest = hashlib.sha256(b"".join((STATIC / name).read_bytes() for name in SCRIPTS))
    return f"portal.{digest.hexdigest()[:12]}.js"
