import re
import unicodedata

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from rules import Refused
from rules.guesses import score
from rules.password import Check, PasswordPolicy, checklist, normalised, password, strength

QUICK = settings(deadline=None, max_examples=120, database=None)
SCORED = settings(deadline=None, max_examples=100, database=None)
ANYTHING = st.text(st.characters(exclude_categories=()), max_size=30)

GUIDE = PasswordPolicy()
FACTS = ("00875", "Lapointe", "François", "07111950", "19501107", "07/11/1950", "J7J8G8")

# Pieces that are counted differently by a careless rule: bytes, UTF-16, marks, other digits.
PIECES = [
    *"abzé9035",
    "e\u0301",
    "ß",
    "Ж",
    "字",
    "😀",
    "\u0301",
    "٣",
    "５",
    "²",
    "-",
    " ",
    "𝐀",
    "ŉ",
]
NEAR = st.lists(st.sampled_from(PIECES), min_size=4, max_size=16).map("".join)


# What Unicode says is not shown, told one by one: its format characters but for those that have a
# glyph (Arabic, Syriac, Kaithi, Egyptian), and the fillers and selectors of other categories.
SHOWN_FORMATS = {*range(0x600, 0x606), 0x6DD, 0x70F, 0x890, 0x891, 0x8E2, 0x110BD, 0x110CD}
SHOWN_FORMATS |= {*range(0x13430, 0x13440)}
FILLERS = {0x34F, 0x115F, 0x1160, 0x17B4, 0x17B5, 0x180F, 0x2065, 0x2800, 0x3164, 0xFFA0}
FILLERS |= {*range(0x180B, 0x180E), *range(0xFE00, 0xFE10), *range(0xFFF0, 0xFFF9)}
FILLERS |= {*range(0xE0000, 0xE1000)}


def unseen(character: str) -> bool:
    code = ord(character)
    is_format = unicodedata.category(character) == "Cf" and code not in SHOWN_FORMATS
    return is_format or code in FILLERS


UNSEEN = [character for character in map(chr, range(0xF0000)) if unseen(character)]


def is_space(character: str) -> bool:
    return unicodedata.category(character) == "Zs"


def seen(text: str) -> str:
    """The text that somebody sees who typed it."""
    shown = [character for character in text if not unseen(character)]
    while shown and (is_space(shown[0]) or shown[0] in "\t\r\n"):
        shown.pop(0)
    while shown and (is_space(shown[-1]) or shown[-1] in "\t\r\n"):
        shown.pop()
    return "".join(shown)


def oracle(text: str, policy: PasswordPolicy) -> tuple[bool, bool, bool]:
    """Length, letters and digits, counted by other means than the rule's."""
    composed = unicodedata.normalize("NFC", text)
    length = len(composed.encode("utf-32-le", "surrogatepass")) // 4
    letters = sum(character.isalpha() for character in composed)
    digits = len(re.findall("[\x30-\x39]", composed))
    return (
        not (length < policy.minimum or length > policy.maximum),
        letters >= policy.letters,
        digits >= policy.digits,
    )


POLICIES = st.just(GUIDE) | st.builds(
    PasswordPolicy, st.integers(1, 9), st.integers(10, 20), st.integers(0, 4), st.integers(0, 4)
)


@QUICK
@given(text=NEAR | ANYTHING, policy=POLICIES)
def test_the_checklist_counts_as_the_oracle_does(text: str, policy: PasswordPolicy) -> None:
    assert tuple(check.met for check in checklist(text, policy)) == oracle(seen(text), policy)


@SCORED
@given(text=NEAR, policy=POLICIES)
@example("abc1234", GUIDE)
@example("xqz7w1k9", GUIDE)
@example("xqz7w1k9xqz7", GUIDE)
@example("xqz7w1k9vbt4d", GUIDE)
def test_the_bounds_are_refused_exactly(text: str, policy: PasswordPolicy) -> None:
    answer = password(text, policy)
    if seen(text) and (is_space(text[0]) or is_space(text[-1])):
        assert answer == Refused("Enlevez l’espace au début ou à la fin du mot de passe.")
        return
    bounds = ("de %(minimum)s à %(maximum)s", "%(letters)s", "%(digits)s")
    refused_for_bounds = isinstance(answer, Refused) and any(b in answer.sentence for b in bounds)
    assert refused_for_bounds is not all(oracle(text, policy))
    if isinstance(answer, str):
        assert answer == unicodedata.normalize("NFC", text)


@SCORED
@given(data=st.data())
def test_what_is_not_seen_is_refused_wherever_it_stands(data: st.DataObject) -> None:
    good = "xqz7w1k9vb"
    hidden = data.draw(st.sampled_from(UNSEEN))
    place = data.draw(st.integers(0, len(good)))
    assert "ne se voit pas" in str(password(good[:place] + hidden + good[place:], GUIDE))


@pytest.mark.parametrize(
    "hidden", "\u00ad\u200b\u200d\u200e\u202c\u2060\u2066\ufe0f\ufeff\u3164\u034f"
)
def test_signs_that_copying_brings_are_not_seen(hidden: str) -> None:
    assert "ne se voit pas" in str(password(f"xqz7w1k9{hidden}", GUIDE))
    assert normalised(f"xqz7{hidden}w1k9{hidden}") == "xqz7w1k9"


@pytest.mark.parametrize("space", " \u00a0\u2009\u202f\u3000")
def test_a_space_is_refused_at_the_ends_and_a_character_inside(space: str) -> None:
    for text in (f"xqz7w1k9{space}", f"{space}xqz7w1k9", f"xqz7w1k9vbt4{space}"):
        assert "l’espace" in str(password(text, GUIDE))
    assert password(f"xqz7{space}w1k9", GUIDE) == "xqz7 w1k9"


@pytest.mark.parametrize(
    ("text", "accepted"),
    [
        ("xqz7w1k", False),
        ("xqz7w1k9", True),
        ("xqz7w1k9vbt4", True),
        ("xqz7w1k9vbt4d", False),
        ("xqz7w1k9vbt4d0mr8sfp", False),
        ("xq-7-1-9", False),
        ("xqz-w-k9", False),
        ("éçà7w1-9", True),
        ("жщф7-1-9", True),
        ("字語本7-1-9", True),
        ("xqz٧w١k٩", False),
        ("xqz７w１k９", False),
        ("xqz7w1²-", False),
        ("e\u0301q7z1w9k", True),
        ("e\u0301q7z1w9", False),
        ("😀xqz7w1k9vbt", True),
        (" xqz7w1 ", False),
        (" xq7zw1 9", False),
        ("x q7zw1 9", True),
    ],
)
def test_the_bounds_of_the_guide_by_example(text: str, accepted: bool) -> None:
    assert isinstance(password(text, GUIDE), str) is accepted


@pytest.mark.parametrize("text", ["rive42sud7", "Tortue748!", "neige3lac52"])
def test_ordinary_good_ones_are_accepted(text: str) -> None:
    assert password(text, GUIDE) == text
    assert password(text, GUIDE, FACTS) == text


@pytest.mark.parametrize(
    "text",
    ["abc12345", "abcd1234", "azerty123", "aaa11111", "123456abc", "bonjour123", "abc123abc"],
)
def test_guessable_ones_are_refused(text: str) -> None:
    assert password(text, GUIDE) == Refused("Choisissez un mot de passe plus difficile à deviner.")


@pytest.mark.parametrize(
    "text",
    [
        "Lapointe123",
        "lapointe1950",
        "LAPOINTE5837",
        "783Lapointe4",
        "abc00875",
        "00875xkq",
        "xk00875q",
        "francois123",
        "François9274",
        "abc07111950",
        "xkq19501107",
        "j7j 8g8 abc",
        "etniopal123",
    ],
)
def test_the_members_own_facts_are_refused(text: str) -> None:
    assert isinstance(password(text, GUIDE, FACTS), Refused)


def test_a_fact_is_named_in_the_sentence() -> None:
    assert "sans votre nom" in str(password("xk00875q", GUIDE, FACTS))
    assert isinstance(password("xk00875q", GUIDE), str)


def test_a_short_name_is_no_fact_to_look_for() -> None:
    assert password("xroy7w1k9", GUIDE, ("Roy",)) == "xroy7w1k9"
    assert isinstance(password("roy12345", GUIDE, ("Roy",)), Refused)


@pytest.mark.parametrize("text", ["57800abc", "elageuq1950", "L4pointe123"])
def test_a_fact_reversed_or_disguised_is_seen_too(text: str) -> None:
    assert password(text, GUIDE) == text
    assert isinstance(password(text, GUIDE, (*FACTS, "Quégale")), Refused)


def test_facts_of_one_member_do_not_reach_the_next() -> None:
    assert isinstance(password("rive42sud7", GUIDE, ("rive", "42sud7")), Refused)
    assert password("rive42sud7", GUIDE) == "rive42sud7"


TYPEWRITTEN = {"’": "'", "‘": "'", "‛": "'", "“": '"', "”": '"', "„": '"'}


@QUICK
@given(text=ANYTHING | NEAR)
def test_normalising_keeps_what_is_seen(text: str) -> None:
    plain = "".join(" " if is_space(c) else TYPEWRITTEN.get(c, c) for c in seen(text))
    assert normalised(text) == unicodedata.normalize("NFC", plain)
    assert normalised(normalised(text)) == normalised(text)
    assert normalised(f" {text}\t") == normalised(text)


def test_the_two_ways_to_compose_an_accent_are_one_password() -> None:
    assert password("e\u0301q7zw1k9", GUIDE) == password("éq7zw1k9", GUIDE) == "éq7zw1k9"


@pytest.mark.parametrize("text", ["xqz7w1k9\n", "xqz\t7w1k9", "xqz\0007w1k9", "xqz7w1k9\ud800"])
def test_what_no_keyboard_types_or_no_hash_takes_is_refused(text: str) -> None:
    assert "clavier" in str(password(text, GUIDE))


def test_the_checklist_says_each_rule() -> None:
    assert checklist("abc", GUIDE) == (
        Check("De %(minimum)s à %(maximum)s caractères", {"minimum": 8, "maximum": 12}, False),
        Check("Au moins %(letters)s lettres", {"letters": 3}, True),
        Check("Au moins %(digits)s chiffres", {"digits": 3}, False),
    )


def test_a_long_policy_does_not_break_the_scoring() -> None:
    long = PasswordPolicy(maximum=200)
    text = "rive42sud7 tortue neige lac. " * 3 + "fin"
    assert password(text, long) == text


@SCORED
@given(text=ANYTHING, facts=st.lists(ANYTHING, max_size=3))
def test_never_raises_whatever_the_facts(text: str, facts: list[str]) -> None:
    password(text, PasswordPolicy(1, 100, 0, 0), facts)


def test_strength_is_said_in_words() -> None:
    assert strength(score("rive42sud7")) == "Solidité : bonne."
    assert strength(score("xqz7w1k9vb4f")) == "Solidité : excellente."
    assert strength(score("rive42su")) == "Solidité : moyenne."
