"""A vocabulary, held against a dictionary."""

from array import array

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.policy.gate.model.vocabulary import Vocabulary

pytestmark = pytest.mark.req("R-POLICY-2")

LONGEST, MOST = 4, 8
KEYS = st.lists(st.integers(0, 65535) | st.sampled_from([0, 1, 32767, 32768]), min_size=1, max_size=LONGEST)


@given(st.lists(st.tuples(KEYS, st.integers(-32768, 32767)), max_size=40), st.integers(0, 3))
def test_knows_the_last_words_and_what_they_came_to(met: list[tuple[list[int], int]], spread: int) -> None:
    vocabulary, known = Vocabulary(MOST, LONGEST, 1), dict[tuple[int, ...], int]()
    for key, value in met:
        codes, mixed = array("i", [*key, 7]), sum(key) & spread
        at = vocabulary.find(codes, len(key), mixed)
        assert (at >= 0) is (tuple(key) in known)
        if at < 0:
            if len(known) == MOST:
                known.clear()
            at = vocabulary.add(codes, len(key), mixed)
            vocabulary.records[at] = known[tuple(key)] = value
        assert vocabulary.records[at] == known[tuple(key)]


def test_looking_ahead_changes_nothing() -> None:
    vocabulary = Vocabulary(MOST, LONGEST, 1)
    key = array("i", [7])
    vocabulary.records[vocabulary.add(key, 1, 3) if vocabulary.find(key, 1, 3) < 0 else 0] = 9
    vocabulary.look_ahead(array("I", [3, 4, 0xFFFFFFFF]), 3)
    assert vocabulary.records[vocabulary.find(key, 1, 3)] == 9
    assert vocabulary.find(key, 1, 4) < 0


def test_keys_that_crowd_give_way_and_are_never_mistaken() -> None:
    vocabulary = Vocabulary(64, 1, 1)
    keys = [array("i", [number]) for number in range(40)]
    for number, key in enumerate(keys):
        assert vocabulary.find(key, 1, 5) < 0
        vocabulary.records[vocabulary.add(key, 1, 5)] = number
    known = {number: at for number, key in enumerate(keys) if (at := vocabulary.find(key, 1, 5)) >= 0}
    assert 0 < len(known) <= 16
    assert all(vocabulary.records[at] == number for number, at in known.items())
    assert vocabulary.find(array("i", [99]), 1, 6) < 0
