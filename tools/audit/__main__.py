"""`make audit`: the whole audit as a short table; exit code 1 where something is found."""

import asyncio
import logging
import sys
import tempfile
from collections.abc import Iterable
from os import cpu_count, getloadavg
from pathlib import Path

from tools.audit import needs
from tools.audit.checkers import Finding, html_validate, lines, nu

PAGES = ("/", "/inscription", "/membre")


def main() -> int:
    """Say what is missing (exit code 2), else audit."""
    missing = needs.missing()
    if missing:
        print(needs.sentence(missing), file=sys.stderr)
        return 2
    needs.install()
    # The pages of faults are wanted here, their traces in the log are not.
    logging.disable(logging.CRITICAL)
    with tempfile.TemporaryDirectory() as folder:
        found = asyncio.run(_pages(Path(folder)))
        found += asyncio.run(_scores(Path(folder)))
    return min(found, 1)


async def _pages(folder: Path) -> int:
    """Both checkers on every page and state; gives the number of findings."""
    from tools.audit.office import BARE, FULL, served
    from tools.audit.screens import Screens

    pages = folder / "pages"
    for name, office in (("office", FULL), ("bare", BARE)):
        for language in ("fr", "en"):
            walked = pages / f"{name}-{language}"
            walked.mkdir(parents=True)
            with tempfile.TemporaryDirectory() as place:
                async with served(office, Path(place)) as portal:
                    await Screens(portal, language, walked).collect()
    count = len(list(pages.rglob("*.html")))
    print(f"{count} pages and states, in French and English")
    found = await asyncio.to_thread(html_validate, pages)
    _tell("html-validate", found)
    said = await asyncio.to_thread(nu, pages)
    _tell("Nu checker", said)
    return len(found) + len(said)


async def _scores(folder: Path) -> int:
    """Lighthouse on three pages; gives how many scores are below 100.

    Performance is printed and not counted: it is a time, and machines are noisy.
    """
    from tools.audit.lighthouse import CATEGORIES, MOST_RUNS, lighthouse
    from tools.audit.office import FULL, served
    from tools.audit.screens import Screens

    low = 0
    print(f"Lighthouse, performance as the median of up to {MOST_RUNS} runs")
    print(f"{'':14}" + "".join(f"{name:>16}" for name in CATEGORIES))
    with tempfile.TemporaryDirectory() as place:
        async with served(FULL, Path(place)) as portal:
            cookies = await Screens(portal, "fr", folder).sign_in()
            for page in PAGES:
                headers = {"Accept-Language": "fr-CA"}
                if page == "/membre":
                    headers["Cookie"] = cookies
                url = portal.url + page
                scores = await asyncio.to_thread(lighthouse, url, headers, folder)
                row = [scores.of(name) for name in CATEGORIES]
                print(f"{page:14}" + "".join(f"{score:16}" for score in row), flush=True)
                if min(row) < 100:
                    print("\n".join(dict.fromkeys(scores.faults)))
                    # What others do at the same time counts as the page's: it is no excuse, a hint.
                    print(f"  load of this machine: {getloadavg()[0]:.1f} on {cpu_count()} cores")
                judged = zip(CATEGORIES, row, strict=True)
                low += sum(score < 100 for name, score in judged if name != "performance")
    return low


def _tell(name: str, findings: Iterable[Finding]) -> None:
    findings = list(findings)
    print("\n".join([f"{name}: {len(findings) or 'nothing'} found", *lines(findings)]), flush=True)


if __name__ == "__main__":
    sys.exit(main())
