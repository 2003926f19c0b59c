"""One contract, two homes."""

import asyncio
import contextlib
from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager

import pytest

from shared.bus import Bus, MemoryBus
from shared.events import Record
from shared.kafka import KafkaOptions, open_kafka
from tests.infrastructure.kafka.broker import KafkaBroker
from tests.infrastructure.waiting import until

Take = Callable[[Sequence[Record]], object]


class Home:
    """A place where the bus lives: `open` gives a bus for the groups that will consume."""

    def __init__(self, prefix: str, bootstrap: str | None) -> None:
        self.topic = f"{prefix}notes.events"
        self.group = f"{prefix}group"
        self._bootstrap = bootstrap

    @asynccontextmanager
    async def open(self, *groups: str) -> AsyncIterator[Bus]:
        if self._bootstrap is None:
            yield MemoryBus(groups)
            return
        async with open_kafka(
            KafkaOptions(self._bootstrap, partitions=3, batch=10, namespace="ns.", instance="one")
        ) as bus:
            await bus.ensure_topics([self.topic])
            yield bus

    def record(self, key: str, number: int) -> Record:
        return Record(self.topic, key, str(number).encode(), {"ce_id": f"{key}{number}", "ce_type": "n.v1"})


@pytest.fixture(params=["memory", pytest.param("kafka", marks=pytest.mark.kafka)])
def home(request: pytest.FixtureRequest, topic_prefix: str) -> Home:
    if request.param == "memory":
        return Home(topic_prefix, None)
    broker: KafkaBroker = request.getfixturevalue("kafka")
    return Home(topic_prefix, broker.bootstrap)


@asynccontextmanager
async def consuming(bus: Bus, group: str, topic: str, take: Take) -> AsyncIterator[None]:
    async def handle(records: Sequence[Record]) -> None:
        result = take(records)
        if asyncio.iscoroutine(result):
            await result

    task = asyncio.create_task(bus.consume(group, [topic], handle))
    try:
        yield
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


async def test_records_of_a_key_arrive_in_order_with_their_attributes(home: Home) -> None:
    taken: list[Record] = []
    sent = [home.record(f"k{number % 4}", number) for number in range(40)]
    async with home.open(home.group) as bus, consuming(bus, home.group, home.topic, taken.extend):
        for start in range(0, 40, 7):
            await bus.publish(sent[start : start + 7])
        await until(lambda: len(taken) == 40, "forty records", limit=30)
    by_key: dict[str, list[int]] = defaultdict(list)
    for record in taken:
        by_key[record.key].append(int(record.value))
    assert all(numbers == sorted(numbers) for numbers in by_key.values())
    assert {r.event_id: r for r in taken} == {r.event_id: r for r in sent}


async def test_every_group_gets_every_record(home: Home) -> None:
    groups = {f"{home.group}{n}": [] for n in range(2)}  # type: dict[str, list[Record]]
    async with home.open(*groups) as bus, contextlib.AsyncExitStack() as stack:
        for group, taken in groups.items():
            await stack.enter_async_context(consuming(bus, group, home.topic, taken.extend))
        await bus.publish([home.record("a", 1)])
        await until(lambda: all(len(taken) == 1 for taken in groups.values()), "one record in each group", limit=30)


async def test_other_topics_are_not_seen(home: Home) -> None:
    taken: list[Record] = []
    other = Record(f"{home.topic}.other", "a", b"1")
    async with home.open(home.group) as bus, consuming(bus, home.group, home.topic, taken.extend):
        await bus.publish([other, home.record("a", 2)])
        await until(lambda: taken, "the record of our topic", limit=30)
    assert [record.value for record in taken] == [b"2"]


async def test_a_batch_whose_handling_did_not_end_comes_again(home: Home) -> None:
    taken: list[bytes] = []

    def break_down(_records: Sequence[Record]) -> None:
        raise RuntimeError("crash in the middle")

    async with home.open(home.group) as bus:
        with contextlib.suppress(RuntimeError):
            async with consuming(bus, home.group, home.topic, break_down):
                with contextlib.suppress(RuntimeError):
                    await asyncio.wait_for(bus.publish([home.record("a", 1)]), 10)
                await asyncio.sleep(0)
    async with (
        home.open(home.group) as bus,
        consuming(bus, home.group, home.topic, lambda records: taken.extend(r.value for r in records)),
    ):
        if isinstance(bus, MemoryBus):
            # In memory the publisher heard of the failure and publishes again; Kafka kept the record.
            await bus.publish([home.record("a", 1)])
        await until(lambda: taken == [b"1"], "the record once more", limit=30)


async def test_cancelling_waits_for_the_batch_in_hand(home: Home) -> None:
    begun, done = asyncio.Event(), asyncio.Event()
    go_on = asyncio.Event()

    async def work(_records: Sequence[Record]) -> None:
        begun.set()
        await go_on.wait()
        done.set()

    async with home.open(home.group) as bus:
        task = asyncio.create_task(bus.consume(home.group, [home.topic], work))
        publish = asyncio.create_task(bus.publish([home.record("a", 1)]))
        await asyncio.wait_for(begun.wait(), 30)
        task.cancel()
        go_on.set()
        with contextlib.suppress(asyncio.CancelledError):
            await task
        await publish
    assert done.is_set()


async def test_memory_publish_waits_until_all_groups_are_there() -> None:
    bus = MemoryBus(["a", "b"])
    taken: list[Record] = []
    publish = asyncio.create_task(bus.publish([Record("t", "k", b"1")]))
    async with consuming(bus, "a", "t", taken.extend):
        await asyncio.sleep(0)
        assert not publish.done()
        async with consuming(bus, "b", "t", taken.extend):
            await asyncio.wait_for(publish, 5)
    assert len(taken) == 2
