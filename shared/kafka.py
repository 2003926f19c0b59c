"""The bus over Kafka: idempotent producer, one consumer per service instance, batches over all its partitions."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass

import structlog
from aiokafka import (
    AIOKafkaConsumer,
    AIOKafkaProducer,
    ConsumerRebalanceListener,
    ConsumerRecord,
    TopicPartition,
)
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import CommitFailedError, IllegalStateError, NoError, TopicAlreadyExistsError, for_code

from shared.bus import Handle
from shared.events import Record
from shared.rounds import Rounds

_log = structlog.get_logger()
_POLL_MILLISECONDS = 200
# The library's 16 KB hold a handful of events: a round of them would go in many requests, one after the other.
_BATCH_OCTETS = 256 * 1024
_HEADER_LIMIT = 50
_HANDS = 2
_LONG_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class KafkaOptions:
    """Where the cluster is, how our topics are made, and who we are in it.

    `namespace` begins the names of topics and groups, so that installations can share a cluster. An `instance` that
    comes back under its name within the session takes its partitions back without a rebalance. Batches are fetched at
    least `round_seconds` apart. What is in hand when partitions go to another instance has `hand_over_seconds` to end.
    """

    bootstrap_servers: str
    partitions: int = 12
    replication: int = 1
    batch: int = 200
    namespace: str = ""
    instance: str = ""
    round_seconds: float = 0.0
    hand_over_seconds: float = 30.0


class KafkaBus:
    """See `shared.bus.Bus`. Open it with `open_kafka`."""

    def __init__(self, producer: AIOKafkaProducer, options: KafkaOptions) -> None:
        self._producer = producer
        self._options = options

    async def publish(self, records: Sequence[Record]) -> None:
        """See `Bus.publish`: returns when all in-sync replicas have the records."""
        sent = [
            await self._producer.send(
                self._options.namespace + record.topic,
                value=record.value,
                key=record.key.encode(),
                headers=[(name, value.encode()) for name, value in record.headers.items()],
            )
            for record in records
        ]
        await asyncio.gather(*sent)

    async def consume(self, group: str, topics: Sequence[str], handle: Handle) -> None:
        """See `Bus.consume`: partitions are paused while a batch of their records is in hand, the others go on."""
        consumer = AIOKafkaConsumer(
            bootstrap_servers=self._options.bootstrap_servers,
            group_id=f"{self._options.namespace}tramite.{group}",
            group_instance_id=f"{group}.{self._options.instance}" if self._options.instance else None,
            enable_auto_commit=False,
            auto_offset_reset="earliest",
            session_timeout_ms=10_000,
            heartbeat_interval_ms=2_000,
            max_poll_interval_ms=600_000,
            max_partition_fetch_bytes=8 * 1024 * 1024,
        )
        hands = _Hands(consumer, handle, len(self._options.namespace), self._options.hand_over_seconds)
        consumer.subscribe([self._options.namespace + topic for topic in topics], listener=hands)
        try:
            await consumer.start()
            await hands.work(self._options.batch, Rounds(self._options.round_seconds))
        finally:
            await hands.finish_all()
            await consumer.stop()

    async def ensure_topics(self, topics: Sequence[str]) -> None:
        """Create the topics that are missing. Raises `aiokafka.errors.KafkaError` where the cluster refuses."""
        async with _open_admin(self._options) as admin:
            missing = {self._options.namespace + topic for topic in topics} - set(await admin.list_topics())
            wanted = [NewTopic(name, self._options.partitions, self._options.replication) for name in sorted(missing)]
            answer = await admin.create_topics(wanted) if wanted else None
        for name, code, *_ in answer.topic_errors if answer else ():
            error = for_code(code)
            if error not in {NoError, TopicAlreadyExistsError}:
                raise error(f"topic {name} could not be made")

    async def check(self) -> None:
        """Raise if no broker answers."""
        await self._producer.client.fetch_all_metadata()


class _Hands(ConsumerRebalanceListener):  # type: ignore[misc]  # the library has no types
    """The batches in hand, each of all that was there to fetch, whatever the partition."""

    def __init__(self, consumer: AIOKafkaConsumer, handle: Handle, prefix: int, hand_over_seconds: float) -> None:
        self._consumer = consumer
        self._prefix = prefix
        self._handle = handle
        self._hand_over_seconds = hand_over_seconds
        self._tasks: dict[asyncio.Task[None], set[TopicPartition]] = {}

    async def work(self, batch: int, rounds: Rounds) -> None:
        """Fetch and hand out until cancelled; raises what a handler raised."""
        while True:
            await rounds.wait()
            fetched = await self._consumer.getmany(timeout_ms=_POLL_MILLISECONDS, max_records=batch)
            if fetched:
                # After a full batch there is more: it need not gather first.
                if sum(map(len, fetched.values())) < batch:
                    rounds.begin()
                self._consumer.pause(*fetched)
                held = set(fetched)
                self._tasks[asyncio.create_task(self._handle_batch(fetched, held))] = held
            # What arrives while hands are full makes a larger batch. One that takes long keeps nobody else waiting.
            if len(self._tasks) >= _HANDS:
                await asyncio.wait(self._tasks, timeout=_LONG_SECONDS, return_when=asyncio.FIRST_COMPLETED)
            for task in [task for task in self._tasks if task.done()]:
                del self._tasks[task]
                task.result()

    async def finish_all(self) -> None:
        """Wait for every batch in hand."""
        if self._tasks:
            await asyncio.wait(self._tasks)

    async def on_partitions_revoked(self, revoked: set[TopicPartition]) -> None:
        """Finish what is in hand before another instance takes over; what takes longer lets its partitions go."""
        if tasks := [task for task, held in self._tasks.items() if not revoked.isdisjoint(held)]:
            await asyncio.wait(tasks, timeout=self._hand_over_seconds)
        for held in self._tasks.values():
            held.difference_update(revoked)

    async def on_partitions_assigned(self, assigned: set[TopicPartition]) -> None:
        """Nothing to prepare: committed offsets are fetched by the consumer."""

    async def _handle_batch(
        self, fetched: Mapping[TopicPartition, Sequence[ConsumerRecord]], held: set[TopicPartition]
    ) -> None:
        """Handle what was fetched. `held` is what of it is still in our hands: another batch may have taken over."""
        await self._handle([_to_record(message, self._prefix) for messages in fetched.values() for message in messages])
        kept = held & self._consumer.assignment()
        try:
            if kept:
                await self._consumer.commit({partition: fetched[partition][-1].offset + 1 for partition in kept})
        except (CommitFailedError, IllegalStateError):
            # Partitions went to another instance; it will see repeats and know them by their ids.
            _log.info("kafka.commit_skipped", partitions=len(kept))
        # Who has lost its partition does not resume it.
        if still := held & self._consumer.assignment():
            self._consumer.resume(*still)


@asynccontextmanager
async def open_kafka(options: KafkaOptions) -> AsyncIterator[KafkaBus]:
    """Connect a bus; raises `aiokafka.errors.KafkaError` if no broker answers."""
    producer = AIOKafkaProducer(
        bootstrap_servers=options.bootstrap_servers,
        acks="all",
        enable_idempotence=True,
        linger_ms=2,
        max_batch_size=_BATCH_OCTETS,
        max_request_size=4 * 1024 * 1024,
    )
    try:
        await producer.start()
        yield KafkaBus(producer, options)
    finally:
        await producer.stop()


@asynccontextmanager
async def _open_admin(options: KafkaOptions) -> AsyncIterator[AIOKafkaAdminClient]:
    admin = AIOKafkaAdminClient(bootstrap_servers=options.bootstrap_servers)
    try:
        await admin.start()
        yield admin
    finally:
        await admin.close()


def _to_record(message: ConsumerRecord, prefix: int) -> Record:
    headers = message.headers[:_HEADER_LIMIT]
    return Record(
        topic=message.topic[prefix:],
        key=(message.key or b"").decode(errors="replace"),
        value=message.value or b"",
        headers={name: value.decode(errors="replace") for name, value in headers if value is not None},
    )
