"""In which order a column's dates are, and what each of them is then."""

from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from roster.dates import (
    DateColumn,
    Dates,
    order_named,
    read,
    settle,
    without_order,
)
from roster.tables import EXCEL_ZERO, Cell, UnreadableFile
from rules import Refused
from tests.roster.conftest import TODAY


def settled(*cells: Cell, heading: str = "DDN", asked: str | None = None) -> Dates:
    column = DateColumn()
    for number, cell in enumerate(cells, start=2):
        column.add(number, cell)
    return settle(column, heading, asked)


def born(*cells: Cell, heading: str = "DDN", asked: str | None = None) -> list[str]:
    dates = settled(*cells, heading=heading, asked=asked)
    return [str(read(cell, dates, EXCEL_ZERO, TODAY)) for cell in cells]


@pytest.mark.parametrize(
    "written",
    [
        "07/11/1950", "7/11/1950", "07-11-1950", "07.11.1950", "7 11 1950", "07–11–1950",
        "07/11/1950 00:00", "7. 11. 1950", "07111950", "1950-11-07", "1950/11/07", "19501107",
        "1950-11-07T00:00:00Z", "7 nov. 1950", "7 novembre 1950", "mardi 7 novembre 1950",
        "mar. 7 nov. 1950", "le 7 nov 1950", "7-nov-1950", "7-Nov-50", "7nov1950", "Nov 7, 1950",
        "November 7th, 1950", "1950-nov-07", "07/11/1950 12:00:00 AM",
    ],
)  # fmt: skip
def test_a_date_as_lists_write_it(written: str) -> None:
    assert born(written) == ["1950-11-07"]


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("novembre 1950", "complète"),
        ("1950", "complète"),
        ("18574", "numéro de jour"),
        ("30/02/1950", "calendrier"),
        ("02/30/1950", "jour d’abord"),
        ("1948-25-03", "calendrier"),
        ("7/11/2030", "à venir"),
        ("7/11/1899", "1900 ou après"),
        ("25-mars-12", "quatre chiffres"),
        ("7 mai juin 1950", "complète"),
        ("7 brumaire 1950", "complète"),
    ],
)
def test_what_is_no_date_is_said_in_words_for_the_office(written: str, said: str) -> None:
    (answer,) = born(written)
    assert said in answer
    assert "votre" not in answer


def test_every_order_is_told_with_its_reason() -> None:
    assert settled("07/11/1950").why == "unopposed"
    shown = settled("07/11/1950", "25/03/1948")
    assert (shown.order, shown.why, shown.example) == ("dmy", "shown", 3)
    heading = settled("07/11/1950", heading="DDN (MM/JJ/AAAA)")
    assert (heading.order, heading.why) == ("mdy", "heading")
    assert settled("07/11/1950", asked="mdy").why == "asked"


@pytest.mark.parametrize(
    "cells",
    [
        ("11/07/1950", "03/25/1948"),
        ("1-7-1950", "3-25-1948"),
        ("01/07/1950 00:00", "03/25/1948 00:00"),
        ("03251948", "01071950"),
        ("3/25/48", "1/7/50"),
    ],
)
def test_month_first_is_never_taken_for_day_first(cells: tuple[str, ...]) -> None:
    with pytest.raises(UnreadableFile, match=r"mois d’abord .* --dates mdy"):
        settled(*cells)
    assert born(*cells, asked="mdy")[1] in ("1948-03-25", "1950-01-07")


def test_dates_that_contradict_each_other_are_not_taken() -> None:
    with pytest.raises(UnreadableFile, match=r"se contredisent .*--dates dmy ou --dates mdy"):
        settled("03.25.1948", "25.03.1948", "01.07.1950")


def test_one_slip_in_a_long_column_refuses_its_line_alone() -> None:
    read_ = born(*["25/03/1948"] * 60, "03/25/1948")
    assert set(read_[:60]) == {"1948-03-25"}
    assert "jour d’abord" in read_[60]


def test_a_heading_that_the_dates_contradict_is_not_believed() -> None:
    with pytest.raises(UnreadableFile, match=r"semblent écrites jour d’abord .*l’en-tête le dit"):
        settled("25/03/1948", heading="DOB MM/DD/YYYY")


@pytest.mark.parametrize("left", ["25/03/1948", "03/25/1948"])
def test_dates_that_a_foreign_spreadsheet_understood_in_part_are_not_taken(left: str) -> None:
    real = date(1950, 7, 11), date(1961, 2, 6)
    with pytest.raises(UnreadableFile, match="mêle de vraies dates et du texte"):
        settled(*real, left)
    # A day past the twelfth cannot have been exchanged.
    assert settled(*real, date(1961, 2, 26), "25/03/1948").order == "dmy"


@pytest.mark.parametrize(
    ("cells", "asked", "expected"),
    [
        (("25-mars-48", "7-Nov-50"), None, ["1948-03-25", "1950-11-07"]),
        (("07/11/50", "05/03/48"), None, ["1950-11-07", "1948-03-05"]),
        (("48-03-25", "50-11-07"), None, ["1948-03-25", "1950-11-07"]),
        (("03/04/45", "01/02/43"), "mdy", ["1945-03-04", "1943-01-02"]),
    ],
)
def test_two_digits_are_a_year_where_no_other_century_and_order_can_be(
    cells: tuple[str, ...], asked: str | None, expected: list[str]
) -> None:
    assert born(*cells, asked=asked) == expected


@pytest.mark.parametrize("cells", [("03-04-05", "01-02-03"), ("07/11/12",)])
def test_elsewhere_they_are_not(cells: tuple[str, ...]) -> None:
    assert "quatre chiffres" in born(*cells)[0]


@pytest.mark.parametrize(
    ("heading", "order", "rest"),
    [
        ("Date de naissance (JJ/MM/AAAA)", "dmy", "date de naissance ( )"),
        ("DDN MM/DD", "mdy", "ddn  "),
        ("Naissance jj-mm-aaaa", "dmy", "naissance  "),
        ("Date naissance AAAA-MM-JJ", "ymd", "date naissance  "),
        ("Date (mois/jour/année)", "mdy", "date ( )"),
        ("Date de naissance", None, "Date de naissance"),
        ("D.D.N.", None, "D.D.N."),
        ("Né(e) le", None, "Né(e) le"),
    ],
)
def test_a_heading_names_an_order(heading: str, order: str | None, rest: str) -> None:
    assert order_named(heading) == order
    assert without_order(heading) == rest


def test_numbers_are_days_of_the_workbook_or_dates_without_their_zero() -> None:
    dates = settled(1)
    assert read(17112.0, dates, date(1904, 1, 1), TODAY) == date(1950, 11, 7)
    assert read(18574, dates, EXCEL_ZERO, TODAY) == date(1950, 11, 7)
    assert read(7111950, dates, EXCEL_ZERO, TODAY) == date(1950, 11, 7)
    assert isinstance(read(1950, dates, EXCEL_ZERO, TODAY), Refused)


@settings(deadline=None, max_examples=200, database=None)
@given(
    st.lists(st.one_of(st.text(max_size=20), st.floats(), st.integers(), st.dates()), max_size=5)
)
def test_no_cell_breaks_the_reading(cells: list[Cell]) -> None:
    try:
        dates = settled(*cells)
    except UnreadableFile:
        return
    for cell in cells:
        read(cell, dates, EXCEL_ZERO, TODAY)
