import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.policy.gate.trie import Trie

pytestmark = pytest.mark.req("R-POLICY-2")

WORDS = st.text(st.sampled_from("ab支\U0010ffff "), max_size=5)


def walk(trie: Trie, text: str) -> tuple[int, int] | None:
    """Return the numbers of `text` as a whole word and as the beginning of one; none where no word goes on so."""
    state = 0
    for character in text:
        state = trie.step(state, ord(character))
        if state < 0:
            return None
    return trie.whole[state], trie.begun[state]


@given(
    st.dictionaries(WORDS.filter(bool), st.integers(0, 9), max_size=20),
    st.dictionaries(WORDS.filter(bool), st.integers(0, 9), max_size=20),
    WORDS,
)
def test_knows_its_words_and_no_others(words: dict[str, int], stems: dict[str, int], text: str) -> None:
    trie = Trie(words, stems)
    known = text in words or text in stems or any(one.startswith(text) for one in (*words, *stems)) or not text
    expected = (words.get(text, -1), stems.get(text, -1)) if known else None
    assert walk(trie, text) == expected


def test_without_words_nothing_is_known() -> None:
    assert walk(Trie({}, {}), "a") is None
