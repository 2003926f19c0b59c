"""The hub: who hears what, in which order, and what a slow or late listener gets."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import uuid4

import pytest

from services.gateway.live import store
from services.gateway.live.domain import Audience, ChangeType, News
from services.gateway.live.errors import TooManyStreams
from services.gateway.live.hub import Hub, Listener
from services.gateway.live.models import Change
from services.gateway.metrics import GatewayMetrics
from shared.db import Database
from tests.infrastructure.postgres import PostgresServer
from tests.services.migrated import open_migrated

pytestmark = pytest.mark.req("R-INBOX-7")
SELLER, BUYER, OPERATOR = Audience(seller_id="s"), Audience(buyer_id="b"), Audience()


def news(order_id: str = "o", **parties: str) -> News:
    return News(type=ChangeType.ORDER_CHANGED, at=datetime.now(UTC), order_id=order_id, **parties)  # type: ignore[arg-type]  # the two ids only


@asynccontextmanager
async def started(database: Database, per_caller: int = 5) -> AsyncIterator[Hub]:
    hub = Hub(database, GatewayMetrics(), per_caller)
    task = asyncio.create_task(hub.run())
    try:
        yield hub
    finally:
        task.cancel()
        await asyncio.wait([task])


@pytest.fixture
async def database(server: PostgresServer | None, tmp_path: Path) -> AsyncIterator[Database]:
    async with open_migrated("gateway", server, tmp_path) as opened:
        yield opened


async def tell(database: Database, hub: Hub, *items: News) -> None:
    async with database.transaction() as session:
        hub.announce(session, *items)


async def take(stream: AsyncIterator[Change | None], count: int) -> list[str | None]:
    """Return the order ids of the next `count` changes, heartbeats left out."""
    found: list[str | None] = []
    async with asyncio.timeout(10):
        async for change in stream:
            if change is not None:
                found.append(change.order_id)
            if len(found) == count:
                return found
    return found


async def begin(stream: AsyncIterator[Change | None]) -> None:
    """Wait until a stream listens: it says so by a first heartbeat."""
    assert await anext(stream) is None


async def test_each_hears_their_own_and_operators_everything(database: Database) -> None:
    async with started(database) as hub:
        streams = [hub.listen(audience, None, 60) for audience in (SELLER, BUYER, OPERATOR)]
        for stream in streams:
            await begin(stream)
        await tell(database, hub, news("1", seller_id="s"), news("2", buyer_id="b"), news("3", seller_id="other"))
        await tell(database, hub, news("4", seller_id="s", buyer_id="b"))
        assert await take(streams[0], 2) == ["1", "4"]
        assert await take(streams[1], 2) == ["2", "4"]
        assert await take(streams[2], 4) == ["1", "2", "3", "4"]
        for stream in streams:
            await stream.aclose()


async def test_another_instance_s_changes_are_heard(database: Database) -> None:
    async with started(database) as here, started(database) as there, aclosing(here.listen(SELLER, None, 60)) as stream:
        await begin(stream)
        await tell(database, there, news("1", seller_id="s"))
        assert await take(stream, 1) == ["1"]


async def test_a_listener_that_comes_back_misses_nothing(database: Database) -> None:
    async with started(database) as hub:
        await tell(database, hub, *(news(str(number), seller_id="s") for number in range(1200)))
        async with aclosing(hub.listen(SELLER, 2, 60)) as stream:
            await begin(stream)
            await tell(database, hub, news("live", seller_id="s"))
            assert await take(stream, 1199) == [*map(str, range(2, 1200)), "live"]


async def test_a_place_beyond_the_end_is_the_end(database: Database) -> None:
    async with started(database) as hub, aclosing(hub.listen(SELLER, 10**17, 60)) as stream:
        await begin(stream)
        await tell(database, hub, news("1", seller_id="s"))
        assert await take(stream, 1) == ["1"]


async def test_what_is_rolled_back_was_never_told(database: Database) -> None:
    async with started(database) as hub, aclosing(hub.listen(SELLER, None, 60)) as stream:
        await begin(stream)
        with contextlib.suppress(RuntimeError):
            async with database.transaction() as session:
                hub.announce(session, news("never", seller_id="s"))
                raise RuntimeError
        async with database.transaction() as session:
            hub.announce(session, news("before", seller_id="s"))
            with contextlib.suppress(RuntimeError):
                async with session.begin_nested():
                    hub.announce(session, news("inside", seller_id="s"))
                    raise RuntimeError
            async with session.begin_nested():
                hub.announce(session, news("kept", seller_id="s"))
        assert await take(stream, 2) == ["before", "kept"]


async def test_silence_is_filled_with_heartbeats(database: Database) -> None:
    async with started(database) as hub, aclosing(hub.listen(SELLER, None, 0.01)) as stream:
        for _ in range(3):
            assert await anext(stream) is None


async def test_a_stream_ends_when_the_service_stops(database: Database) -> None:
    async with started(database) as hub, aclosing(hub.listen(SELLER, None, 60)) as stream:
        await begin(stream)
        waiting = asyncio.create_task(take(stream, 1))
        await asyncio.sleep(0)
        hub.stopping.set()
        async with asyncio.timeout(2):
            assert await waiting == []


async def test_a_reader_that_does_not_keep_up_is_let_go(database: Database) -> None:
    async with started(database) as hub, aclosing(hub.listen(SELLER, None, 60)) as stream:
        await begin(stream)
        async with aclosing(hub.listen(OPERATOR, None, 60)) as follower:
            await begin(follower)
            for _ in range(3):
                await tell(database, hub, *(news(str(number), seller_id="s") for number in range(400)))
                assert len(await take(follower, 400)) == 400
        async with asyncio.timeout(10):
            assert [change async for change in stream] == []


def test_a_queue_that_overflowed_before_its_beginning_lost_nothing() -> None:
    listener = Listener(SELLER)
    for seq in range(1, 1501):
        listener.offer(Change(seq=seq, type=ChangeType.ORDER_CHANGED, at=datetime.now(UTC), seller_id="s"))
    assert listener.overrun
    listener.start_after(1500)
    assert (listener.overrun, listener.queue.qsize()) == (False, 0)
    for seq in range(1501, 2502):
        listener.offer(Change(seq=seq, type=ChangeType.ORDER_CHANGED, at=datetime.now(UTC), seller_id="s"))
    assert (listener.overrun, listener.queue.qsize()) == (True, 1000)


async def test_a_caller_has_so_many_streams_and_no_more(database: Database) -> None:
    async with started(database, per_caller=2) as hub:
        streams = [hub.listen(SELLER, None, 60) for _ in range(2)]
        for stream in streams:
            await begin(stream)
        with pytest.raises(TooManyStreams):
            hub.require_place(SELLER)
        with pytest.raises(TooManyStreams):
            await anext(hub.listen(SELLER, None, 60))
        hub.require_place(Audience(seller_id="other"))
        await streams[0].aclose()
        hub.require_place(SELLER)
        await streams[1].aclose()


async def test_a_watcher_is_woken_by_its_message_only(database: Database) -> None:
    mine, other = uuid4(), uuid4()
    async with started(database) as hub:
        with hub.watch(mine) as touched:
            async with aclosing(hub.listen(OPERATOR, None, 60)) as stream:
                await begin(stream)
                for message_id, woken in ((mine, True), (other, False)):
                    changed = News(type=ChangeType.MESSAGE_APPROVED, at=datetime.now(UTC), message_id=message_id)
                    await tell(database, hub, changed)
                    await take(stream, 1)
                    assert touched.is_set() is woken
                    touched.clear()


async def test_whoever_waited_before_the_hub_began_looks_again(database: Database) -> None:
    hub = Hub(database, GatewayMetrics(), 1)
    message_id = uuid4()
    with hub.watch(message_id) as touched:
        await tell(database, hub, News(type=ChangeType.MESSAGE_APPROVED, at=datetime.now(UTC), message_id=message_id))
        task = asyncio.create_task(hub.run())
        assert await hub.wait_touched(touched, asyncio.get_running_loop().time() + 10)
        task.cancel()
        await asyncio.wait([task])


async def test_numbers_grow_in_the_order_of_commits(database: Database) -> None:
    """A reader that follows by number misses none of what concurrent writers commit."""
    hub = Hub(database, GatewayMetrics(), 1)
    seen: list[int] = []

    async def follow() -> None:
        while len(seen) < 200:
            async with database.reading() as session:
                changes = await store.list_changes(session, seen[-1] if seen else 0, 50)
            seen.extend(change.seq or 0 for change in changes)

    async def write() -> None:
        for _ in range(20):
            await tell(database, hub, news(), news())

    async with asyncio.timeout(60):
        await asyncio.gather(follow(), *(write() for _ in range(5)))
    async with database.reading() as session:
        everything = [change.seq for change in await store.list_changes(session, 0, 1000)]
    assert seen == everything
    assert len(everything) == 200


async def test_a_stream_opened_before_the_hub_runs_misses_nothing(database: Database) -> None:
    hub = Hub(database, GatewayMetrics(), 1)
    stream = hub.listen(SELLER, None, 60)
    beginning = asyncio.create_task(begin(stream))
    await asyncio.sleep(0)
    running = asyncio.create_task(hub.run())
    await beginning
    await tell(database, hub, news("1", seller_id="s"))
    assert await take(stream, 1) == ["1"]
    await stream.aclose()
    running.cancel()
    await asyncio.wait([running])


async def test_old_changes_are_forgotten(database: Database) -> None:
    hub = Hub(database, GatewayMetrics(), 1)
    old = News(type=ChangeType.ORDER_CHANGED, at=datetime.now(UTC) - timedelta(days=31), order_id="old")
    await tell(database, hub, old, news("new"))
    async with database.transaction() as session:
        assert await store.delete_changes(session, datetime.now(UTC) - timedelta(days=30)) == 1
    async with database.reading() as session:
        assert [change.order_id for change in await store.list_changes(session, 0, 10)] == ["new"]
