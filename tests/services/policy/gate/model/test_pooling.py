import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.policy.gate.model.pooling import pool

pytestmark = pytest.mark.req("R-POLICY-2")

WIDTH, HEADS, LABELS = 6, 2, 3


@given(st.integers(1, 12), st.integers(0, 1000))
def test_says_what_is_said_on_the_whole_and_most_and_what_is_looked_for(size: int, luck: int) -> None:
    chance = np.random.default_rng(luck)
    said, told = (chance.normal(size=(size, width)).astype(np.float32) for width in (WIDTH, HEADS + LABELS))
    powers = np.exp(told.astype(np.float64))
    shares = powers[:, :HEADS] / powers[:, :HEADS].sum(axis=0)
    expected = [*said.sum(axis=0) / size**0.5, *said.max(axis=0), *(shares.T @ said).ravel()]
    pooled, most = pool(said, told, HEADS)
    assert pooled.tolist() == pytest.approx(expected, rel=1e-4, abs=1e-5)
    assert most.tolist() == pytest.approx(np.log(powers[:, HEADS:].sum(axis=0)), rel=1e-4, abs=1e-5)


def test_high_numbers_have_powers_that_can_be_written() -> None:
    _, most = pool(np.zeros((2, 1), np.float32), np.array([[900.0], [-900.0]], np.float32), 0)
    assert most.tolist() == [900.0]
