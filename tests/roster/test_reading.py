"""Rows through the rules: zeros, empty cells, neutralised formulas."""

from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from roster.facts import Remark
from roster.reading import Line, RefusedLine, RosterFile
from roster.tables import UnreadableFile
from tests.roster.conftest import HEADINGS, TODAY

REST = ";Roy;Luc;07/11/1950;J7J 8G8;"


def matricules(file: Path) -> list[str | None]:
    return [line.matricule for line in RosterFile(file).lines(TODAY)]


def remarks(file: RosterFile) -> list[tuple[str, Remark]]:
    return [told for line in file.lines(TODAY) if isinstance(line, Line) for told in line.remarks]


def test_zeros_come_back_where_no_matricule_starts_with_one(
    write_file: Callable[..., Path],
) -> None:
    file = RosterFile(write_file(f"875{REST}", f"33163{REST}", f"0{REST}"))
    assert [line.matricule for line in file.lines(TODAY)] == ["00875", "33163", "00000"]
    assert [str(remark.values["written"]) for _, remark in remarks(file)] == ["875", "0"]


def test_a_short_matricule_is_refused_where_others_kept_their_zeros(
    write_file: Callable[..., Path],
) -> None:
    file = RosterFile(write_file(f"875{REST}", f"06102{REST}"))
    short, kept = file.lines(TODAY)
    assert isinstance(short, RefusedLine)
    assert "écrivez 00875" in str(short.reasons[0][1])
    assert (short.matricule, short.probably) == (None, "00875")
    assert kept.matricule == "06102"
    assert remarks(file) == []


def test_an_empty_cell_is_said_in_the_office_s_words(write_file: Callable[..., Path]) -> None:
    file = write_file("00875;;Luc;;", headings="No matricule;NOM;PRÉNOM;DDN;CP")
    (line,) = RosterFile(file).lines(TODAY)
    assert isinstance(line, RefusedLine)
    assert [(column, str(reason)) for column, reason in line.reasons] == [
        ("NOM", "La case est vide."),
        ("DDN", "La case est vide."),
        ("CP", "La case est vide."),
    ]
    assert line.matricule == "00875"


def test_a_wrong_address_refuses_nobody_and_none_is_none(
    write_file: Callable[..., Path],
) -> None:
    wrong, none = RosterFile(write_file(f"00875{REST}nicole", f"33163{REST} \u00a0")).lines(TODAY)
    assert isinstance(wrong, Line)
    assert (wrong.email, wrong.keeps_email) == (None, True)
    assert [column for column, _ in wrong.remarks] == ["courriel"]
    assert isinstance(none, Line)
    assert (none.email, none.keeps_email) == (None, False)


def test_a_very_long_cell_refuses_its_line_alone(write_file: Callable[..., Path]) -> None:
    long, sound = RosterFile(
        write_file(f"00875;{'x' * 200_000};Luc;07/11/1950;J7J 8G8;", f"33163{REST}")
    ).lines(TODAY)
    assert isinstance(long, RefusedLine)
    assert [column for column, _ in long.reasons] == ["nom"]
    assert isinstance(sound, Line)


@pytest.mark.parametrize("written", ["18574", "7111950"])
def test_digits_that_may_be_a_date_are_refused_with_what_to_write(
    write_file: Callable[..., Path], written: str
) -> None:
    (line,) = RosterFile(write_file(f"00875;Roy;Luc;{written};J7J 8G8;")).lines(TODAY)
    assert isinstance(line, RefusedLine)
    assert "JJ/MM/AAAA" in str(line.reasons[0][1])


@settings(
    deadline=None,
    max_examples=150,
    database=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    cells=st.lists(
        st.lists(st.text(st.characters(exclude_categories=["Cs"]), max_size=12), max_size=8),
        max_size=5,
    ),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "utf-16"]),
)
def test_no_content_of_cells_breaks_the_reading(
    tmp_path: Path, cells: list[list[str]], encoding: str
) -> None:
    file = tmp_path / "liste.csv"
    rows = "\n".join(";".join(row) for row in cells)
    file.write_bytes(f"{HEADINGS}\n{rows}\n".encode(encoding))
    try:
        read = list(RosterFile(file).lines(TODAY))
    except UnreadableFile:
        return
    for line in read:
        assert isinstance(line, Line | RefusedLine)
