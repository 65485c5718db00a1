"""The sheet in browsers of ten years: what they do not know takes nothing else away with it."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from web.assets import STATIC

SHEETS = sorted(STATIC.glob("*.css"))
NEW_VALUE = re.compile(r"\b(min|max|clamp|env|color-mix|light-dark|fit-content)\(|\d(d|s|l)v[hw]\b")
"""Unknown before Safari 11.1 and Chromium 79, or later: the whole declaration is dropped."""
NEW_PROPERTY = re.compile(
    r"(row-|column-)?gap|inset(-\w+)*|aspect-ratio|(margin|padding|border)-(inline|block)(-\w+)*"
)
"""What may stand in a grid only, whose browsers know it, or not at all."""
NEW_SELECTOR = re.compile(r":(is|where|has|focus-visible)\b|:not\([^)]*[ ,>]")
"""Unknown to some: the whole list of selectors is dropped with it."""


def rules(path: Path) -> Iterator[tuple[str, list[tuple[str, str]]]]:
    """Each rule's selectors and declarations; those inside `@media` and `@supports` too."""
    css = re.sub(r"/\*.*?\*/", "", path.read_text("utf-8"), flags=re.S)
    for selector, block in re.findall(r"([^{}]+)\{([^{}]*)\}", css):
        pairs = (line.split(":", 1) for line in block.split(";") if ":" in line)
        yield selector.strip(), [(name.strip(), value) for name, value in pairs]


@pytest.mark.parametrize("path", SHEETS, ids=lambda path: path.name)
def test_a_plain_value_stands_before_each_that_old_browsers_drop(path: Path) -> None:
    bare = []
    for selector, declarations in rules(path):
        known = set()
        for name, value in declarations:
            if not NEW_VALUE.search(value):
                known.add(name)
            elif name not in known:
                bare.append(f"{selector} {{ {name}:{value} }}")
    assert bare == []


@pytest.mark.parametrize("path", SHEETS, ids=lambda path: path.name)
def test_margins_stand_for_gaps_and_plain_sides_for_logical_ones(path: Path) -> None:
    found = [
        f"{selector} {{ {name}:{value} }}"
        for selector, declarations in rules(path)
        for name, value in declarations
        if NEW_PROPERTY.fullmatch(name) and ("display", " grid") not in declarations
    ]
    assert found == []


@pytest.mark.parametrize("path", SHEETS, ids=lambda path: path.name)
def test_a_selector_that_old_browsers_do_not_know_stands_alone(path: Path) -> None:
    lists = [selector for selector, _ in rules(path) if re.search(r",(?![^(]*\))", selector)]
    assert [selector for selector in lists if NEW_SELECTOR.search(selector)] == []
