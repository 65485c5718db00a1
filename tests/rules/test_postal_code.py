import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rules import Refused
from rules.postal_code import postal_code

QUICK = settings(deadline=None, max_examples=120, database=None)

FIRST = "ABCEGHJKLMNPRSTVXY"
LETTERS = "ABCEGHJKLMNPRSTVWXYZ"
DIGITS = "0123456789"

LOOKS_LIKE = {"0": "0Oo", "1": "1IiLl", "L": "Ll1Ii"}


@st.composite
def codes(draw: st.DrawFn) -> str:
    places = [FIRST, DIGITS, LETTERS, DIGITS, LETTERS, DIGITS]
    return "".join(draw(st.sampled_from(place)) for place in places)


@QUICK
@given(code=codes(), data=st.data())
def test_a_code_is_read_in_any_case_spacing_and_likeness(code: str, data: st.DataObject) -> None:
    between = st.sampled_from(["", "", " ", "-", "\u00a0", "–", " - "])
    typed = "".join(
        data.draw(st.sampled_from(LOOKS_LIKE.get(c, c + c.lower()))) + data.draw(between)
        for c in code
    )
    assert postal_code(typed) == f"{code[:3]} {code[3:]}"


@QUICK
@given(code=codes(), place=st.sampled_from([0, 2, 4]), letter=st.sampled_from("DFOQUdfoqu"))
def test_letters_never_used_are_refused(code: str, place: int, letter: str) -> None:
    answer = postal_code(code[:place] + letter + code[place + 1 :])
    assert isinstance(answer, Refused)
    assert "jamais D, F, I, O, Q ni U" in str(answer)


@QUICK
@given(code=codes(), letter=st.sampled_from("WZwz"))
def test_w_and_z_never_stand_first(code: str, letter: str) -> None:
    answer = postal_code(letter + code[1:])
    assert isinstance(answer, Refused)
    assert "W ni Z" in str(answer)
    assert isinstance(postal_code(code[:2] + letter + code[3:]), str)


@QUICK
@given(text=st.text("AJKLW0123oOiIl- ", min_size=4, max_size=8))
def test_whatever_is_accepted_is_a_canadian_code(text: str) -> None:
    answer = postal_code(text)
    if isinstance(answer, str):
        assert answer[0] in FIRST
        assert answer[3] == " "
        assert answer[2] in LETTERS
        assert answer[5] in LETTERS
        assert all(answer[place] in DIGITS for place in (1, 4, 6))


def test_the_example_of_the_design() -> None:
    assert postal_code("j7j-8g8") == "J7J 8G8"
    assert postal_code("hOh lll") == "H0H 1L1"


@pytest.mark.parametrize(
    "text",
    [
        "J7J 8G",
        "J7J 8G88",
        "7J7 J8G",
        "J7J8G8J7J8G8",
        "90210",
        "-",
        "J7J\t8G8",
        "J7J\n8G8",
        "0OO OOO",
        "J٧J 8G8",
        "Ｊ7J 8G8",
        "ſ7J 8G8",
        "J7ß 8G",
        "ı7J 8G8",
        "J7J\u00078G8",
    ],
)
def test_what_is_no_code_is_refused(text: str) -> None:
    assert postal_code(text) == Refused("Écrivez votre code postal sous la forme A1A 1A1.")


@pytest.mark.parametrize(
    "text",
    ["J7J 8G8.", "J7J.8G8", "« J7J 8G8 »", "(j7j8g8),", "J7J\u200b 8G8", "\u2066J7J 8G8\u2069"],
)
def test_signs_around_and_what_cannot_be_seen_are_left_out(text: str) -> None:
    assert postal_code(text) == "J7J 8G8"


def test_a_zero_in_a_letters_place_is_not_corrected() -> None:
    assert isinstance(postal_code("07J 8G8"), Refused)
    assert isinstance(postal_code("J70 8G8"), Refused)
