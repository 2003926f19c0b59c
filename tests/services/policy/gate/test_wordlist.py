import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.policy.gate.text import NormalisedText
from services.policy.gate.wordlist import Words

pytestmark = pytest.mark.req("R-POLICY-2")

LISTED = st.tuples(st.sampled_from("abé日ラ"), st.text("ab* .é日ラ'", max_size=5)).map("".join)
WORDS = st.lists(LISTED, max_size=5).map(Words)
TEXTS = st.text("aabb  .\n日ライ'1", max_size=30)


@given(WORDS, TEXTS)
def test_finds_what_its_pattern_finds(words: Words, text: str) -> None:
    expected = [match.span() for match in words._exact.finditer(text)]  # noqa: SLF001  # what it promises, said plainly
    assert [match.span() for match in words.finditer(text)] == expected
    first = words.search(text)
    assert (None if first is None else first.span()) == (expected[0] if expected else None)


@given(WORDS, TEXTS)
def test_begins_only_where_it_says(words: Words, text: str) -> None:
    passage = NormalisedText(text)
    starts = words.list_starts(passage)
    assert starts == sorted(set(starts))
    assert {match.start() for match in words.finditer(passage)} <= set(starts)


@pytest.mark.parametrize("word", ["", "*", "* foo"])
def test_refuses_an_entry_that_begins_with_nothing(word: str) -> None:
    with pytest.raises(ValueError, match="without a word"):
        Words([word])
