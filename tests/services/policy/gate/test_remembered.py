"""Remembering what words come to, within bounds."""

import pytest

from services.policy.gate.remembered import Remembered

pytestmark = pytest.mark.req("R-POLICY-2")


def test_finds_once_and_forgets_what_was_not_asked_for_of_late() -> None:
    asked: list[int] = []

    def double(number: int) -> int:
        asked.append(number)
        return 2 * number

    remembered = Remembered(double, 4)
    assert [remembered[number] for number in (1, 2, 3, 1, 4, 1)] == [2, 4, 6, 2, 8, 2]
    assert asked == [1, 2, 3, 4]
    assert remembered[2] == 4
    assert asked[4:] == [2]


def test_keeps_no_more_than_it_may() -> None:
    remembered = Remembered(str, 10)
    for number in range(100):
        assert remembered[number] == str(number)
        assert len(remembered) <= 5
