"""What the loops answer, held against what `pieces` says plainly."""

import sys
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from services.policy.gate.model import lookup
from services.policy.gate.model.concepts import Concepts
from services.policy.gate.model.lookup import Lookup
from services.policy.gate.model.meanings import Meanings
from services.policy.gate.model.pieces import (
    BUCKETS,
    END,
    ROWS,
    ZERO,
    bucket,
    buckets,
    meanings_of,
    pieces_of,
    word_buckets,
    words,
)

pytestmark = pytest.mark.req("R-POLICY-2")

CONCEPTS = Concepts({"PAY": {"en": "pay*", "ja": "支払"}, "BANK": {"en": "bank", "ja": "銀行"}})
BYTES = np.random.default_rng(1).integers(0, 256, (BUCKETS, 3), np.uint8)
VECTORS = BYTES[:ROWS].view(np.int8)
SCALE = np.array([0.25, 0.1, 1.5], np.float32)
MEANT = np.random.default_rng(2).standard_normal((len(CONCEPTS.names), 3)).astype(np.float32)
MEANINGS = Meanings(CONCEPTS)
LOOKUPS = [Lookup(MEANINGS, BYTES, VECTORS, SCALE, MEANT)]
# One that forgets all the time.
with pytest.MonkeyPatch.context() as few:
    few.setattr(lookup, "_MOST_WORDS", 2)
    LOOKUPS.append(Lookup(MEANINGS, BYTES, VECTORS, SCALE, MEANT))
# Words that mean something, among characters of all kinds.
SENTENCES = st.lists(
    st.lists(st.sampled_from(["pay", "paying ", "bank ", "支払", "銀行", "う", " 403-1 ", "__", "€"]) | st.text()).map(
        "".join
    ),
    max_size=4,
)


@example(sentences=["pay", "the bank", "pay"], reply=True)
@given(SENTENCES, st.booleans())
def test_sums_are_those_of_the_features(sentences: list[str], reply: bool) -> None:  # noqa: FBT001  # hypothesis's
    expected = []
    for sentence in sentences:
        read, spoken = buckets(sentence, CONCEPTS, reply=reply)
        rows = BYTES[read + spoken].astype(np.int32) - ZERO
        expected.append([*rows.sum(axis=0), len(read)])
    for tables in LOOKUPS:
        for for_net in (False, True):
            sums, _ = tables.read(sentences, reply=reply, for_net=for_net)
            assert sums.tolist() == np.array(expected).reshape(-1, 4).tolist()


@given(SENTENCES)
def test_vectors_are_those_of_the_words(sentences: list[str]) -> None:
    told = words(sentences, CONCEPTS) or [END]
    first, second = (tables.read(sentences, reply=False, for_net=True)[1] for tables in LOOKUPS)
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


def _read(sentences: list[str]) -> list[object]:
    both = [LOOKUPS[-1].read(sentences, reply=reply, for_net=True) for reply in (False, True)]
    return [one.tolist() for read in both for one in read]


@pytest.mark.usefixtures("in_turn")
def test_threads_do_not_disturb_each_other() -> None:
    """Plainly: a compiled loop lets no other thread in."""
    texts = [[f"{word} pay {word} the bank", "支払は銀行"] for word in ("one", "another", "third", "paying")] * 4
    expected = [_read(text) for text in texts]
    with ThreadPoolExecutor(4) as threads:
        assert list(threads.map(_read, texts)) == expected


def test_vectors_are_made_where_they_are_asked_for() -> None:
    _, vectors = LOOKUPS[0].read(["pay the bank"], reply=False, for_net=False)
    assert vectors.shape == (0, 3)


def test_room_grows_with_the_sentences() -> None:
    tables = Lookup(MEANINGS, BYTES, VECTORS, SCALE, MEANT)
    for sentence in ("pay", "支払は銀行" * 140, "bank " * 300, "う"):
        read, spoken = buckets(sentence, CONCEPTS)
        sums, vectors = tables.read([sentence], reply=False, for_net=True)
        expected = BYTES[read + spoken].astype(np.int32) - ZERO
        assert sums.tolist() == [[*expected.sum(axis=0).tolist(), len(read)]]
        assert len(vectors) == len(words([sentence], CONCEPTS))


@pytest.mark.parametrize(
    "tables",
    [
        (BYTES[:-1], VECTORS, SCALE, MEANT),
        (BYTES, VECTORS[:-1], SCALE, MEANT),
        (BYTES, VECTORS, SCALE[:-1], MEANT),
        (BYTES, VECTORS, SCALE, MEANT[:-1]),
        (BYTES, VECTORS, SCALE, MEANT[:, :-1]),
    ],
)
def test_refuses_tables_that_do_not_fit(tables: tuple[Any, Any, Any, Any]) -> None:
    with pytest.raises(ValueError, match="tables"):
        Lookup(MEANINGS, *tables)


def _sum(sentence: str, chosen: Mapping[int, tuple[int, ...]]) -> tuple[list[int], int]:
    table = np.full((BUCKETS, 2), ZERO, np.uint8)
    for number, values in chosen.items():
        table[number] += np.array(values, np.uint8)
    sums, _ = Lookup(MEANINGS, table, VECTORS, SCALE, MEANT).read([sentence], reply=False, for_net=False)
    return sums[0, :-1].tolist(), int(sums[0, -1])


def test_adds_up_each_label_apart() -> None:
    pieces = word_buckets("coupon")
    found = _sum("coupon", dict.fromkeys(pieces, (7, 1)))
    assert found == ([7 * len(pieces), len(pieces)], len(pieces) + 1)  # and the pair with what is before


def test_what_is_spoken_of_adds_to_the_sums_and_not_to_the_length() -> None:
    chosen = {bucket("C:PAY"): (5, 1), bucket("P:PAY>BANK"): (20, 2)}
    assert _sum("pay to a bank", chosen)[0] == _sum("支払は銀行", chosen)[0] == [25, 3]
    assert _sum("pay", chosen) == ([5, 1], len(word_buckets("pay")) + 1)
    assert _sum("something or 何か", chosen)[0] == [0, 0]
