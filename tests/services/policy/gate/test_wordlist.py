import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.policy.gate.text import NormalisedText
from services.policy.gate.wordlist import Words

pytestmark = pytest.mark.req("R-POLICY-2")

WORDS = st.lists(st.text("ab* .é日ラ'", min_size=1, max_size=6).filter(lambda word: word.strip(" *.")), max_size=5)
TEXTS = st.text("aabb  .\n日ライ'1", max_size=30)


@given(WORDS, TEXTS)
def test_finds_what_its_pattern_finds(listed: list[str], text: str) -> None:
    try:
        words = Words(listed)
    except ValueError:
        return
    expected = [match.span() for match in words._exact.finditer(text)]  # noqa: SLF001  # what it promises, said plainly
    assert [match.span() for match in words.finditer(text)] == expected
    first = words.search(text)
    assert (None if first is None else first.span()) == (expected[0] if expected else None)


@given(WORDS, TEXTS)
def test_begins_only_where_it_says(listed: list[str], text: str) -> None:
    try:
        words = Words(listed)
    except ValueError:
        return
    passage = NormalisedText(text)
    starts = words.list_starts(passage)
    assert starts == sorted(set(starts))
    assert {match.start() for match in words.finditer(passage)} <= set(starts)


@pytest.mark.parametrize("word", ["", "*", "* foo"])
def test_refuses_an_entry_that_begins_with_nothing(word: str) -> None:
    with pytest.raises(ValueError, match="without a word"):
        Words([word])
