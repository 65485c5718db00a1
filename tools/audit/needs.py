"""The programs that the audit runs, and what to install where one is missing."""

import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

PINS = Path(__file__).parent
INSTALLED = PINS.parents[1] / "var" / "audit"
"""Outside the packages of ours, and ignored by everything that copies or checks the folder."""
OLDEST_NODE = (18, 19)
CLOSED_NETWORK = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
"""How Chromium is started where it is to reach nothing but the portal."""
CHROMIUM = ("chromium", "chromium-browser", "google-chrome")


@dataclass(frozen=True, slots=True)
class Need:
    """A program under any of its names, and the Debian package that brings it."""

    name: str
    commands: tuple[str, ...]
    package: str

    def find(self) -> str | None:
        """Where the program is, None when it is missing."""
        return next(filter(None, map(shutil.which, self.commands)), None)


NODE = Need("Node 18.19 or newer", ("node",), "nodejs")
NEEDS = (
    NODE,
    Need("npm", ("npm",), "npm"),
    Need("Java", ("java",), "default-jre-headless"),
    Need("Chromium", CHROMIUM, "chromium"),
)


def missing() -> list[Need]:
    """What the audit needs and this machine has not; a Node that is too old counts as missing."""
    return [need for need in NEEDS if need.find() is None or (need is NODE and _node_is_old())]


def sentence(needs: list[Need]) -> str:
    """What is missing and how to get it, in one sentence."""
    *most, last = [need.name for need in needs]
    names = f"{', '.join(most)} and {last}" if most else last
    packages = " ".join(need.package for need in needs)
    return f"make audit needs {names}, not found here; on Debian: apt install {packages}"


def chromium() -> str:
    """Where the browser is, which is known to be there."""
    found = NEEDS[-1].find()
    assert found
    return found


def install() -> None:
    """Bring the pinned packages, when they are not the lock's; no package's own script runs."""
    lock = (PINS / "package-lock.json").read_bytes()
    brought = INSTALLED / "brought-package-lock.json"
    if brought.is_file() and brought.read_bytes() == lock:
        return
    INSTALLED.mkdir(parents=True, exist_ok=True)
    for name in ("package.json", "package-lock.json"):
        shutil.copy(PINS / name, INSTALLED)
    command = ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
    subprocess.run(command, cwd=INSTALLED, check=True)  # noqa: S603
    brought.write_bytes(lock)


def _node_is_old() -> bool:
    command = ["node", "--version"]
    told = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603
    version = re.match(r"v([0-9]+)\.([0-9]+)", told.stdout)
    return not version or (int(version[1]), int(version[2])) < OLDEST_NODE
