"""Normal forms of what strangers write."""

import sys
import time
import unicodedata
from collections.abc import Callable
from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.gateway.mailbox.domain import find_order_ids
from services.gateway.mailbox.normalising import normalise
from services.gateway.mailbox.words import split_text

pytestmark = pytest.mark.req("R-INBOX-1")
FORMS = st.sampled_from(["NFKC", "NFKD"])
_SHORT = 5_000


@given(FORMS, st.text(st.characters() | st.sampled_from("e\u0301\u0316\u3099かｶﾞ\uff9f。…"), max_size=60))
def test_texts_are_normalised_as_unicode_says(form: Literal["NFKC", "NFKD"], text: str) -> None:
    assert normalise(form, text) == unicodedata.normalize(form, text)


@pytest.mark.parametrize("text", ["。" * 80, "…\u3000" * 40, "か\u3099" * 40, "😀" * 50, "a" * 50 + "\u0301", "ﾞ" * 30])
def test_only_marks_in_a_row_are_cut(text: str) -> None:
    assert normalise("NFKC", text) == unicodedata.normalize("NFKC", text)


def test_every_mark_of_unicode_is_cut_after_the_thirtieth() -> None:
    marks = [one for one in map(chr, range(sys.maxunicode + 1)) if unicodedata.combining(one)]
    assert len(marks) > 800
    for mark in (*marks, "\uff9e", "\uff9f", "\u0344"):
        assert normalise("NFKD", f"。x{mark * 90}y") == unicodedata.normalize("NFKD", f"。x{mark * 30}y"), ascii(mark)


@pytest.mark.parametrize("read", [lambda text: list(split_text(text)), find_order_ids], ids=["words", "order ids"])
@pytest.mark.parametrize("marks", ["\u0301\u0316", "\uff9e\u0301", "\u0344\u0316", "\u05b0\u0591", "\u0301"], ids=ascii)
def test_marks_in_a_row_take_time_in_proportion_to_their_number(read: Callable[[str], object], marks: str) -> None:
    def seconds(length: int) -> float:
        begin = time.process_time()
        read("a" + marks * (length // len(marks)))
        return time.process_time() - begin

    # Other work on the machine slows one measurement down, not each of five.
    assert min(seconds(_SHORT * 4) for _ in range(5)) < min(seconds(_SHORT) for _ in range(5)) * 8
