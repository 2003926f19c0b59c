import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from services.policy.gate.model.pieces import AROUND, NEIGHBOURS
from services.policy.gate.model.stretch import Stretch

pytestmark = pytest.mark.req("R-POLICY-2")

MOST, WIDTH, HEADS, COLUMNS = 16, 6, 2, 5
# Each finds there what the one before has left.
STRETCH = Stretch(MOST, WIDTH, HEADS, COLUMNS)
WORDS, PRODUCTS, TOLD, GATHERED, BEST, SUMS = map(
    np.asarray, (STRETCH.words, STRETCH.products, STRETCH.told, STRETCH.gathered, STRETCH.best, STRETCH.sums)
)
NOTHING = np.zeros(WIDTH, np.float32)
sizes, lucks = st.integers(1, MOST), st.integers(0, 1000)


def _draw(luck: int, *shape: int) -> NDArray[np.float32]:
    return np.random.default_rng(luck).integers(-9, 9, shape).astype(np.float32)


@given(sizes, lucks)
def test_takes_some_of_the_vectors(size: int, luck: int) -> None:
    vectors, added = _draw(luck, MOST + 3, WIDTH), _draw(luck + 1, WIDTH)
    STRETCH.fill(vectors, 3, size, added, MOST)
    assert WORDS[:size].tolist() == (vectors[3 : 3 + size] + added).tolist()
    assert not WORDS[size:].any()


@given(sizes, st.sampled_from([1, 2]), lucks)
def test_adds_what_is_positive_of_what_stands_near(size: int, stride: int, luck: int) -> None:
    words, products, bias = _draw(luck, size, WIDTH), _draw(luck, size, NEIGHBOURS * WIDTH), _draw(luck, WIDTH)
    STRETCH.fill(words, 0, size, NOTHING, MOST)
    PRODUCTS[AROUND : AROUND + size] = products
    STRETCH.mix(size, bias, stride)
    for at in range(size):
        near = [(at + (place - 2) * stride, place) for place in range(NEIGHBOURS)]
        said = sum(products[one, place * WIDTH :][:WIDTH] for one, place in near if 0 <= one < size)
        assert WORDS[at].tolist() == (words[at] + np.maximum(0, said + bias)).tolist()
    assert not WORDS[size:].any()


@given(sizes, lucks)
def test_gathers_what_is_said_on_the_whole_and_most_and_what_is_looked_for(size: int, luck: int) -> None:
    words, told = _draw(luck, size, WIDTH), _draw(luck + 1, size, COLUMNS)
    STRETCH.fill(words, 0, size, NOTHING, MOST)
    TOLD[:size] = told
    STRETCH.lower(size)
    powers = TOLD[:size]
    assert BEST.tolist() == told.max(axis=0).tolist()
    assert powers.tolist() == (told - told.max(axis=0)).tolist()
    powers[:] = np.exp(powers)
    GATHERED[2:] = powers[:, :HEADS].T @ words
    STRETCH.gather(size)
    shares = np.exp(told) / np.exp(told).sum(axis=0)
    expected = [words.sum(axis=0) / size**0.5, words.max(axis=0), *(shares[:, :HEADS].T @ words)]
    assert GATHERED.tolist() == [pytest.approx(row.tolist(), rel=1e-4, abs=1e-5) for row in expected]
    assert SUMS.tolist() == pytest.approx(powers.sum(axis=0).tolist(), rel=1e-4)
