"""Remembering what words come to, within bounds."""

import pytest

from services.policy.gate.remembered import Remembered

pytestmark = pytest.mark.req("R-POLICY-2")


def test_finds_once_and_forgets_rather_than_grows() -> None:
    asked: list[int] = []

    def double(number: int) -> int:
        asked.append(number)
        return 2 * number

    remembered = Remembered(double, 2)
    assert [remembered[number] for number in (1, 1, 2, 1)] == [2, 2, 4, 2]
    assert asked == [1, 2]
    assert remembered[3] == 6
    assert len(remembered) == 1
