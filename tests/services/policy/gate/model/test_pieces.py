import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.policy.gate.model.pieces import BUCKETS, buckets, units

pytestmark = pytest.mark.req("R-POLICY-2")


def test_latin_text_gives_words_and_pairs() -> None:
    assert list(units("please review it")) == ["please", "^ please", "review", "please review", "it", "review it"]


def test_numbers_are_all_alike_and_so_are_links() -> None:
    assert list(units("order 403-1")) == list(units("order 12.50"))
    assert list(units("see ____")) == list(units("see ___________"))


def test_japanese_text_gives_runs_from_each_place() -> None:
    assert list(units("ありがとう")) == ["~ありがと", "~りがとう", "~がとう", "~とう", "~う"]
    assert len(buckets("~ありがと")) == 4


def test_a_word_shares_pieces_with_its_inflections() -> None:
    assert len(set(buckets("bewertung")) & set(buckets("bewertungen"))) > 10


@given(st.text(max_size=300))
def test_every_piece_has_a_bucket(text: str) -> None:
    assert all(0 <= bucket < BUCKETS for unit in units(text) for bucket in buckets(unit))
