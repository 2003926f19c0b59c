import itertools
import time

import pytest

from tests.infrastructure.waiting import NeverHappenedError, until, until_blocking


async def test_answer_comes_back_as_soon_as_it_is_true() -> None:
    answers = iter([0, "", None, "there"])
    assert await until(lambda: next(answers), "a word") == "there"


async def test_condition_may_be_async() -> None:
    numbers = itertools.count()

    async def third() -> bool:
        return next(numbers) == 2

    assert await until(third, "the third time")


async def test_message_names_what_never_came_and_the_last_answer() -> None:
    with pytest.raises(NeverHappenedError, match=r"waited 0\.05 s for a mail; the last answer was \[\]"):
        await until(list, "a mail", limit=0.05)


def test_blocking_form_is_bounded() -> None:
    start = time.monotonic()
    with pytest.raises(NeverHappenedError, match="waited 0"):
        until_blocking(lambda: False, "the end of days", limit=0.05)
    assert time.monotonic() - start < 5


def test_blocking_form_asks_at_least_once() -> None:
    assert until_blocking(lambda: "there", "a word", limit=0) == "there"
