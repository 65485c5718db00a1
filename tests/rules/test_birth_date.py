from datetime import date, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rules import Refused
from rules.birth_date import birth_date

QUICK = settings(deadline=None, max_examples=120, database=None)
TODAY = date(2025, 6, 1)
PAST = st.dates(date(1900, 1, 1), TODAY)
BETWEEN = ["/", "-", ".", " ", " / ", "- ", " .", "\u00a0/\u202f", "   "]
BETWEEN += ["–", " – ", "—", "‑", "−", "‐", "\\", ",", ", ", "\u200b/", "⁄"]


@QUICK
@given(born=PAST, between=st.sampled_from(BETWEEN))
def test_every_shape_of_a_date_is_read(born: date, between: str) -> None:
    day, month, year = born.day, born.month, born.year
    for text in (
        f"{day:02d}{between}{month:02d}{between}{year}",
        f"{day}{between}{month}{between}{year}",
        f"{year}{between}{month:02d}{between}{day:02d}",
        f"{year}{between}{month}{between}{day}",
        f"{day:02d}{month:02d}{year}",
        f"{year}{month:02d}{day:02d}",
        born.isoformat(),
    ):
        assert birth_date(text, TODAY) == born


def oracle(text: str) -> date | None:
    """The date that the standard library reads in a text of digits and one kind of separator."""
    for shape in ("%d/%m/%Y", "%Y/%m/%d"):
        try:
            read = datetime.strptime(text, shape).date()
        except ValueError:
            continue
        return read if date(1900, 1, 1) <= read <= TODAY else None
    return None


@QUICK
@given(
    parts=st.tuples(
        st.integers(0, 40), st.integers(0, 20), st.sampled_from([0, 1, 1899, 1900, 2024, 2025])
    ),
    iso=st.booleans(),
)
def test_what_is_a_date_is_what_the_calendar_says(parts: tuple[int, int, int], iso: bool) -> None:
    day, month, year = parts
    text = f"{year:04d}/{month:02d}/{day:02d}" if iso else f"{day:02d}/{month:02d}/{year:04d}"
    answer = birth_date(text, TODAY)
    assert answer == oracle(text) or (isinstance(answer, Refused) and oracle(text) is None)


@QUICK
@given(digits=st.text("012359", min_size=8, max_size=8))
def test_eight_digits_are_day_first_where_that_is_possible(digits: str) -> None:
    day_first = oracle(f"{digits[:2]}/{digits[2:4]}/{digits[4:]}")
    year_first = oracle(f"{digits[:4]}/{digits[4:6]}/{digits[6:]}")
    answer = birth_date(digits, TODAY)
    assert (None if isinstance(answer, Refused) else answer) == (day_first or year_first)


@QUICK
@given(ahead=st.integers(1, 30_000))
def test_never_in_the_future(ahead: int) -> None:
    born = TODAY + timedelta(days=ahead)
    for text in (born.isoformat(), born.strftime("%d/%m/%Y"), born.strftime("%d%m%Y")):
        answer = birth_date(text, TODAY)
        assert isinstance(answer, Refused)
        assert "à venir" in str(answer)


def test_today_is_not_the_future() -> None:
    assert birth_date("01/06/2025", TODAY) == TODAY


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("02/25/1950", "d’abord le jour"),
        ("01/13/1950", "d’abord le jour"),
        ("02251950", "d’abord le jour"),
        ("1950-25-02", "d’abord le jour"),
        ("07/11/50", "quatre chiffres"),
        ("7-1-50", "quatre chiffres"),
        ("071150", "quatre chiffres"),
        ("07/11/195", "quatre chiffres"),
        ("31/02/1950", "n’existe pas"),
        ("29/02/1900", "n’existe pas"),
        ("00/01/1950", "n’existe pas"),
        ("01/00/1950", "n’existe pas"),
        ("31121899", "1900"),
        ("01/01/0000", "1900"),
        ("7 novembre 1950", "JJ/MM/AAAA"),
        ("07/11", "JJ/MM/AAAA"),
        ("7111950", "JJ/MM/AAAA"),
        ("07/11/19500", "JJ/MM/AAAA"),
        ("-07/11/1950", "JJ/MM/AAAA"),
        ("07//11/1950", "JJ/MM/AAAA"),
        ("07\n11\n1950", "JJ/MM/AAAA"),
        ("07\t11\t1950", "JJ/MM/AAAA"),
        ("٠٧/١١/١٩٥٠", "JJ/MM/AAAA"),
        ("０７１１１９５０", "JJ/MM/AAAA"),
    ],
)
def test_each_fault_has_its_sentence(text: str, words: str) -> None:
    answer = birth_date(text, TODAY)
    assert isinstance(answer, Refused)
    assert words in str(answer)


@pytest.mark.parametrize(
    "text", ["07/11/1950.", "« 07–11–1950 »", "(7 11 1950)", "07/11/1950\u00ad"]
)
def test_signs_around_are_left_out(text: str) -> None:
    assert birth_date(text, TODAY) == date(1950, 11, 7)
