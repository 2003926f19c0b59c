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


_TEXTS = st.lists(st.tuples(st.sampled_from(_PIECES), st.sampled_from(["", " ", ", ", "-", "\n"])), max_size=12).map(
    lambda pieces: "".join(piece + after for piece, after in pieces)
)


def _digits(text: str) -> list[str]:
    return [run.digits for run in NUMERALS.runs(text, LEAST)]


@given(_TEXTS, _TEXTS)
def test_a_word_parts_runs(first: str, second: str) -> None:
    three = " word 123 word "
    assert _digits(first + three + second) == _digits(first + three) + _digits(three + second)


@pytest.mark.parametrize("text", ["", "no digits here", "1 word 2 word 3 word 4 word 5 word 6", "one and four"])
def test_asks_for_no_bars_where_words_part_the_digits(text: str) -> None:
    def bar() -> str:
        raise AssertionError("asked")

    assert NUMERALS.runs(text, LEAST, bar) == []


def test_reads_what_is_not_barred() -> None:
    assert [run.digits for run in NUMERALS.runs("12 34 56 kg, 78 90 12", LEAST, lambda: "€" * 11 + ", 78 90 12")] == [
        "789012"
    ]


def test_a_word_ends_what_is_repeated_too() -> None:
    assert _digits("double word 3456 78 word twenty four double 1 2 34") == ["345678", "2411234"]
