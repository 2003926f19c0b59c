"""The bus between services: publish and consume, with two homes, memory (here) and Kafka (`shared.kafka`)."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Protocol, TypeVar

from shared.events import Record

T = TypeVar("T")
Handle = Callable[[Sequence[Record]], Awaitable[None]]


class Bus(Protocol):
    """What services know of the bus."""

    async def publish(self, records: Sequence[Record]) -> None:
        """Return once `records` cannot get lost any more. Records of one key keep their order.

        Raises `ConnectionError` or the broker's own error when that cannot be promised; publishing again is safe,
        as consumers recognise repeats.
        """

    async def consume(self, group: str, topics: Sequence[str], handle: Handle) -> None:
        """Give batches of `topics` to `handle` until cancelled; each record reaches one member of `group`.

        A batch counts as consumed when `handle` returns. Cancelling waits for the batch in hand.
        """


class _Batch:
    """Records on their way to one group, and the promise that the group has handled them."""

    def __init__(self, records: Sequence[Record]) -> None:
        self.records = records
        self.handled: asyncio.Future[None] = asyncio.get_running_loop().create_future()


class MemoryBus:
    """The bus of one process.

    `publish` returns only when every group has handled the records, so that the outbox row, which is durable,
    stays unpublished until then: a crash loses nothing. It therefore waits until all `groups` are consuming.
    """

    def __init__(self, groups: Sequence[str]) -> None:
        self._expected = frozenset(groups)
        self._queues: dict[str, asyncio.Queue[_Batch]] = {}
        self._topics: dict[str, frozenset[str]] = {}
        self._complete = asyncio.Event()
        if not self._expected:
            self._complete.set()

    async def publish(self, records: Sequence[Record]) -> None:
        """See `Bus.publish`."""
        await self._complete.wait()
        batches = []
        for group, topics in self._topics.items():
            if wanted := [record for record in records if record.topic in topics]:
                batch = _Batch(wanted)
                batches.append(batch)
                self._queues[group].put_nowait(batch)
        await asyncio.gather(*(batch.handled for batch in batches))

    async def consume(self, group: str, topics: Sequence[str], handle: Handle) -> None:
        """See `Bus.consume`. A group has one member in one process."""
        self._topics[group] = frozenset(topics)
        queue = self._queues.setdefault(group, asyncio.Queue())
        if self._expected <= self._queues.keys():
            self._complete.set()
        while True:
            batch = await queue.get()
            await finish(self._handle(batch, handle))

    async def _handle(self, batch: _Batch, handle: Handle) -> None:
        try:
            await handle(batch.records)
        except BaseException as error:
            if not batch.handled.done():
                batch.handled.set_exception(error)
            raise
        if not batch.handled.done():
            batch.handled.set_result(None)


async def finish(work: Awaitable[T]) -> T:
    """Return what `work` returns; when cancelled meanwhile, wait for its end, then let the cancellation go on."""
    task = asyncio.ensure_future(work)
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        await asyncio.wait([task])
        raise
