"""Accents that another program broke."""

import pytest

from roster.accents import is_broken, restored

NAMES = ("Côme", "Labonté", "L’Écuyer", "Bœuf", "François", "NOËL", "Šimůnek", "ÀÉÎÔÛ", "D’Août")


def misread(text: str, codec: str) -> str:
    """UTF-8 taken for that codec; bytes that it has no sign for stay as they are."""
    signs = []
    for byte in text.encode():
        try:
            signs.append(bytes([byte]).decode(codec))
        except UnicodeDecodeError:
            signs.append(chr(byte))
    return "".join(signs)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("codec", ["cp1252", "latin-1", "mac_roman", "cp850", "cp437"])
def test_utf_8_misread_once_is_put_right(name: str, codec: str) -> None:
    assert not is_broken(name)
    assert misread(name, codec) != name
    assert restored(misread(name, codec)) == name
    assert restored(f"Roy {misread(name, codec)} Côté") == f"Roy {name} Côté"


@pytest.mark.parametrize("codec", ["cp1252", "latin-1"])
def test_and_misread_twice(codec: str) -> None:
    for name in NAMES:
        assert restored(misread(misread(name, codec), codec)) == name


@pytest.mark.parametrize(
    ("written", "meant"),
    [("C&ocirc;t&eacute;", "Côté"), ("Ren&#233;e", "Renée"), ("ï»¿Matricule", "Matricule")],
)
def test_what_web_pages_and_marks_leave_is_put_right(written: str, meant: str) -> None:
    assert restored(written) == meant


@pytest.mark.parametrize(
    "name",
    [
        "CÔTÉ\u00a0",
        "DÉCÉDÉ\u00a0»",
        "È\u00a0",
        "JOSÉ’S",
        "João",
        "SÃO",
        "IRMÃ",
        "Ângela",
        "Roy & fils",
    ],
)
def test_sound_names_stay(name: str) -> None:
    assert restored(name) == name
    assert not is_broken(name)


@pytest.mark.parametrize(
    "name",
    [
        *("LabontŽ", "LefŠvre", "CÙtÈ", "Andr‚", "ƒric", "VoilÃ ", "Fran\x8dois", "LÕƒcuyer"),
        *("C?t?", "Labont\ufffd", "Benoï¿½t"),
    ],
)
def test_an_accent_that_is_lost_is_seen(name: str) -> None:
    assert is_broken(restored(name))
