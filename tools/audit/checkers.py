"""html-validate and the Nu checker over a folder of pages."""

import json
import subprocess
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from tools.audit.needs import INSTALLED, PINS

MODULES = INSTALLED / "node_modules"
HTML_VALIDATE = MODULES / ".bin" / "html-validate"
NU = MODULES / "vnu-jar" / "build" / "dist" / "vnu.jar"


@dataclass(frozen=True, slots=True)
class Finding:
    """What a checker says about one place of one page."""

    page: str
    place: str
    sentence: str


def html_validate(folder: Path) -> list[Finding]:
    """Its errors and warnings, by our configuration."""
    config = PINS / "htmlvalidate.cjs"
    # To a file: it ends before a long report has gone through a pipe.
    told = folder.with_name("html-validate.json")
    command = [str(HTML_VALIDATE), f"--config={config}", f"--formatter=json={told}", str(folder)]
    _run(command)
    reports = json.loads(told.read_text("utf-8"))
    return [
        Finding(
            Path(report["filePath"]).stem,
            f"{message['line']}:{message['column']}",
            f"{message['message']} ({message['ruleId']})",
        )
        for report in reports
        for message in report["messages"]
    ]


def nu(folder: Path) -> list[Finding]:
    """Its errors, warnings and remarks."""
    command = ["java", "-jar", str(NU), "--stdout", "--format", "json", "--Werror", str(folder)]
    return [
        Finding(
            Path(message.get("url", "")).stem,
            f"{message.get('lastLine', '?')}:{message.get('lastColumn', '?')}",
            f"{message['message']} ({message.get('subType', message['type'])})",
        )
        for message in json.loads(_run(command))["messages"]
    ]


def lines(findings: Iterable[Finding]) -> list[str]:
    """One line for each kind of finding: its sentence, how often, one place."""
    first: dict[str, Finding] = {}
    counts: dict[str, int] = {}
    for finding in findings:
        first.setdefault(finding.sentence, finding)
        counts[finding.sentence] = counts.get(finding.sentence, 0) + 1
    return [
        f"  {sentence}: {counts[sentence]} times, first in {finding.page} {finding.place}"
        for sentence, finding in first.items()
    ]


def _run(command: list[str]) -> str:
    """What a checker prints; that it found something is no failure of its run."""
    ran = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603
    if ran.returncode not in (0, 1) or ran.stderr:
        raise RuntimeError(f"{command[0]} ended with {ran.returncode}: {ran.stderr[-2000:]}")
    return ran.stdout
