"""A name as the office's list has it: with its title, a second name, or the first name too.

The list stays as it is; what is told here is which names its member may type.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from rules import Refused
from rules.characters import SPACES, composed, trimmed
from rules.name import family_name, first_name, name_key

_PARTING = re.compile(r"[(),;/&+:\"«»“”„\[\]]")
_FEMININE = re.compile(r"\((?=e?s?\))e?s?\)")  # « né(e) »
_GLUED = re.compile(r"\.(?=\w)")  # « Mme.Gagnon »
_TOGETHER = re.compile("[&+]")

_BORN = frozenset(
    "ne nee nees born epouse epoux ep veuve veuf vve alias dit dite aka ou or".split()
)
_AND = frozenset({"et", "and"})
_TITLES = frozenset(
    "m mm mr mrs ms mme mmes mlle mlles melle madame monsieur mademoiselle dr dre docteur me"
    " maitre sr soeur frere pere mere abbe rev reverend hon honorable prof".split()
)
_SUFFIXES = frozenset("jr sr junior senior fils fille pere mere ii iii iv cpa ing phd".split())
_LATE = frozenset(
    "feu feue succession estate heritiers decede decedee deces dcd defunt defunte late".split()
)
_BESIDE = _TITLES | _SUFFIXES | _LATE
_PARTICLES = frozenset(
    "saint sainte de du des d la le les l van von der den mc mac o of the".split()
)

_Name = list[tuple[str, str]]
"""Words of a name, each with its key."""


@dataclass(frozen=True, slots=True)
class ListedName:
    """The ways in which a line's two names can be read, as family name and first name: as they
    stand, and without what stands beside them. `beside` says what that is: `title`, `several`
    names of one person, `first_name`, `people` (two of them), `late` (somebody who died).
    """

    readings: tuple[tuple[str, str], ...]
    beside: frozenset[str]


def listed_family_name(text: str) -> str | Refused:
    """A family name of the list in; tidied out. It may have brackets, commas and slashes."""
    answer = family_name(_PARTING.sub(" ", text))
    return answer if isinstance(answer, Refused) else _tidied(text)


def listed_first_name(text: str) -> str | Refused:
    """A first name of the list in; tidied out, by the rule of the family name."""
    answer = first_name(_PARTING.sub(" ", text))
    return answer if isinstance(answer, Refused) else _tidied(text)


@lru_cache(10_000)
def listed_name(family: str, first: str) -> ListedName:
    """The family name and first name of a line in; how they can be read out."""
    of_the_first: set[str] = set()
    firsts = _names(first, of_the_first)
    beside = of_the_first & {"people", "late"}
    names = _names(family, beside)
    if len(names) > 1 and (families := [name for name in names if name not in firsts]):
        if len(families) < len(names):  # « Roy, Anne »
            beside.add("first_name")
        if len(families) == 1:
            beside.discard("several")
        names = families
    names = [_without_first_name(name, firsts, beside) for name in names]
    readings = {(family, first): None}
    for family_ in _one_person_s(names) if "people" not in beside else map(_said, names):
        readings |= {(family_, first_): None for first_ in map(_said, firsts or [[]])}
    return ListedName(tuple(readings), frozenset(beside))


def _names(text: str, beside: set[str]) -> list[_Name]:
    """The names in a cell; notes what stands beside them."""
    text = _GLUED.sub(". ", _FEMININE.sub("", text))
    parts: list[_Name] = []
    together = _TOGETHER.search(text) is not None
    for chunk in _PARTING.split(text):
        parts.append([])
        for word in chunk.split():
            key = name_key(word)
            if key in _BORN or key in _AND:
                together |= key in _AND
                parts.append([])
            elif key:
                parts[-1].append((key, word))
    parts = [part for part in parts if part]
    names = [part for part in parts if not _BESIDE.issuperset(_keys(part))]
    for aside in (part for part in parts if names and part not in names):  # « Roy (décédé) »
        beside.add("title" if _LATE.isdisjoint(_keys(aside)) else "late")
    names = [_bare(name, beside) for name in names or parts]
    if len(names) > 1:
        beside.add("people" if together else "several")
    return names


def _bare(name: _Name, beside: set[str]) -> _Name:
    """A name without its titles and what says that somebody died."""
    keys = _keys(name)
    start, end = 0, len(name)
    while end - start > 1 and keys[start] in _TITLES | _LATE:
        beside.add("late" if keys[start] in _LATE else "title")
        start += 1
        while keys[start - 1] in _LATE and end - start > 1 and keys[start] in _PARTICLES:
            start += 1  # « Succession de Roy »
    while end - start > 1 and keys[end - 1] in _SUFFIXES | _LATE:
        beside.add("late" if keys[end - 1] in _LATE else "title")
        end -= 1
    return name[start:end]


def _without_first_name(name: _Name, firsts: list[_Name], beside: set[str]) -> _Name:
    """The name without a first name that stands before or behind it."""
    for first in map(_keys, filter(None, firsts)):
        length, keys = len(first), _keys(name)
        for rest, at_an_end in ((name[length:], keys[:length]), (name[:-length], keys[-length:])):
            if at_an_end == first and any(key not in _PARTICLES for key, _ in rest):
                beside.add("first_name")
                return rest
    return name


def _one_person_s(names: list[_Name]) -> Iterator[str]:
    """Names that one person has, as `name_matches` reads them: « Lévesque (Roy) »."""
    if len(names) == 1:
        yield _said(names[0])
    for other in names[1:]:
        yield f"{_said(names[0])} ({_said(other)})"


def _said(name: _Name) -> str:
    return " ".join(word for _, word in name)


def _keys(name: _Name) -> list[str]:
    return [key for key, _ in name]


def _tidied(text: str) -> str:
    return composed(SPACES.sub(" ", trimmed(text)))
