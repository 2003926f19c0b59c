"""Many small writes in few transactions: what comes while one commit runs goes together into the next."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Generic, TypeVar

from sqlmodel.ext.asyncio.session import AsyncSession

from shared.db import Database, is_outage

T = TypeVar("T")
R = TypeVar("R")

Write = Callable[[AsyncSession, Sequence[T]], Awaitable[Sequence[R]]]
_Item = tuple[T, asyncio.Future[R]]


class GroupCommit(Generic[T, R]):
    """Gives items to `write`, as many at once as came meanwhile; `write` answers one result for each, in order."""

    def __init__(self, database: Database, write: Write[T, R], *, largest: int = 100) -> None:
        self._database = database
        self._write = write
        self._largest = largest
        self._waiting: asyncio.Queue[_Item[T, R]] = asyncio.Queue()

    async def submit(self, item: T) -> R:
        """Return the result for `item` once it is committed; raises what kept it from that.

        Whoever stops waiting does not know: the item may be committed all the same.
        """
        result: asyncio.Future[R] = asyncio.get_running_loop().create_future()
        self._waiting.put_nowait((item, result))
        return await result

    async def run(self) -> None:
        """Write until cancelled; what was submitted before is written to its end."""
        while True:
            batch = [await self._waiting.get()]
            while not self._waiting.empty() and len(batch) < self._largest:
                batch.append(self._waiting.get_nowait())
            try:
                await self._commit(batch)
            except asyncio.CancelledError:
                for _, result in batch:
                    result.cancel()
                raise

    async def _commit(self, batch: Sequence[_Item[T, R]]) -> None:
        """Commit a batch; when one item spoils it, each goes by itself, so that it spoils nobody else's."""
        try:
            async with self._database.transaction() as session:
                results = await self._write(session, [item for item, _ in batch])
        except Exception as error:  # noqa: BLE001 - it is handed to those who wait for it
            if len(batch) > 1 and not is_outage(error):
                for single in batch:
                    await self._commit([single])
                return
            for _, result in batch:
                if not result.done():
                    result.set_exception(error)
            return
        for (_, result), value in zip(batch, results, strict=True):
            if not result.done():
                result.set_result(value)
