"""The systemd units: no fault, and little of the machine left open to them."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

DEPLOY = Path(__file__).parents[2] / "deploy"
UNITS = sorted(
    path.name
    for path in DEPLOY.glob("portail*.*")
    if path.suffix in (".service", ".socket", ".timer")
)
ANALYZE = shutil.which("systemd-analyze")

pytestmark = pytest.mark.skipif(ANALYZE is None, reason="systemd-analyze is not installed here")


def analyze(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(ANALYZE), *map(str, arguments)], capture_output=True, text=True, check=False
    )


@pytest.fixture
def units(tmp_path: Path) -> Path:
    """The units, calling a Python that is installed here."""
    for name in UNITS:
        text = (DEPLOY / name).read_text("utf-8")
        text = text.replace("/opt/portail/current/.venv/bin/python", sys.executable)
        (tmp_path / name).write_text(text, encoding="utf-8")
    return tmp_path


def test_there_is_a_server_its_line_a_night_its_timer_and_a_watch() -> None:
    assert UNITS == [
        "portail-nightly.service",
        "portail-nightly.timer",
        "portail-watch@.service",
        "portail.service",
        "portail.socket",
    ]


def test_the_units_verify(units: Path) -> None:
    done = analyze("verify", "--man=no", *(units / name for name in UNITS))
    assert (done.returncode, done.stdout + done.stderr) == (0, "")


def test_a_wrong_unit_is_noticed(units: Path) -> None:
    unit = units / "portail.service"
    unit.write_text(unit.read_text().replace("ProtectSystem=strict", "ProtectSystem=stric"))
    assert "protect system" in analyze("verify", "--man=no", unit).stderr


@pytest.mark.parametrize("name", [name for name in UNITS if name.endswith(".service")])
def test_little_is_exposed(units: Path, name: str) -> None:
    done = analyze("security", "--offline=true", "--no-pager", units / name)
    found = re.search(r"Overall exposure level for \S+: ([0-9.]+)", done.stdout)
    assert found, done.stderr
    assert float(found[1]) <= 1.5, done.stdout
