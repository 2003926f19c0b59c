"""Many small pieces of work in few transactions: what comes while one runs goes together into the next."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Generic, TypeVar

from sqlmodel.ext.asyncio.session import AsyncSession

from shared.bus import finish
from shared.db import is_outage

T = TypeVar("T")
R = TypeVar("R")

Open = Callable[[], AbstractAsyncContextManager[AsyncSession]]
Work = Callable[[AsyncSession, Sequence[T]], Awaitable[Sequence[R]]]
# What comes from several at the same time comes again from several.
_GATHER_SECONDS = 0.002
_Item = tuple[T, asyncio.Future[R]]


class Batches(Generic[T, R]):
    """Gives items to `work`, as many at once as came meanwhile, each batch in a session of its own from `open_session`.

    `work` answers one result for each item, in order. The session is a transaction, or for reading only.
    """

    def __init__(self, open_session: Open, work: Work[T, R], *, largest: int = 100) -> None:
        self._open = open_session
        self._work = work
        self._largest = largest
        self._waiting: asyncio.Queue[_Item[T, R]] = asyncio.Queue()

    async def submit(self, item: T) -> R:
        """Return the result for `item` once its session has ended well; raises what kept it from that.

        Whoever stops waiting does not know: the work may be done all the same.
        """
        result: asyncio.Future[R] = asyncio.get_running_loop().create_future()
        self._waiting.put_nowait((item, result))
        return await result

    async def run(self) -> None:
        """Work until cancelled; the batch in hand is done to its end."""
        size = 0
        while True:
            first = await self._waiting.get()
            size = await finish(self._gather(first, _GATHER_SECONDS if size > 1 else 0))

    async def _gather(self, first: _Item[T, R], seconds: float) -> int:
        """Do `first` together with whatever else comes in within `seconds`; return how many that were."""
        await asyncio.sleep(seconds)
        batch = [first]
        while not self._waiting.empty() and len(batch) < self._largest:
            batch.append(self._waiting.get_nowait())
        await self._finish(batch)
        return len(batch)

    async def _finish(self, batch: Sequence[_Item[T, R]]) -> None:
        """Do a batch; when one item spoils it, each goes by itself, so that it spoils nobody else's."""
        try:
            async with self._open() as session:
                results = await self._work(session, [item for item, _ in batch])
        except Exception as error:  # noqa: BLE001 - it is handed to those who wait for it
            if len(batch) > 1 and not is_outage(error):
                for single in batch:
                    await self._finish([single])
                return
            for _, result in batch:
                if not result.done():
                    result.set_exception(error)
            return
        for (_, result), value in zip(batch, results, strict=True):
            if not result.done():
                result.set_result(value)
