import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.policy.gate.model.concepts import Concepts
from services.policy.gate.model.pieces import BUCKETS, bucket, buckets, pair_buckets, run_buckets, tokens, word_buckets

pytestmark = pytest.mark.req("R-POLICY-2")

CONCEPTS = Concepts({"PAY": {"en": "pay*", "ja": "支払"}, "BANK": {"en": "bank", "ja": "銀行"}})


def words(sentence: str) -> list[int]:
    return buckets(sentence, CONCEPTS)[0]


def spoken(sentence: str) -> list[int]:
    return buckets(sentence, CONCEPTS)[1]


def test_latin_text_gives_words_and_pairs() -> None:
    first, second = pair_buckets(["please", "pay"])
    expected = [*word_buckets("please"), first, *word_buckets("pay"), second]
    assert [first, second] == [bucket("^ please"), bucket("please pay")]
    assert words("please pay") == expected


def test_numbers_are_all_alike_and_so_are_links() -> None:
    assert tokens("order 403-1") == tokens("order 12.50") == ["order", "0"]
    assert tokens("see ____") == tokens("see ___________") == ["see", "_"]


def test_japanese_text_gives_runs_from_each_place() -> None:
    assert words("支払う") == [*run_buckets("支払う"), *run_buckets("払う"), *run_buckets("う")]
    assert len(run_buckets("ありがとう")) == 4


def test_a_word_shares_pieces_with_its_inflections() -> None:
    assert len(set(word_buckets("bewertung")) & set(word_buckets("bewertungen"))) > 10


def test_what_is_spoken_of_is_the_same_in_any_language() -> None:
    named = [bucket("C:PAY"), bucket("C:BANK"), bucket("P:PAY>BANK")]
    assert spoken("pay the bank") == spoken("支払は銀行") == named
    assert spoken("the bank is closed") == [bucket("C:BANK")]


@given(st.text(max_size=300))
def test_every_piece_has_a_bucket(text: str) -> None:
    assert all(0 <= one < BUCKETS for part in buckets(text, CONCEPTS) for one in part)
