"""Texts cut into rows: quotes that are none, and what is too long to be a row."""

import subprocess
import sys
from pathlib import Path

import pytest

from roster.tables import UnreadableFile
from roster.text_rows import LONGEST_LINE, rows

ROOT = Path(__file__).parents[2]


def cut(tmp_path: Path, *lines: str) -> list[tuple[int, list[str]]]:
    file = tmp_path / "liste.csv"
    file.write_text("\n".join(["a;b;c", *lines, "end;y;z"]), "utf-8", newline="")
    return [(row.number, [str(cell) for cell in row.cells]) for row in rows(file, "utf-8", ";")][1:]


END = ["end", "y", "z"]


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        (['1;2;"6" de neige'], [(2, ["1", "2", "6 de neige"])]),
        (['1;2;"6 de neige'], [(2, ["1", "2", '"6 de neige'])]),
        (['1;2;6" de neige'], [(2, ["1", "2", '6" de neige'])]),
        (['1;"2;3', "4;5;6"], [(2, ["1", '"2', "3"]), (3, ["4", "5", "6"])]),
        (['1;2;"6 x', '4;5;"8 y'], [(2, ["1", "2", '"6 x']), (3, ["4", "5", '"8 y'])]),
        # What closes the one quote opens no other: two rows that the strict reading makes one of.
        (['1;2;"6 x', '4;5;mur 8"'], [(2, ["1", "2", '"6 x']), (3, ["4", "5", 'mur 8"'])]),
        (['"1";"2";"6" x"'], [(2, ["1", "2", '6" x'])]),
        (['1;"two\nlines";3'], [(2, ["1", "two\nlines", "3"])]),
        (['1;"dit ""Bob""";3'], [(2, ["1", 'dit "Bob"', "3"])]),
        (['1;"a;b";3'], [(2, ["1", "a;b", "3"])]),
    ],
)
def test_a_quote_swallows_no_row(
    tmp_path: Path, lines: list[str], expected: list[tuple[int, list[str]]]
) -> None:
    *others, (_, end) = cut(tmp_path, *lines)
    assert (others, end) == (expected, END)


def test_one_that_makes_no_row_either_way_is_told(tmp_path: Path) -> None:
    with pytest.raises(UnreadableFile, match="ligne 2 : guillemets"):
        cut(tmp_path, '1;"2;3;4;5')


def test_a_line_is_bounded(tmp_path: Path) -> None:
    assert len(cut(tmp_path, f"1;2;{'x' * 200_000}")) == 2
    with pytest.raises(UnreadableFile, match="ligne 2 : plus d’un million de signes"):
        cut(tmp_path, f"1;2;{'x' * LONGEST_LINE}")


HUGE = """
import sys
from pathlib import Path
from roster.opening import tables
from roster.headings import find_headings
file = Path(sys.argv[1])
try:
    find_headings(tables(file), {})
except ValueError as error:
    print(error)
print(next(line for line in open("/proc/self/status") if line.startswith("VmHWM")).split()[1])
"""


@pytest.mark.parametrize(
    ("start", "part", "times"),
    [("1;", "x" * 1_000_000, 60), ('1;"', "x\n" * 500_000, 60), ("", ";" * 1_000_000, 60)],
    ids=["cell", "lines", "columns"],
)
def test_a_file_of_one_cell_takes_no_memory(
    tmp_path: Path, start: str, part: str, times: int
) -> None:
    file = tmp_path / "liste.csv"
    with file.open("w") as out:
        out.write(f"Matricule;Nom\n{start}")
        for _ in range(times):
            out.write(part)
    ended = subprocess.run(
        [sys.executable, "-c", HUGE, file], capture_output=True, text=True, check=True, cwd=ROOT
    )
    *_, kilobytes = ended.stdout.splitlines()
    assert int(kilobytes) < 60_000, ended.stdout
