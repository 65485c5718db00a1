"""What holds for every rule: it never raises, is never slow, and speaks kindly in French."""

import ast
import time
import unicodedata
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import rules
from rules import Refused
from rules.birth_date import birth_date
from rules.email import email, email_slip
from rules.matricule import matricule
from rules.name import family_name, first_name, name_key, name_matches
from rules.password import PasswordPolicy, checklist, password
from rules.postal_code import postal_code

QUICK = settings(deadline=None, max_examples=100, database=None)
ANYTHING = st.text(st.characters(exclude_categories=()), max_size=60)

FACTS = ("00875", "Lapointe", "François", "07111950", "J7J8G8")

RULES: dict[str, Callable[[str], object]] = {
    "matricule": matricule,
    "family_name": family_name,
    "first_name": first_name,
    "birth_date": lambda text: birth_date(text, date(2025, 6, 1)),
    "postal_code": postal_code,
    "email": email,
    "password": lambda text: password(text, PasswordPolicy(), FACTS),
}
GOOD = {
    "matricule": "00875",
    "family_name": "Lapointe",
    "first_name": "François",
    "birth_date": "07/11/1950",
    "postal_code": "J7J 8G8",
    "email": "f.lapointe@exemple.ca",
    "password": "rive42sud7",
}
TRIMMED = sorted(set(RULES) - {"password"})
SOURCES = sorted(Path(rules.__file__).parent.glob("*.py"))

each_rule = pytest.mark.parametrize("name", sorted(RULES))


@each_rule
def test_the_good_example_is_accepted(name: str) -> None:
    assert not isinstance(RULES[name](GOOD[name]), Refused)


@each_rule
@QUICK
@given(text=ANYTHING)
def test_never_raises(name: str, text: str) -> None:
    str(RULES[name](text))


@QUICK
@given(text=ANYTHING, other=ANYTHING)
def test_the_helpers_never_raise(text: str, other: str) -> None:
    name_matches(text, name_key(other), name_key(text))
    name_matches(text, other, text)
    email_slip(text)
    checklist(text, PasswordPolicy())


@each_rule
@QUICK
@given(data=st.data())
def test_a_control_character_is_never_accepted(name: str, data: st.DataObject) -> None:
    good = GOOD[name]
    control = data.draw(st.characters(categories=["Cc"]))
    place = data.draw(st.integers(1, len(good) - 1))
    assert isinstance(RULES[name](good[:place] + control + good[place:]), Refused)


@pytest.mark.parametrize("name", TRIMMED)
@pytest.mark.parametrize("control", ["\0", "\x0b", "\x1c", "\x1f", "\x7f", "\x85"])
def test_a_control_character_is_not_mistaken_for_white_space(name: str, control: str) -> None:
    assert isinstance(RULES[name](GOOD[name] + control), Refused)


@pytest.mark.parametrize("name", TRIMMED)
@pytest.mark.parametrize("edge", [" ", "\t", "\r\n", "\u00a0", "\u202f", "\u200b", "\ufeff"])
def test_white_space_at_the_ends_is_trimmed(name: str, edge: str) -> None:
    assert RULES[name](edge + GOOD[name] + edge) == RULES[name](GOOD[name])


@each_rule
def test_an_empty_text_is_asked_for_kindly(name: str) -> None:
    for text in ("", " \u00a0\t") if name in TRIMMED else ("",):
        answer = RULES[name](text)
        assert isinstance(answer, Refused)
        assert answer.sentence.startswith(("Écrivez votre ", "Choisissez un "))


@each_rule
@QUICK
@given(text=ANYTHING)
def test_a_refusal_never_repeats_what_was_typed(name: str, text: str) -> None:
    answer = RULES[name]("zqxW7" + text)
    if isinstance(answer, Refused):
        assert "zqxw7" not in str(answer).lower()


@each_rule
@pytest.mark.parametrize(
    "bit",
    ["a", "0", " ", "@", "a@", "a.", "1 / ", "é", "e\u0301", "\u0301\u0327", "\ufdfa", "\ud800"],
)
def test_ten_thousand_characters_are_answered_at_once(name: str, bit: str) -> None:
    text = (bit * 10_000)[:10_000]
    start = time.process_time()
    RULES[name](text)
    RULES[name]("1" + text)
    RULES[name](GOOD[name] + text)
    assert time.process_time() - start < 2


def test_every_sentence_can_be_extracted() -> None:
    for source in SOURCES:
        for node in ast.walk(ast.parse(source.read_text())):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") in ("Refused", "Check"):
                marked = node.args[0]
                assert isinstance(marked, ast.Call), ast.unparse(node)
                assert getattr(marked.func, "id", "") == "N_", ast.unparse(node)
                assert isinstance(marked.args[0], ast.Constant), ast.unparse(node)


def test_sentences_are_french_with_ordinary_spaces() -> None:
    sentences = [
        node.args[0].value
        for source in SOURCES
        for node in ast.walk(ast.parse(source.read_text()))
        if isinstance(node, ast.Call)
        and getattr(node.func, "id", "") == "N_"
        and isinstance(node.args[0], ast.Constant)
    ]
    assert len(sentences) > 25
    for sentence in sentences:
        assert isinstance(sentence, str)
        assert len(sentence) <= 115
        assert "'" not in sentence
        assert '"' not in sentence
        assert all(c == " " or unicodedata.category(c) != "Zs" for c in sentence)


def test_rules_is_a_leaf() -> None:
    house = {"db", "forms", "mail", "members", "roster", "routes", "security", "settings", "texts"}
    for source in SOURCES:
        for node in ast.walk(ast.parse(source.read_text())):
            if isinstance(node, ast.Import):
                assert not {alias.name.split(".")[0] for alias in node.names} & house
            if isinstance(node, ast.ImportFrom):
                assert (node.module or "").split(".")[0] not in {*house, "web"}
