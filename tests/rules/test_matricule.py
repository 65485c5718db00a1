import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rules import Refused
from rules.matricule import matricule

QUICK = settings(deadline=None, max_examples=120, database=None)


@QUICK
@given(number=st.integers(0, 99_999), gaps=st.lists(st.sampled_from(["", " ", "\u00a0"])))
def test_five_digits_are_kept_with_their_zeros(number: int, gaps: list[str]) -> None:
    digits = f"{number:05d}"
    gaps = [*gaps, "", "", "", "", ""][:5]
    assert matricule("".join(d + g for d, g in zip(digits, gaps, strict=True))) == digits


@QUICK
@given(number=st.integers(0, 9_999))
def test_fewer_digits_are_offered_their_zeros(number: int) -> None:
    answer = matricule(str(number))
    assert isinstance(answer, Refused)
    assert f"{number:05d}" in str(answer)


def test_the_example_of_the_design() -> None:
    assert str(matricule("875")) == (
        "Le matricule compte cinq chiffres, zéros compris : écrivez 00875."
    )


@pytest.mark.parametrize(
    "text",
    ["331630", "33-163", "3316O", "A0875", "33.163", "+33163", "33\t163", "33\n163", "-875", "8e2"],
)
def test_anything_else_is_refused(text: str) -> None:
    assert matricule(text) == Refused("Écrivez les cinq chiffres de votre matricule.")


@QUICK
@given(text=st.text(st.characters(categories=["Nd", "No", "Nl"]), min_size=5, max_size=5))
def test_only_ascii_digits_are_digits(text: str) -> None:
    assert isinstance(matricule(text), str) is text.isascii()


@pytest.mark.parametrize("text", ["٠٠٨٧٥", "００８７５", "𝟎𝟎𝟖𝟕𝟓", "००८७५", "²²²²²"])
def test_digits_of_other_scripts_are_refused(text: str) -> None:
    assert isinstance(matricule(text), Refused)


@pytest.mark.parametrize(
    "text",
    [
        "00875.",
        "« 00875 »",
        "00 875,",
        "(00875)",
        "00\u202f875",
        "008\u200b75",
        "\u200e00875\u00ad",
    ],
)
def test_spaces_inside_signs_around_and_what_cannot_be_seen_are_left_out(text: str) -> None:
    assert matricule(text) == "00875"
