import sys
import unicodedata

import pytest

from rules.characters import SPACES, folded_words, trimmed


def test_only_the_ends_are_trimmed() -> None:
    assert trimmed("\u2066 \u00a0a b\u200b\r\n") == "a b"


def test_spaces_are_those_of_unicode_and_nothing_else() -> None:
    found = {c for c in map(chr, range(sys.maxunicode + 1)) if SPACES.fullmatch(c)}
    assert found == {
        c for c in map(chr, range(sys.maxunicode + 1)) if unicodedata.category(c) == "Zs"
    }


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("L’Écuyer-Bœuf", ["l", "ecuyer", "boeuf"]),
        ("STRAẞE straße", ["strasse", "strasse"]),
        ("Łódź Ørsted Þór Đỗ ĳ ﬁ ı", ["lodz", "orsted", "thor", "do", "ij", "fi", "i"]),
        ("Ｌａ １", ["la", "1"]),
        ("07/11/1950", ["07", "11", "1950"]),
        ("ʻOkina ʼn", ["okina", "n"]),
        ("", []),
        ("…!\ud800", []),
    ],
)
def test_folding(text: str, words: list[str]) -> None:
    assert folded_words(text) == words


def test_the_vowels_of_indic_scripts_are_no_accents() -> None:
    assert folded_words("कि") != folded_words("का")


def test_folding_a_character_twice_changes_nothing() -> None:
    # The planes above hold ideographs, which have neither case nor accents.
    for character in map(chr, range(0x20000)):
        once = " ".join(folded_words(character))
        assert " ".join(folded_words(once)) == once
