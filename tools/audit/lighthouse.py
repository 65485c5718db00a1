"""Lighthouse on one page, as a phone on a slow network (its default, simulated)."""

import json
import os
import subprocess
import time
from collections.abc import Mapping
from pathlib import Path
from statistics import median
from typing import Any

from tools.audit.checkers import MODULES
from tools.audit.needs import CLOSED_NETWORK, chromium

LIGHTHOUSE = MODULES / ".bin" / "lighthouse"
CATEGORIES = ("performance", "accessibility", "best-practices")
MOST_RUNS = 3
PATIENCE = 30
"""Seconds at the most that a run waits for a machine with little else to do."""


class Broken(RuntimeError):
    """A run of Lighthouse that gave no scores."""


class Scores:
    """The scores of one page over a few runs, and what took points from them."""

    def __init__(self) -> None:
        self.runs: list[dict[str, int]] = []
        self.faults: list[str] = []

    @property
    def settled(self) -> bool:
        """Whether another run could not change the medians."""
        full = [all(run[name] == 100 for name in CATEGORIES) for run in self.runs]
        return len(full) == MOST_RUNS or full.count(True) > MOST_RUNS / 2

    def of(self, category: str) -> int:
        """Performance is the median of the runs, for machines are noisy; the others the worst."""
        scores = [run[category] for run in self.runs]
        return int(median(scores)) if category == "performance" else min(scores)

    def add(self, report: Mapping[str, Any]) -> None:
        """Note one run."""
        self.runs.append({})
        for name in CATEGORIES:
            category = report["categories"][name]
            self.runs[-1][name] = round((category["score"] or 0) * 100)
            self.faults += [
                f"  {name}, {ref['id']}: {audit['title']} ({audit.get('displayValue') or 'failed'})"
                for ref in category["auditRefs"]
                if ref["weight"]
                and (audit := report["audits"][ref["id"]])["scoreDisplayMode"] != "notApplicable"
                and (audit["score"] is None or audit["score"] < 1)
            ]


def lighthouse(url: str, headers: Mapping[str, str], folder: Path) -> Scores:
    """Run it up to three times, fewer where the medians are known before."""
    scores = Scores()
    while not scores.settled:
        _wait_for_quiet()
        try:
            report = _run(url, headers, folder)
        except Broken:
            # On a busy machine the browser may fail to record the page: once is no finding.
            report = _run(url, headers, folder)
        if report["finalDisplayedUrl"] != url:
            raise RuntimeError(f"Lighthouse came to {report['finalDisplayedUrl']}, not to {url}")
        scores.add(report)
    return scores


def _wait_for_quiet() -> None:
    """Wait until the processors idle: what else runs would count as the page's slowness."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        before, begun = _idle_seconds(), time.monotonic()
        time.sleep(2)
        cores = os.cpu_count() or 1
        if _idle_seconds() - before > 0.9 * cores * (time.monotonic() - begun):
            return


def _idle_seconds() -> float:
    """How long the processors have idled since the machine started, all together."""
    return float(Path("/proc/uptime").read_text("ascii").split()[1])


def _run(url: str, headers: Mapping[str, str], folder: Path) -> dict[str, Any]:
    # In a file: a command's arguments can be read by every user of the machine.
    sent, told = folder / "headers.json", folder / "report.json"
    sent.write_text(json.dumps(dict(headers)))
    command = [
        str(LIGHTHOUSE),
        url,
        f"--chrome-flags={' '.join(('--headless=new', *CLOSED_NETWORK))}",
        f"--only-categories={','.join(CATEGORIES)}",
        f"--extra-headers={sent}",
        "--output=json",
        f"--output-path={told}",
        "--no-enable-error-reporting",
        "--quiet",
    ]
    environ = {**os.environ, "CHROME_PATH": chromium()}
    ran = subprocess.run(command, env=environ, capture_output=True, text=True, check=False)  # noqa: S603
    if ran.returncode:
        raise Broken(f"Lighthouse ended with {ran.returncode}: {ran.stderr[-2000:]}")
    report: dict[str, Any] = json.loads(told.read_text("utf-8"))
    return report
