"""What the loops answer, held against what `pieces` says plainly."""

import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.policy.gate.model import lookup
from services.policy.gate.model.concepts import Concepts
from services.policy.gate.model.lookup import Adder, Embedder
from services.policy.gate.model.meanings import Meanings
from services.policy.gate.model.pieces import BUCKETS, ROWS, ZERO, buckets, meanings_of, pieces_of, words

pytestmark = pytest.mark.req("R-POLICY-2")

CONCEPTS = Concepts({"PAY": {"en": "pay*", "ja": "支払"}, "BANK": {"en": "bank", "ja": "銀行"}})
BYTES = np.random.default_rng(1).integers(0, 256, (BUCKETS, 3), np.uint8)
VECTORS = BYTES[:ROWS].view(np.int8)
SCALE = np.array([0.25, 0.1, 1.5], np.float32)
MEANT = np.random.default_rng(2).standard_normal((len(CONCEPTS.names), 3)).astype(np.float32)
MEANINGS = Meanings(CONCEPTS)
ADDERS, EMBEDDERS = [Adder(MEANINGS, BYTES)], [Embedder(MEANINGS, VECTORS, SCALE, MEANT)]
# Some that forget all the time.
with pytest.MonkeyPatch.context() as few:
    few.setattr(lookup, "_MOST_WORDS", 2)
    ADDERS.append(Adder(MEANINGS, BYTES))
    EMBEDDERS.append(Embedder(MEANINGS, VECTORS, SCALE, MEANT))
# Words that mean something, among characters of all kinds.
SENTENCES = st.lists(
    st.lists(st.sampled_from(["pay", "paying ", "bank ", "支払", "銀行", "う", " 403-1 ", "__", "€"]) | st.text()).map(
        "".join
    ),
    max_size=4,
)


@given(SENTENCES, st.booleans())
def test_sums_are_those_of_the_features(sentences: list[str], reply: bool) -> None:  # noqa: FBT001  # hypothesis's
    expected = []
    for sentence in sentences:
        read, spoken = buckets(sentence, CONCEPTS, reply=reply)
        rows = BYTES[read + spoken].astype(np.int32) - ZERO
        expected.append([*rows.sum(axis=0), len(read)])
    for adder in ADDERS:
        assert adder.add_up(sentences, reply=reply).tolist() == np.array(expected).reshape(-1, 4).tolist()


@given(SENTENCES)
def test_vectors_are_those_of_the_words(sentences: list[str]) -> None:
    sentences = list(dict.fromkeys(sentences))
    told = words(sentences, CONCEPTS)
    first, second = (embedder.embed(sentences) for embedder in EMBEDDERS)
    assert first.tolist() == second.tolist()
    for word, vector in zip(told, first, strict=True):
        rows = pieces_of(word)
        expected = VECTORS[rows].sum(axis=0, dtype=np.float32) * SCALE / np.sqrt(len(rows), dtype=np.float32)
        for name in meanings_of(word, CONCEPTS):
            expected = expected + MEANT[CONCEPTS.names.index(name)]
        assert vector.tolist() == expected.tolist()


@pytest.fixture
def in_turn() -> Iterator[None]:
    """Let threads take turns all the time."""
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(interval)


def _add_up(sentences: list[str]) -> list[object]:
    return [ADDERS[-1].add_up(sentences, reply=reply).tolist() for reply in (False, True)]


def _embed(sentences: list[str]) -> list[object]:
    return [EMBEDDERS[-1].embed(sentences).tolist()]


@pytest.mark.usefixtures("in_turn")
@pytest.mark.parametrize("read", [_add_up, _embed])
def test_threads_do_not_disturb_each_other(read: Callable[[list[str]], list[object]]) -> None:
    """Plainly: a compiled loop lets no other thread in."""
    texts = [[f"{word} pay {word} the bank", "支払は銀行"] for word in ("one", "another", "third", "paying")] * 4
    expected = [read(text) for text in texts]
    with ThreadPoolExecutor(4) as threads:
        assert list(threads.map(read, texts)) == expected
