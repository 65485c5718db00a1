"""`make audit`, as far as it goes without Node, Java and Chromium."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tools.audit.checkers import Finding, lines
from tools.audit.lighthouse import CATEGORIES, Scores
from tools.audit.needs import NEEDS, PINS, sentence

ROOT = Path(__file__).parents[2]
PUBLIC = "https://registry.npmjs.org/"


def audit(path: str) -> subprocess.CompletedProcess[str]:
    """Run the audit with that PATH."""
    return subprocess.run(
        [sys.executable, "-m", "tools.audit"],
        cwd=ROOT,
        env={**os.environ, "PATH": path},
        capture_output=True,
        text=True,
        timeout=60,
    )


def program(folder: Path, name: str, script: str) -> None:
    (folder / name).write_text(f"#!/bin/sh\n{script}\n")
    (folder / name).chmod(0o755)


def test_what_is_missing_is_one_sentence_that_says_how_to_get_it(tmp_path: Path) -> None:
    ran = audit(str(tmp_path))
    assert ran.returncode == 2
    assert ran.stdout == ""
    assert ran.stderr == (
        "make audit needs Node 18.19 or newer, npm, Java and Chromium, not found here; "
        "on Debian: apt install nodejs npm default-jre-headless chromium\n"
    )


@pytest.mark.parametrize("version", ["v16.20.2", "v18.18.9", "none"])
def test_a_node_that_is_too_old_is_missing(tmp_path: Path, version: str) -> None:
    for name in ("npm", "java", "chromium"):
        program(tmp_path, name, "exit 0")
    program(tmp_path, "node", f"echo {version}")
    ran = audit(str(tmp_path))
    assert ran.returncode == 2
    assert ran.stderr == (
        "make audit needs Node 18.19 or newer, not found here; on Debian: apt install nodejs\n"
    )


def test_ci_installs_all_that_the_audit_needs() -> None:
    script = (ROOT / ".ci" / "run").read_text("utf-8")
    assert sentence(list(NEEDS)).endswith("nodejs npm default-jre-headless chromium")
    for need in NEEDS:
        assert f"command -v {need.commands[0]} >/dev/null || missing+=({need.package})" in script
    assert script.splitlines()[-1] == "make audit"


def test_every_package_is_pinned_by_its_hash_and_names_no_host_of_a_network() -> None:
    wanted = json.loads((PINS / "package.json").read_text("utf-8"))["devDependencies"]
    lock = json.loads((PINS / "package-lock.json").read_text("utf-8"))["packages"]
    assert lock.pop("")["devDependencies"] == wanted
    for name, version in wanted.items():
        assert lock[f"node_modules/{name}"]["version"] == version
    for name, package in lock.items():
        assert package["integrity"].startswith("sha512-"), name
        # npm puts the configured registry in the place of its own public one.
        assert package.get("resolved", PUBLIC).startswith(PUBLIC), name


def test_a_package_wanted_as_latest_has_an_address_or_npm_ci_refuses_the_lock() -> None:
    lock = json.loads((PINS / "package-lock.json").read_text("utf-8"))["packages"]
    wanted = {
        name
        for package in lock.values()
        for name, version in package.get("dependencies", {}).items()
        if version == "latest"
    }
    assert wanted
    for name in wanted:
        assert "resolved" in lock[f"node_modules/{name}"], name


def test_findings_alike_are_one_line() -> None:
    findings = [Finding("sign-in", "3:1", "Stray tag"), Finding("guide", "9:2", "Stray tag")]
    assert lines(findings) == ["  Stray tag: 2 times, first in sign-in 3:1"]


def report(performance: float, accessibility: float = 1) -> dict[str, object]:
    """A report of Lighthouse where one audit decides each category."""
    scores = dict(zip(CATEGORIES, (performance, accessibility, 1), strict=True))
    return {
        "categories": {
            name: {"score": score, "auditRefs": [{"id": name, "weight": 1}]}
            for name, score in scores.items()
        },
        "audits": {
            name: {"score": score, "scoreDisplayMode": "numeric", "title": "A title"}
            for name, score in scores.items()
        },
    }


def test_two_full_runs_settle_a_page_and_one_slow_run_does_not_fail_it() -> None:
    scores = Scores()
    for performance, settled in ((0.97, False), (1, False), (1, True)):
        scores.add(report(performance))
        assert scores.settled is settled
    assert [scores.of(name) for name in CATEGORIES] == [100, 100, 100]
    scores = Scores()
    scores.add(report(1))
    scores.add(report(1))
    assert scores.settled


def test_performance_is_the_median_and_the_others_are_the_worst() -> None:
    scores = Scores()
    for performance, accessibility in ((1, 1), (0.98, 0.9), (0.96, 1)):
        scores.add(report(performance, accessibility))
    assert [scores.of(name) for name in CATEGORIES] == [98, 90, 100]
    assert scores.faults[0] == "  performance, performance: A title (failed)"
