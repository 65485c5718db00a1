"""The temporary password: taken however it was copied or typed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from security import temporary
from security.keys import Key

KEY = Key(b"k" * 32)
CODE = "7KQM-2XPD-HW49"
WHOLE = CODE.replace("-", "")
BETWEEN = ["", "-", " ", "\u2010", "\u2011", "\u2012", "\u2013", "\u2014", "\u2015", "\u2212"]
BETWEEN += [
    "\u00a0",
    "\u202f",
    "\u2009",
    "\u200b",
    "\u2060",
    "\ufeff",
    "\u00ad",
    "\t",
    "\n",
    "_",
    "·",
]


@pytest.mark.parametrize("between", BETWEEN)
def test_with_anything_between_its_groups(between: str) -> None:
    assert temporary.code_hmacs(KEY, CODE.replace("-", between))[0] == temporary.code_hmac(
        KEY, CODE
    )


@pytest.mark.parametrize(
    "typed",
    [
        *(f"{CODE}.", f"« {CODE} »", f"({CODE})", f" {CODE}\u200b", f"\u202a{CODE}\u202c"),
        *("７ＫＱＭ－２ＸＰＤ－ＨＷ４９", f"“{CODE}”", f"{CODE},", f"*{CODE}*", CODE.lower()),
    ],
)
def test_with_anything_around_it(typed: str) -> None:
    assert temporary.code_hmacs(KEY, typed)[0] == temporary.code_hmac(KEY, CODE)


@given(st.text(alphabet=temporary.ALPHABET, min_size=12, max_size=12))
def test_and_no_other_one(other: str) -> None:
    same = temporary.code_hmacs(KEY, other)[0] == temporary.code_hmac(KEY, CODE)
    assert same == (other == WHOLE)


@pytest.mark.parametrize("typed", [WHOLE[:-1], WHOLE + "2", WHOLE[:-1] + "0", "", "é" * 12])
def test_what_cannot_be_one_costs_the_same(typed: str) -> None:
    found = temporary.code_hmacs(KEY, typed)
    assert len(found) == 1
    assert found[0] != temporary.code_hmac(KEY, CODE)
