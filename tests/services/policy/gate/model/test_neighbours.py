import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.policy.gate.model.neighbours import mix

pytestmark = pytest.mark.req("R-POLICY-2")

WIDTH, PLACES = 6, 5


@given(st.integers(1, 12), st.integers(1, 3), st.integers(0, 1000))
def test_adds_what_is_positive_of_what_stands_near(size: int, stride: int, luck: int) -> None:
    chance = np.random.default_rng(luck)
    words, products, bias = (
        chance.integers(-9, 9, shape).astype(np.float32) for shape in ((size, WIDTH), (size, PLACES * WIDTH), (WIDTH,))
    )
    expected = []
    for at in range(size):
        near = [(at + (place - 2) * stride, place) for place in range(PLACES)]
        said = [products[one, place * WIDTH :][:WIDTH] for one, place in near if 0 <= one < size]
        expected.append(words[at] + np.maximum(0, sum(said) + bias))
    assert mix(words, products, bias, stride).tolist() == np.array(expected).tolist()
