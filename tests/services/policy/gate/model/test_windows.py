import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from services.policy.gate.model.line import SOFTNESS
from services.policy.gate.model.windows import weigh

pytestmark = pytest.mark.req("R-POLICY-2")

SCALES = np.array([0.5, 0.25, 2.0])


def _free(sums: NDArray[np.int32]) -> NDArray[np.float64]:
    added = sums.sum(axis=0)
    freed: NDArray[np.float64] = added[:-1] * SCALES / np.sqrt(max(1, added[-1]))
    return freed


@given(st.integers(0, 6), st.integers(0, 3), st.integers(0, 1000))
def test_weighs_the_message_and_its_windows(body: int, subject: int, luck: int) -> None:
    chance = np.random.default_rng(luck)
    sums = chance.integers(-90, 90, (subject + body, 4)).astype(np.int32)
    sums[:, -1] = abs(sums[:, -1])
    message, windows, parts = weigh(sums, subject, SCALES)
    expected = np.array([_free(sums[at : at + 2]) for at in range(subject, max(subject + 1, subject + body - 1))])
    assert message.tolist() == pytest.approx(_free(sums).tolist())
    assert parts.tolist() == [pytest.approx(row) for row in expected.tolist()]
    pooled = SOFTNESS * np.log(np.exp(expected / SOFTNESS).sum(axis=0))
    assert windows.tolist() == pytest.approx(pooled.tolist(), abs=1e-9)


def test_high_sums_have_powers_that_can_be_written() -> None:
    _, windows, _ = weigh(np.array([[30_000, 0, 0, 1], [0, 0, 0, 1], [0, 0, 0, 1]], np.int32), 0, SCALES)
    assert windows[0] == pytest.approx(30_000 * 0.5 / 2**0.5)
