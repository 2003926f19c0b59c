"""What the bus contract (`test_bus.py`) does not see: topics, and batches of one partition."""

import asyncio
import contextlib
from collections.abc import Sequence

import pytest
from aiokafka.errors import KafkaConnectionError, KafkaError

from shared.events import Record
from shared.kafka import KafkaOptions, open_kafka
from tests.infrastructure.kafka.broker import KafkaBroker
from tests.infrastructure.waiting import until

pytestmark = pytest.mark.kafka


async def test_topics_are_made_once_however_many_start_at_once(kafka: KafkaBroker, topic_prefix: str) -> None:
    topics = [f"{topic_prefix}{number}" for number in range(3)]
    async with open_kafka(KafkaOptions(kafka.bootstrap, partitions=2)) as bus:
        await asyncio.gather(*(bus.ensure_topics(topics) for _ in range(4)))
        await bus.ensure_topics(topics)
        await bus.check()


async def test_a_topic_that_the_cluster_refuses_is_an_error(kafka: KafkaBroker, topic_prefix: str) -> None:
    async with open_kafka(KafkaOptions(kafka.bootstrap, replication=9)) as bus:
        with pytest.raises(KafkaError, match=topic_prefix):
            await bus.ensure_topics([f"{topic_prefix}x"])


async def test_where_no_broker_answers_opening_fails() -> None:
    with pytest.raises(KafkaConnectionError):
        async with open_kafka(KafkaOptions("127.0.0.1:1")):
            pytest.fail("nobody is there")


async def test_a_slow_batch_does_not_hold_up_what_comes_later_on_other_partitions(
    kafka: KafkaBroker, topic_prefix: str
) -> None:
    topic, group = f"{topic_prefix}notes", f"{topic_prefix}group"
    in_hand, go_on, taken = asyncio.Event(), asyncio.Event(), []  # type: tuple[asyncio.Event, asyncio.Event, list[str]]

    async def handle(records: Sequence[Record]) -> None:
        if any(record.value == b"slow" for record in records):
            in_hand.set()
            await go_on.wait()
        taken.extend(record.key for record in records)

    async with open_kafka(KafkaOptions(kafka.bootstrap, partitions=12)) as bus:
        await bus.ensure_topics([topic])
        task = asyncio.create_task(bus.consume(group, [topic], handle))
        await bus.publish([Record(topic, "slow", b"slow")])
        await in_hand.wait()
        others = [f"k{number}" for number in range(40)]
        await bus.publish([Record(topic, key, b"quick") for key in others])
        await until(lambda: len(taken) > 20, "those of most other partitions", limit=30)
        assert "slow" not in taken
        go_on.set()
        await until(lambda: len(taken) == 41, "all of them", limit=30)
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


async def test_a_batch_that_outlasts_a_rebalance_lets_its_partitions_go(kafka: KafkaBroker, topic_prefix: str) -> None:
    topic, group = f"{topic_prefix}notes", f"{topic_prefix}group"
    go_on, taken, slow_in_hand = asyncio.Event(), set[str](), list[int]()

    async def handle(records: Sequence[Record]) -> None:
        if any(record.value == b"slow" for record in records):
            slow_in_hand.append(1)
            await go_on.wait()
        taken.update(record.key for record in records)

    async def publish(edition: str) -> set[str]:
        keys = {f"{edition}{number}" for number in range(40)}
        await bus.publish([Record(topic, key, b"quick") for key in keys])
        return keys

    async with open_kafka(KafkaOptions(kafka.bootstrap, partitions=4, hand_over_seconds=0.1)) as bus:
        await bus.ensure_topics([topic])
        first = asyncio.create_task(bus.consume(group, [topic], handle))
        await bus.publish([Record(topic, "slow", b"slow")])
        await until(lambda: len(slow_in_hand) == 1, "the slow one in hand", limit=30)
        second = asyncio.create_task(bus.consume(group, [topic], handle))
        await until(lambda: len(slow_in_hand) == 2, "the slow one in another's hand", limit=30)
        early = await publish("early")
        go_on.set()
        await until(lambda: {"slow"} | early <= taken, "what came before it ended", limit=30)
        late = await publish("late")
        await until(lambda: late <= taken, "what came after it ended", limit=30)
        assert not first.done()
        assert not second.done()
        for task in (first, second):
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task
