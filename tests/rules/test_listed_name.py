"""Names as the office's list has them, and what their members may type."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rules import Refused
from rules.listed_name import listed_family_name, listed_first_name, listed_name
from rules.name import name_matches

QUICK = settings(deadline=None, max_examples=150, database=None)
ANYTHING = st.text(st.characters(exclude_categories=()), max_size=60)


def matches(typed: str, family: str, first: str) -> bool:
    return any(name_matches(typed, *reading) for reading in listed_name(family, first).readings)


@pytest.mark.parametrize(
    ("family", "first", "beside", "typed"),
    [
        ("Lévesque née Roy", "Anne", {"several"}, "Lévesque, Roy, Lévesque-Roy, Roy Anne"),
        ("Lévesque (née Roy)", "Anne", {"several"}, "LEVESQUE, Roy, Lévesque née Roy"),
        ("Roy né(e) Gagnon", "Anne", {"several"}, "Roy, Gagnon"),
        ("Gagnon épouse Roy", "Lise", {"several"}, "Gagnon, Roy, Lise Gagnon"),
        ("Lévesque / Roy", "Anne", {"several"}, "Lévesque, Roy"),
        ("Roy dit Desjardins", "Luc", {"several"}, "Roy, Desjardins, Roy Desjardins"),
        ("Mme Gagnon", "Lise", {"title"}, "Gagnon, Mme Gagnon, Lise Gagnon"),
        ("Mme.Gagnon", "Lise", {"title"}, "Gagnon"),
        ("Tremblay Jr", "Luc", {"title"}, "Tremblay, Tremblay Jr, Luc Tremblay"),
        ("Tremblay, Jr.", "Luc", {"title"}, "Tremblay"),
        ("Tremblay Jean", "Jean", {"first_name"}, "Tremblay, Tremblay Jean, Jean Tremblay"),
        ("Roy, Anne", "Anne", {"first_name"}, "Roy, Anne Roy"),
        ("Tremblay Jean-Paul", "Jean-Paul", {"first_name"}, "Tremblay"),
        ("Feu Jean Dion", "Jean", {"first_name", "late"}, "Dion, Jean Dion"),
        ("Succession de Roy", "Luc", {"late"}, "Roy"),
        ("Roy (décédé)", "Luc", {"late"}, "Roy"),
        ("Roy et Gagnon", "Anne et Luc", {"people"}, "Roy, Gagnon, Anne Roy, Luc Gagnon"),
        ("Roy & Gagnon", "Anne & Luc", {"people"}, "Roy, Gagnon, Roy Anne"),
        ("Roy", "Mme Lise", set(), "Roy, Lise Roy"),
        ("St-Pierre", "Pierre", set(), "Saint-Pierre, Pierre St-Pierre"),
        ("Saint Pierre", "Pierre", set(), "St-Pierre"),
        ("Jean", "Jean", set(), "Jean, Jean Jean"),
        ("Ou", "Li", set(), "Ou, Li Ou"),
        ("Père", "Luc", set(), "Père"),
        ("Van der Meer", "Éric", set(), "Van der Meer, Éric Van der Meer"),
    ],
)
def test_each_of_the_names_may_be_typed(
    family: str, first: str, beside: set[str], typed: str
) -> None:
    assert listed_name(family, first).beside == beside
    for name in typed.split(", "):
        assert matches(name, family, first), name


@pytest.mark.parametrize(
    ("typed", "family", "first"),
    [
        ("Anne", "Roy, Anne", "Anne"),
        ("née", "Lévesque née Roy", "Anne"),
        ("Lévesque (née Dion)", "Lévesque / Roy", "Anne"),
        ("Gagnon", "Roy", "Gagnon"),
        ("Mme", "Mme Gagnon", "Lise"),
        ("Jr", "Tremblay, Jr.", "Luc"),
        ("Pierre", "St-Pierre", "Pierre"),
        ("Saint", "Saint Pierre", "Pierre"),
        ("", "", ""),
        ("Luc", "", "Luc"),
    ],
)
def test_nothing_else_may(typed: str, family: str, first: str) -> None:
    assert not matches(typed, family, first)


@QUICK
@given(family=ANYTHING, first=ANYTHING)
def test_the_names_as_they_stand_are_always_the_first_reading(family: str, first: str) -> None:
    assert listed_name(family, first).readings[0] == (family, first)


@pytest.mark.parametrize(
    ("text", "taken"),
    [
        ("Lapointe  (née\u00a0Roy)", "Lapointe (née Roy)"),
        ("Roy/Gagnon", "Roy/Gagnon"),
        ("Tremblay, Jr.", "Tremblay, Jr."),
        ("Roy2", None),
        ("()", None),
        ("<b>", None),
        ("Roy\x07", None),
    ],
)
def test_a_list_s_name_may_have_signs_that_nobody_types(text: str, taken: str | None) -> None:
    for rule in (listed_family_name, listed_first_name):
        answer = rule(text)
        assert answer == taken if taken else isinstance(answer, Refused)
