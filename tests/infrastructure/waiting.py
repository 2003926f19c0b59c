"""Waiting for a condition: bounded in time, asked often, and when it never comes the message says for what."""

import asyncio
import inspect
import time
from collections.abc import Awaitable, Callable, Iterator
from typing import TypeVar, overload

T = TypeVar("T")

FIRST_PAUSE_SECONDS = 0.002
LONGEST_PAUSE_SECONDS = 0.05


class NeverHappenedError(AssertionError):
    """A condition did not come true in the time that the test gave it."""

    def __init__(self, what: str, limit: float, last: object) -> None:
        super().__init__(f"waited {limit:g} s for {what}; the last answer was {last!r}")


def _pauses(limit: float) -> Iterator[float]:
    """Yield growing pauses in seconds until `limit` seconds have gone by."""
    end = time.monotonic() + limit
    pause = FIRST_PAUSE_SECONDS
    while (left := end - time.monotonic()) > 0:
        yield min(pause, left)
        pause = min(pause * 2, LONGEST_PAUSE_SECONDS)


@overload
async def until(condition: Callable[[], Awaitable[T]], what: str, *, limit: float = 10.0) -> T: ...
@overload
async def until(condition: Callable[[], T], what: str, *, limit: float = 10.0) -> T: ...
async def until(condition: Callable[[], T | Awaitable[T]], what: str, *, limit: float = 10.0) -> T:
    """Ask `condition` (plain or async) until its answer is true in Python's sense, and give that answer back.

    It is asked at least once, then at pauses from 2 to 50 ms. After `limit` seconds: `NeverHappenedError`, which
    names `what` and the last answer.
    """
    answer = condition()
    last = await answer if inspect.isawaitable(answer) else answer
    for pause in _pauses(limit):
        if last:
            return last
        await asyncio.sleep(pause)
        answer = condition()
        last = await answer if inspect.isawaitable(answer) else answer
    if last:
        return last
    raise NeverHappenedError(what, limit, last)


def until_blocking(condition: Callable[[], T], what: str, *, limit: float = 10.0) -> T:
    """Do what `until` does where no event loop runs."""
    last = condition()
    for pause in _pauses(limit):
        if last:
            return last
        time.sleep(pause)
        last = condition()
    if last:
        return last
    raise NeverHappenedError(what, limit, last)
