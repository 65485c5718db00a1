"""SECURITY X10: what an office leaves beside the sources arrives in no release and no image."""

import re
import shutil
import subprocess
from fnmatch import fnmatchcase
from pathlib import Path

import pytest

from tests.faults.conftest import ROOT

LIST = ROOT / "deploy" / "Dockerfile.dockerignore"
OFFICE = (
    "membres.csv", "Membres 2026.xlsx", "liste.ods", "liste.xls", ".env", "portail.env",
    "portail-20261123-033000.tar.gz", "portal.db", "portal.db-wal", "portal.key", "courriel.eml",
)  # fmt: skip
LEFT_OUT = ("tests/", "bench/", "tools/", "docs/screenshots/", ".ci/", "security/voice/README.md",
            "security/voice/make.sh", "roster/demo.csv", ".gitignore", "pyproject.toml",
            "requirements-dev")  # fmt: skip
"""What a running portal needs none of."""


def tracked() -> set[str]:
    """The paths that git has, or will have."""
    done = subprocess.run(
        ["git", "-C", ROOT, "ls-files", "-co", "--exclude-standard"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    if done.returncode:
        pytest.skip("this is no clone")
    return {path for path in done.stdout.splitlines() if (ROOT / path).is_file()}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The sources with an office's files in every folder of them, and links to some."""
    for path in tracked():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / path, tmp_path / path)
    (tmp_path / "var").mkdir()
    (tmp_path / "sauvegardes").mkdir()
    for each in [tmp_path, *(path for path in tmp_path.rglob("*") if path.is_dir())]:
        for name in OFFICE:
            (each / name).write_text("Lapointe")
    (tmp_path / "commands" / "linked.py").symlink_to(tmp_path / "membres.csv")
    return tmp_path


def listed(folder: Path) -> set[str]:
    """What install.sh copies."""
    done = subprocess.run(
        ["sh", folder / "deploy" / "contents"], cwd="/", capture_output=True, text=True, check=True
    )
    assert done.stderr == ""
    return set(done.stdout.splitlines())


def sent_to_docker(folder: Path) -> set[str]:
    """What is left of the folder by the rules of a .dockerignore: the last that matches decides."""
    lines = [line for line in LIST.read_text().splitlines() if line and not line.startswith("#")]
    assert lines[0] == "*"
    patterns = [line.removeprefix("!").split("/") for line in lines[1:]]
    assert all(line.startswith("!") and "**" not in line for line in lines[1:])
    found = set()
    for path in folder.rglob("*"):
        parts = path.relative_to(folder).parts
        if path.is_file() and any(
            len(parts) == len(pattern) and all(map(fnmatchcase, parts, pattern))
            for pattern in patterns
        ):
            found.add("/".join(parts))
    return found


def test_x10_nothing_of_the_office_s_arrives_and_all_that_runs_does(folder: Path) -> None:
    runs = {path for path in tracked() if not path.startswith(LEFT_OUT)}
    assert listed(folder) == runs
    assert sent_to_docker(folder) - {"commands/linked.py"} == runs


def test_x10_the_image_and_the_release_are_made_of_that_list() -> None:
    assert "COPY . ." in (ROOT / "deploy" / "Dockerfile").read_text()
    script = (ROOT / "deploy" / "install.sh").read_text()
    assert re.findall(r"^.*tar .*\| tar|^.*contents.*$", script, re.M) == [
        'sh "$source/deploy/contents" | tar -C "$source" --no-recursion -T - -cf - \\'
    ]
