# ruff: noqa: RUF001  # Japanese numerals are what is tested
"""Runs of digits: the fast look at whether there are any misses none."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.policy.gate.contact.numerals import Numerals

pytestmark = pytest.mark.req("R-POLICY-2")

PARAMETERS: dict[str, Any] = {
    "numbers": {"one": 1, "four": 4, "twenty": 20, "vingt": 20, "quatre": 4},
    "repeats": {"double": 2, "triple": 3},
    "joints": ["and", "e"],
    "steps": ["dann"],
}
NUMERALS = Numerals(PARAMETERS)
LEAST = 6
_PIECES = ["one", "four", "twenty", "quatre-vingt", "double", "triple", "and", "dann", "e", "word", "0", "12", "3456"]
_PIECES += ["123456789012345678", "abc123", "777forme", "0oil", "に", "〇", "+", ".", "\n", " kg"]


def _has_run(text: str) -> bool:
    return bool(NUMERALS.runs(text, LEAST))


@given(st.lists(st.tuples(st.sampled_from(_PIECES), st.sampled_from(["", " ", ", ", "-", "\n"])), max_size=12))
def test_the_fast_look_misses_no_run(pieces: list[tuple[str, str]]) -> None:
    text = "".join(piece + after for piece, after in pieces)
    if _has_run(text):
        assert NUMERALS.may_run(text, LEAST)


@pytest.mark.parametrize("text", ["", "no digits here", "1 word 2 word 3 word 4 word 5 word 6", "one and four"])
def test_the_fast_look_says_no_where_words_part_the_digits(text: str) -> None:
    assert not NUMERALS.may_run(text, LEAST)


def test_a_word_ends_a_run_and_what_is_repeated() -> None:
    runs = NUMERALS.runs("double word 3456 78 word twenty four double 1 2 34", LEAST)
    assert [run.digits for run in runs] == ["345678", "2411234"]
