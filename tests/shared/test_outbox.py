import asyncio
import contextlib
from collections.abc import AsyncIterator, Sequence

import pytest
from sqlalchemy import func, select
from sqlmodel.ext.asyncio.session import AsyncSession

from shared import tracing
from shared.db import Database
from shared.events import Record, UndecodableRecord, decode_event
from shared.metrics import ServiceMetrics
from shared.outbox import OUTBOX, Relay, emit
from tests.infrastructure.waiting import until
from tests.shared.notes import Noted


class BrokenBus:
    """A bus that is away for the first `failures` publishes, and then keeps what it is given."""

    def __init__(self, failures: int = 0) -> None:
        self.failures = failures
        self.published: list[Record] = []

    async def publish(self, records: Sequence[Record]) -> None:
        if self.failures:
            self.failures -= 1
            raise ConnectionError("away")
        self.published.extend(records)

    async def consume(self, group: str, topics: Sequence[str], handle: object) -> None:
        raise NotImplementedError

    def numbers(self) -> list[int]:
        return [decode_event(record, Noted).number for record in self.published]


async def tell(database: Database, *numbers: int) -> None:
    async with database.transaction() as session:
        emit(session, *(Noted(thread="a", number=number) for number in numbers))


async def count_unpublished(database: Database) -> int:
    async with database.reading() as session:
        query = select(func.count()).select_from(OUTBOX).where(OUTBOX.c.published_at.is_(None))
        return int((await (await session.connection()).execute(query)).scalar_one())


async def is_drained(database: Database) -> bool:
    return await count_unpublished(database) == 0


@contextlib.asynccontextmanager
async def relaying(database: Database, bus: BrokenBus) -> AsyncIterator[Relay]:
    relay = Relay(database, bus, ServiceMetrics("notes"), batch=3)
    task = asyncio.create_task(relay.run())
    try:
        yield relay
    finally:
        task.cancel()
        await asyncio.wait([task])


async def test_events_go_out_in_order_and_are_marked(database: Database) -> None:
    bus = BrokenBus()
    await tell(database, *range(10))
    async with relaying(database, bus):
        await until(lambda: len(bus.published) == 10, "ten events")
        await tell(database, 10)
        await until(lambda: len(bus.published) == 11, "one more event")
        await until(lambda: is_drained(database), "all to be marked")
    assert bus.numbers() == list(range(11))


async def test_after_a_full_batch_the_next_one_waits_for_no_round(database: Database) -> None:
    bus = BrokenBus()
    await tell(database, *range(7))
    relay = Relay(database, bus, ServiceMetrics("notes"), batch=3, round_seconds=3600)
    task = asyncio.create_task(relay.run())
    await until(lambda: len(bus.published) == 7, "two full batches and the rest")
    task.cancel()
    await asyncio.wait([task])


async def test_a_rolled_back_transaction_tells_nothing(database: Database) -> None:
    async def fail() -> None:
        async with database.transaction() as session:
            emit(session, Noted(thread="a", number=1))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await fail()
    assert await count_unpublished(database) == 0


async def test_a_savepoint_that_is_rolled_back_takes_along_only_what_was_told_in_it(database: Database) -> None:
    async def fail(session: AsyncSession) -> None:
        async with session.begin_nested():
            emit(session, Noted(thread="a", number=2))
            async with session.begin_nested():
                emit(session, Noted(thread="a", number=3))
            raise ZeroDivisionError

    bus = BrokenBus()
    async with database.transaction() as session:
        emit(session, Noted(thread="a", number=1))
        with pytest.raises(ZeroDivisionError):
            await fail(session)
        async with session.begin_nested():
            emit(session, Noted(thread="a", number=4))
        emit(session, Noted(thread="a", number=5))
    async with relaying(database, bus):
        await until(lambda: is_drained(database), "all to be marked")
    assert bus.numbers() == [1, 4, 5]


async def test_nothing_is_lost_while_the_bus_is_away(database: Database) -> None:
    bus = BrokenBus(failures=1)
    await tell(database, 1, 2)
    async with relaying(database, bus):
        await until(lambda: len(bus.published) == 2, "both events after the outage")
    assert bus.numbers() == [1, 2]


async def test_one_relay_leads_and_the_next_takes_over(database: Database) -> None:
    if database.is_sqlite:
        pytest.skip("SQLite has one instance only")
    second = Database(database.url, service="notes")
    first_bus, second_bus = BrokenBus(), BrokenBus()
    async with relaying(second, second_bus):
        await tell(database, 1)
        await until(lambda: second_bus.numbers() == [1], "the second to lead, being alone")
        async with relaying(database, first_bus):
            await tell(database, 2)
            await until(lambda: second_bus.numbers() == [1, 2], "the leader to go on leading")
            await second.engine.dispose()
            await tell(database, 3)
            await until(lambda: 3 in second_bus.numbers() + first_bus.numbers(), "one of them to lead on")
    async with relaying(database, first_bus):
        await tell(database, 4)
        await until(lambda: 4 in first_bus.numbers(), "the other to take over")
    await second.close()


async def test_published_events_are_purged_by_age(database: Database) -> None:
    bus = BrokenBus()
    await tell(database, 1, 2)
    async with relaying(database, bus) as relay:
        await until(lambda: len(bus.published) == 2, "both events")
        await until(lambda: is_drained(database), "both to be marked")
        assert await relay.purge(days=1) == 0
        assert await relay.purge(days=-1) == 2


def test_a_record_without_a_time_says_so() -> None:
    with pytest.raises(UndecodableRecord, match="ce_time"):
        _ = Record("t", "k", b"{}", {}).occurred_at


async def test_an_event_carries_the_trace_that_it_was_told_in(database: Database) -> None:
    bus = BrokenBus()
    async with relaying(database, bus):
        async with database.transaction() as session:
            with tracing.open_span("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"):
                emit(session, Noted(thread="a", number=1))
        await until(lambda: is_drained(database), "the event to be published")
    assert bus.published[0].headers["traceparent"].split("-")[1] == "0af7651916cd43dd8448eb211c80319c"
