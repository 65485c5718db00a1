"""What cells say about a member."""

import pytest

from roster.facts import (
    SEVERAL_ADDRESSES,
    Matricules,
    address_of,
    fault_of,
    matricule_of,
    postal_code_of,
)
from roster.tables import Cell, Fault
from roster.tidying import tidied, touched
from rules import Refused


@pytest.mark.parametrize(
    ("cell", "tidy"),
    [
        ("Tremb\u00adlay", "Tremblay"),
        ("Gag\u200bnon", "Gagnon"),
        ("\ufeff00101", "00101"),
        ("001\u206012", "00112"),
        ("Ro\u3164y", "Roy"),
        ("Roy\nGagnon", "Roy Gagnon"),
        ("Roy\r\n\tGagnon", "Roy Gagnon"),
        ("Roy_x000D_", "Roy"),
        ('="00101"', "00101"),
        ('="dit ""Bob"""', 'dit "Bob"'),
        ("'00101", "00101"),
        ("'=A1", "=A1"),
        ("'t Hooft", "'t Hooft"),
        ("CÃ´me", "Côme"),
        ("#N/A", Fault("#N/A")),
        ("#VALEUR!", Fault("#VALEUR!")),
        ("########", Fault("########")),
        ("Err:502", Fault("Err:502")),
        ("=A1", Fault("")),
        ("#", "#"),
        ("#12", "#12"),
        (12, 12),
        ("x" * 10_000, "x" * 500),
    ],
)
def test_a_cell_is_what_one_reads_in_it(cell: Cell, tidy: Cell) -> None:
    assert tidied(cell) == tidy


def test_what_nobody_saw_is_told() -> None:
    assert touched("Tremb\u00adlay") == "signs"
    assert touched("CÃ´me") == "accents"
    for unseen in ("Côté", "Roy ", "\u00a0Roy", "00101"):
        assert touched(unseen) is None


@pytest.mark.parametrize(
    ("cells", "digits", "prefix"),
    [
        (["M-00875", "M-00876"], ["00875", "00876"], "M-"),
        (["m-00875", "M – 00876"], ["00875", "00876"], "m-"),
        (["MEM875", "MEM33163"], ["00875", "33163"], "MEM"),
        (["2026-00875", "2026-00876"], ["00875", "00876"], "2026-"),
        (["M-00875", "00876"], ["M-00875", "00876"], ""),
        (["A-00875", "B-00876"], ["A-00875", "B-00876"], ""),
        (["M-00875"], ["M-00875"], ""),
        (["875.0", "33163,00"], ["00875", "33163"], ""),
        ([875.0, 33163], ["00875", "33163"], ""),
        (["2010", "00101"], ["2010", "00101"], ""),
    ],
)
def test_the_matricules_of_a_file_tell_how_each_is_read(
    cells: list[Cell], digits: list[str], prefix: str
) -> None:
    matricules = Matricules()
    for cell in cells:
        matricules.add(cell)
    matricules.settle()
    assert [matricules.digits(cell) for cell in cells] == digits
    assert matricules.prefix == prefix


def test_a_matricule_is_refused_in_words_for_the_office() -> None:
    assert matricule_of("00875") == "00875"
    assert "devant" in str(matricule_of("M-00875"))
    assert "écrivez 00875" in str(matricule_of("875"))


@pytest.mark.parametrize(
    "text",
    [
        *(
            "J7J 8G8",
            "j7j8g8",
            "J7J.8G8",
            "J7J_8G8",
            "J7J/8G8",
            "J7J-8G8",
            "J7J 8G8.",
            "J7J8G8, QC",
        ),
        *("QC J7J 8G8", "(QC) J7J 8G8", "Québec  J7J 8G8", "J7J 8G8 (Québec) Canada", "J7J 8G8 QC"),
    ],
)
def test_a_canadian_code_with_what_stands_around_it(text: str) -> None:
    assert postal_code_of(text, abroad=False) == "J7J 8G8"
    assert postal_code_of(text, abroad=True) == "J7J 8G8"


@pytest.mark.parametrize(
    ("text", "code"),
    [("33139", "33139"), ("75011", "75011"), ("SW1A 1AA", "SW1A1AA"), ("33139-1234", "33139")],
)
def test_a_code_of_another_country_is_taken_where_the_office_says_so(text: str, code: str) -> None:
    refused = postal_code_of(text, abroad=False)
    assert isinstance(refused, Refused)
    assert "PORTAL_POSTAL_CODES" in str(refused)
    assert postal_code_of(text, abroad=True) == code


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("mailto:jean@gmail.com", "jean@gmail.com"),
        ("Jean Roy <jean@gmail.com>", "jean@gmail.com"),
        ("jean@gmail.com.", "jean@gmail.com"),
        ('"jean@gmail.com";', "jean@gmail.com"),
        ("JEAN@GMAIL.COM", "JEAN@gmail.com"),
    ],
)
def test_one_address_is_taken_out_of_its_cell(text: str, address: str) -> None:
    assert address_of(text) == address


@pytest.mark.parametrize(
    "text", ["aucun", "N/A", "-", "?", "jean @gmail.com", "jean@gmail,com", "jean@gmail.com (fils)"]
)
def test_what_is_none_is_left(text: str) -> None:
    assert not isinstance(address_of(text), str)


@pytest.mark.parametrize("sign", ["; ", " / ", ", ", " ou ", "\u00a0"])
def test_of_two_addresses_none_is_chosen(sign: str) -> None:
    assert address_of(f"jean@gmail.com{sign}lise@gmail.com") is SEVERAL_ADDRESSES


@pytest.mark.parametrize(
    ("shown", "said"),
    [
        ("#VALUE!", "#VALEUR! (#VALUE!)"),
        ("#N/A", "montre #N/A :"),
        ("", "sans résultat"),
        ("#####", "élargissez"),
    ],
)
def test_an_error_is_named_as_what_it_is(shown: str, said: str) -> None:
    reason = fault_of(Fault(shown))
    assert said in str(reason)
