import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from zxcvbn import matching, zxcvbn

from rules import guesses
from rules.guesses import MOST_SIGNS, score

SIGNS = sorted(guesses._SIGNS)
LIKE = {letter: "".join(signs) for letter, signs in matching.L33T_TABLE.items()}
COMMON = list(matching.RANKED_DICTIONARIES["passwords"])[:2000]
HOSTILE = (
    "+|e{(97x16z!",
    "<({1|le3!0i2",
    "ab1|7+ab1|7+",
    "50t[i50t[i",
    "9o9o9o9o9o9o",
    "({[<1|!7+$54",
    "({[<1|!7+$546923",
    "!+17|1!+17|1",
    "1|7!+({1|7!+({",
    "|!17+|!17+",
    "1111111111111111",
    "19821982ab",
    "12/11/195012/11/",
)


@settings(deadline=None, max_examples=80, database=None)
@given(
    st.text(st.sampled_from("abelmorstu" + "".join(random.Random(5).sample(SIGNS, MOST_SIGNS)))),
    st.sampled_from(["", *COMMON[:200]]),
)
def test_with_few_signs_it_is_zxcvbns_own_score(text: str, word: str) -> None:
    typed = (word + text)[:12]
    if typed and len(set(SIGNS) & set(typed)) <= MOST_SIGNS:
        assert score(typed, ["lapointe"]) == zxcvbn(typed, ["lapointe"])["score"]


def test_disguised_with_many_signs_a_guessable_one_is_still_refused() -> None:
    chance = random.Random(7)
    for word in COMMON[::40]:
        typed = "".join(chance.choice(LIKE.get(c, c)) for c in word[:8]) + "4(9"
        assert score(typed) <= 1 or zxcvbn(typed)["score"] > 1, typed


@pytest.mark.parametrize("text", HOSTILE)
def test_a_hostile_text_is_looked_up_in_few_ways(
    text: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    reads: list[str] = []
    look_up = matching.dictionary_match

    def counted(*args: dict[str, dict[str, int]] | str) -> object:
        reads.append("")
        return look_up(*args)  # type: ignore[arg-type]

    monkeypatch.setattr(matching, "dictionary_match", counted)
    score(text)
    assert len(reads) <= 40


def test_only_the_first_characters_are_judged() -> None:
    assert score("1" * 16) == score("1" * 5000)


def test_what_zxcvbn_cannot_judge_is_worth_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise OverflowError

    monkeypatch.setattr(guesses, "most_guessable_match_sequence", broken)
    assert score("xqz7w1k9vb4f") == 0
