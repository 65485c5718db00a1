"""Which encoding a text is in, told by the French that it makes."""

from pathlib import Path

import pytest

from roster.encodings import encoding_of
from roster.tables import UnreadableFile

SMALL = "Matricule;Nom;Prénom\n00101;Labonté;François\n00102;Lefèvre;Noël\n"
CAPITALS = "MATRICULE;NOM;PRÉNOM\n00101;LABONTÉ;FRANÇOIS\n"


def judged(tmp_path: Path, content: bytes) -> str:
    file = tmp_path / "liste.csv"
    file.write_bytes(content)
    return encoding_of(file, content[:4])[1]


@pytest.mark.parametrize("text", [SMALL, CAPITALS, SMALL.replace("\n", "\r")])
@pytest.mark.parametrize(
    ("codec", "name"),
    [
        ("cp1252", "Windows-1252"),
        ("mac_roman", "Macintosh"),
        ("cp850", "DOS (850)"),
        ("cp437", "DOS (850)"),  # the same bytes for these letters
        ("utf-8", "UTF-8"),
        ("utf-16-le", "UTF-16"),
        ("utf-16-be", "UTF-16"),
    ],
)
def test_french_tells_the_encoding(tmp_path: Path, text: str, codec: str, name: str) -> None:
    assert judged(tmp_path, text.encode(codec)) == name


@pytest.mark.parametrize(
    "words",
    [
        *("N° de membre", "Muñoz", "Søren", "Müller", "L’Écuyer", "“Roy”", "½ pension", "5 €"),
        *("LABONTÉ", "NOËL", "été", "Ève", "Ångström", "Roy – Côté"),
    ],
)
def test_windows_is_the_usual_one(tmp_path: Path, words: str) -> None:
    assert judged(tmp_path, words.encode("cp1252")) == "Windows-1252"


@pytest.mark.parametrize(
    "content",
    [
        "GENEVIÈVE".encode("mac_roman"),
        SMALL.encode() + SMALL.encode("cp1252"),
        bytes(range(0x80, 0x100)),
    ],
)
def test_what_may_be_two_things_is_refused_with_the_cure(tmp_path: Path, content: bytes) -> None:
    with pytest.raises(UnreadableFile, match=r"avec certitude .* enregistrez-le en \.xlsx"):
        judged(tmp_path, content)


def test_a_word_at_a_chunk_s_end_is_judged_whole(tmp_path: Path) -> None:
    text = "x" * ((1 << 20) - 4) + ";Lefèvre;" + "y" * (1 << 20) + ";Labonté"
    assert judged(tmp_path, text.encode("mac_roman")) == "Macintosh"
