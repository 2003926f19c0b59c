"""The tokens of sentences, held against what `pieces` says plainly."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.policy.gate.model import pieces
from services.policy.gate.model.tokens import Tokens

pytestmark = pytest.mark.req("R-POLICY-2")

ALPHABET = "az\u00df\u00f7\u024f\u0250`{09\u0661² ./:,-_%€!?\u3004\u3005\u30ff\u3100\u33ff\u3400\u9fff\ua000\U0001d7d8"
SENTENCES = st.lists(
    st.lists(st.sampled_from(["word", "w" * 23, "支払", "12.5", "__"]) | st.text(ALPHABET) | st.text()).map("".join),
    max_size=3,
)


def _read(tokens: Tokens, number: int) -> str:
    """Return what stands for a token, and hold its edges against what they are for."""
    if tokens.is_stretch(number):
        return "".join(map(chr, tokens.codes[tokens.starts[number] : tokens.ends[number]]))
    size = tokens.copy(number)
    first, *word = map(chr, tokens.edged[: size + 1])
    assert first == "<"
    if tokens.limit_pieces(number):
        assert chr(tokens.edged[size + 1]) == ">"
    return "".join(word)


@given(SENTENCES)
def test_tokens_are_those_that_training_reads(sentences: list[str]) -> None:
    tokens = Tokens()
    tokens.make_room(sentences)
    for sentence in sentences:
        expected = pieces.tokens(sentence)
        numbers = range(tokens.split(sentence))
        assert [_read(tokens, number) for number in numbers] == expected
        assert [tokens.is_stretch(number) for number in numbers] == [pieces.is_japanese(token) for token in expected]


@given(SENTENCES)
def test_pieces_are_of_as_many_characters_as_training_reads(sentences: list[str]) -> None:
    tokens = Tokens()
    tokens.make_room(sentences)
    for sentence in sentences:
        read = pieces.tokens(sentence)
        limits = [tokens.limit_pieces(number) for number in range(tokens.split(sentence))]
        for token, limit in zip(read, limits, strict=True):
            if pieces.is_japanese(token):
                assert limit == 0
            else:
                sizes = range(pieces.SMALLEST, limit + 1)
                count = sum(max(0, len(token) + 3 - size) for size in sizes)
                assert len(pieces.word_buckets(token)) == 1 + count


def test_room_is_made_for_the_longest_and_kept() -> None:
    tokens = Tokens()
    tokens.make_room(["a", "a b c", ""])
    assert len(tokens.codes) == len(tokens.starts) == len(tokens.ends) == 5
    tokens.make_room(["a"])
    tokens.make_room([])
    assert len(tokens.codes) == 5
