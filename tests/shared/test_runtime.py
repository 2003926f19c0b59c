import asyncio
import os
import signal
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

import httpx2
import pytest
from fastapi import FastAPI
from sqlalchemy import insert, select

from shared import inbox
from shared.bus import MemoryBus
from shared.consumer import Consumer
from shared.db import Database
from shared.http import create_http_app
from shared.kafka import KafkaBus
from shared.metrics import ServiceMetrics
from shared.misconfiguration import MisconfiguredError
from shared.outbox import OUTBOX, emit
from shared.runtime import Service, check_bus, open_bus, purge_hourly, serve, supervise
from shared.settings import SharedSettings
from tests.infrastructure.kafka.broker import KafkaBroker
from tests.infrastructure.process import free_port
from tests.infrastructure.waiting import until
from tests.shared.notes import Noted, Troubles, list_numbers, on_noted


def build(database: Database, bus: MemoryBus, troubles: Troubles, **settings: object) -> Service:
    chosen = SharedSettings.model_validate({"consumer_backoff_seconds": 0.001, "consumer_attempts": 2, **settings})
    metrics = ServiceMetrics("notes")
    consumer = Consumer(database, {Noted: on_noted}, troubles, metrics, chosen.patience())
    return Service("notes", chosen, database, bus, metrics, consumer)


async def tell(database: Database, *numbers: int) -> None:
    async with database.transaction() as session:
        emit(session, *(Noted(thread=str(number), number=number) for number in numbers))


def has(database: Database, *numbers: int) -> Callable[[], object]:
    async def check() -> bool:
        return await list_numbers(database) == list(numbers)

    return check


async def test_a_running_service_relays_consumes_and_does_its_own_work(database: Database) -> None:
    worked = asyncio.Event()

    async def work() -> None:
        worked.set()
        await asyncio.Event().wait()

    service = build(database, MemoryBus(["notes"]), Troubles())
    async with service.running({"work": work}):
        await tell(database, 1, 2)
        await until(has(database, 1, 2), "both events to be handled")
        await asyncio.wait_for(worked.wait(), 5)


async def test_a_running_service_forgets_old_events(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shared.runtime._FIRST_PURGE_SECONDS", 0)
    now = datetime.now(UTC)

    def published(key: str, days: int) -> dict[str, object]:
        at = now - timedelta(days=days)
        return {"topic": "t", "key": key, "value": b"", "headers": {}, "inserted_at": at, "published_at": at}

    async with database.transaction() as session:
        connection = await session.connection()
        await connection.execute(insert(OUTBOX), [published("old", 11), published("young", 9)])
        received = [
            {"event_id": key, "received_at": now - timedelta(days=d)} for key, d in (("old", 21), ("young", 19))
        ]
        await connection.execute(insert(inbox.INBOX), received)

    async def is_done() -> bool:
        async with database.reading() as session:
            connection = await session.connection()
            queries = select(OUTBOX.c.key), select(inbox.INBOX.c.event_id)
            return [(await connection.execute(query)).scalars().all() for query in queries] == [["young"], ["young"]]

    async with build(database, MemoryBus(["notes"]), Troubles(), retention_days=10).running():
        await until(is_done, "what is old to go")


async def test_purging_goes_on_as_long_as_there_is_more(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shared.runtime._FIRST_PURGE_SECONDS", 0)
    left = 3

    async def purge() -> bool:
        nonlocal left
        left -= 1
        return left > 0

    task = asyncio.create_task(purge_hourly(purge))
    await until(lambda: left == 0, "all to be forgotten")
    assert not task.done()
    task.cancel()


async def test_a_dead_letter_is_tried_again_without_a_restart(database: Database) -> None:
    troubles = Troubles()
    troubles.fail(1, times=3)

    async def is_dead() -> bool:
        async with database.reading() as session:
            return await inbox.count_dead(session) == 1

    async with build(database, MemoryBus(["notes"]), troubles).running():
        await tell(database, 1)
        await until(is_dead, "the event to die")
        async with database.transaction() as session:
            await inbox.request_retry(session, None)
        await until(has(database, 1), "the event to be handled after all")


async def test_after_too_many_dead_letters_the_service_stays_up_and_says_so(database: Database) -> None:
    troubles = Troubles()
    for number in range(3):
        troubles.fail(number)
    service = build(database, MemoryBus(["notes"]), troubles, dead_letters_in_a_row=2, shutdown_seconds=1)

    def stopped() -> bool:
        return service.metrics.registry.get_sample_value("tramite_consumer_stopped", {"service": "notes"}) == 1

    async with service.running():
        await tell(database, 0, 1, 2)
        await until(stopped, "the consumer to stop")


async def test_work_that_fails_or_ends_begins_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("shared.runtime._RESTART_SECONDS", 0)
    runs = 0

    async def work() -> None:
        nonlocal runs
        runs += 1
        if runs % 2:
            raise RuntimeError("out of order")

    task = asyncio.create_task(supervise("work", work))
    await until(lambda: runs > 4, "it to be started again and again")
    task.cancel()
    await asyncio.wait([task])
    assert task.cancelled()


async def test_the_bus_is_chosen_by_its_url() -> None:
    async with open_bus(SharedSettings(bus_url="memory://"), [], []) as bus:
        assert isinstance(bus, MemoryBus)
        await check_bus(bus)


@pytest.mark.parametrize("url", ["", "kafka://", "amqp://host", "kafka"])
async def test_other_buses_are_refused_by_the_variables_name(url: str) -> None:
    with pytest.raises(MisconfiguredError, match="TRAMITE_BUS_URL"):
        async with open_bus(SharedSettings(bus_url=url), [], []):
            pytest.fail("there is no such bus")


@pytest.mark.kafka
async def test_a_kafka_url_opens_kafka_with_its_topics(kafka: KafkaBroker, topic_prefix: str) -> None:
    settings = SharedSettings(bus_url=f"kafka://{kafka.bootstrap}", bus_partitions=2)
    async with open_bus(settings, ["notes"], [f"{topic_prefix}x"]) as bus:
        assert isinstance(bus, KafkaBus)
        await check_bus(bus)


class Site:
    """An app that can be served, and what its lifespan has seen."""

    def __init__(self, name: str, port: int, *, broken: bool = False) -> None:
        self.name, self.port, self.broken = name, port, broken
        self.seen: list[str] = []
        self.app = create_http_app(
            title=name, description="", metrics=ServiceMetrics(name), lifespan=self._lifespan, checks={}
        )
        self.app.get("/wait")(self._wait)

    @asynccontextmanager
    async def _lifespan(self, _app: FastAPI) -> AsyncIterator[None]:
        if self.broken:
            raise RuntimeError("out of order")
        self.seen.append("started")
        yield
        self.seen.append("stopped")

    async def _wait(self) -> str:
        self.seen.append("asked")
        await self.app.state.stopping.wait()
        return "answered"

    @property
    def door(self) -> tuple[FastAPI, str, int]:
        return (self.app, "127.0.0.1", self.port)

    async def get(self, path: str) -> httpx2.Response:
        async with httpx2.AsyncClient(base_url=f"http://127.0.0.1:{self.port}") as client:
            return await client.get(path)


async def test_several_are_served_until_a_signal_and_finish_what_they_took() -> None:
    sites = [Site(name, free_port()) for name in ("one", "two")]
    up = asyncio.Event()

    async def started() -> None:
        up.set()
        raise RuntimeError("what follows the start does not matter to those who serve")

    serving = asyncio.create_task(serve([site.door for site in sites], started=started))
    await asyncio.wait_for(up.wait(), 20)
    assert [(await site.get("/health/live")).status_code for site in sites] == [200, 200]
    asking = asyncio.create_task(sites[0].get("/wait"))
    await until(lambda: "asked" in sites[0].seen, "the request to be taken")
    os.kill(os.getpid(), signal.SIGTERM)
    await asyncio.wait_for(serving, 20)
    assert (await asking).json() == "answered"
    assert [site.seen[-1] for site in sites] == ["stopped", "stopped"]


async def test_a_port_in_use_is_named_before_anything_starts() -> None:
    free, taken = Site("one", free_port()), Site("two", free_port())
    with (
        socket.create_server(("127.0.0.1", taken.port)),
        pytest.raises(RuntimeError, match=f"port {taken.port}: Address"),
    ):
        await serve([free.door, taken.door])
    assert free.seen == taken.seen == []
    with socket.create_server(("127.0.0.1", free.port)):
        pass  # the other's door was given back


async def test_one_that_cannot_start_takes_the_others_down_in_order() -> None:
    sound, broken = Site("one", free_port()), Site("two", free_port(), broken=True)
    with pytest.raises(RuntimeError, match=f"port {broken.port} did not start"):
        await serve([sound.door, broken.door])
    assert sound.seen in ([], ["started", "stopped"])
