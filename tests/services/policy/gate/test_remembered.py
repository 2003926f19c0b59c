"""Remembering what words come to, within bounds."""

from collections.abc import Sequence

import pytest

from services.policy.gate.remembered import Remembered, RememberedTogether

pytestmark = pytest.mark.req("R-POLICY-2")


def _is_worth_it(_number: int) -> bool:
    return True


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


def test_finds_many_at_once_and_forgets_what_was_not_asked_for_of_late() -> None:
    asked: list[list[int]] = []

    def double(numbers: Sequence[int]) -> list[int]:
        asked.append(list(numbers))
        return [2 * number for number in numbers]

    remembered = RememberedTogether(double, 8, _is_worth_it)
    assert remembered.list_all([1, 2, 1]) == [2, 4, 2]
    assert remembered.list_all([2, 3, 4]) == [4, 6, 8]
    assert remembered.list_all([5]) == [10]
    assert remembered.list_all([1, 5]) == [2, 10]
    assert asked == [[1, 2], [3, 4], [5]]
    assert remembered.list_all([]) == []
    assert remembered.list_all([6, 7, 8, 9]) == [12, 14, 16, 18]
    assert remembered.list_all([2]) == [4]
    assert asked[3:] == [[6, 7, 8, 9], [2]]


def test_of_more_than_it_may_keep_it_keeps_some() -> None:
    asked: list[int] = []

    def tell(numbers: Sequence[int]) -> list[str]:
        asked.extend(numbers)
        return list(map(str, numbers))

    remembered = RememberedTogether(tell, 10, _is_worth_it)
    for _ in range(3):
        assert remembered.list_all(range(100)) == list(map(str, range(100)))
    assert len(asked) >= 3 * 90


def test_another_thread_in_between_takes_nothing_away() -> None:
    def tell(numbers: Sequence[int]) -> list[str]:
        if 9 in numbers:  # as another thread may, while this one finds
            remembered.list_all(range(10, 18))
            remembered.list_all(range(20, 28))
        return list(map(str, numbers))

    remembered = RememberedTogether(tell, 10, _is_worth_it)
    remembered.list_all([1])
    assert remembered.list_all([1, 9]) == ["1", "9"]


def test_keeps_what_is_worth_it() -> None:
    asked: list[int] = []

    def tell(numbers: Sequence[int]) -> list[str]:
        asked.extend(numbers)
        return list(map(str, numbers))

    remembered = RememberedTogether(tell, 10, lambda number: number < 3)
    for _ in range(2):
        assert remembered.list_all([1, 5]) == ["1", "5"]
    assert asked == [1, 5, 5]
