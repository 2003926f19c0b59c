"""Running: background work beside HTTP, several services in one loop, and a stop that finishes what it took."""

import asyncio
import contextlib
import gc
import signal
import socket
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import structlog
import uvicorn
from fastapi import FastAPI

from shared import inbox
from shared.bus import Bus, MemoryBus, finish
from shared.consumer import Consumer, TooManyDeadLetters
from shared.db import Database
from shared.kafka import KafkaBus, KafkaOptions, open_kafka
from shared.metrics import ServiceMetrics
from shared.misconfiguration import MisconfiguredError
from shared.outbox import Relay
from shared.settings import SharedSettings

Work = Callable[[], Coroutine[Any, Any, None]]

_RESTART_SECONDS = 1.0
_RETRY_POLL_SECONDS = 1.0
_PURGE_SECONDS = 3600.0
_FIRST_PURGE_SECONDS = 60.0
_GRACE_SECONDS = 3
# A batch of events makes some tens of thousands of objects and lets go of them at its end.
_COLLECT_AFTER = 50_000
_log = structlog.get_logger()


@dataclass(frozen=True)
class Service:
    """What a running service stands on; its `app.py` puts it together."""

    name: str
    settings: SharedSettings
    database: Database
    bus: Bus
    metrics: ServiceMetrics
    consumer: Consumer[Any]

    @asynccontextmanager
    async def running(self, works: Mapping[str, Work] | None = None) -> AsyncIterator[None]:
        """Run relay, consumer, retries, purges and the service's own `works` while the block runs."""
        relay = Relay(self.database, self.bus, self.metrics, round_seconds=self.settings.round_seconds)
        everything: dict[str, Work] = {
            "consumer": self._consume,
            "relay": relay.run,
            "retries": self._retry_dead,
            "purge": lambda: purge_hourly(lambda: self._purge(relay)),
            **(works or {}),
        }
        tasks = [
            asyncio.create_task(supervise(f"{self.name}.{name}", work), name=f"{self.name}.{name}")
            for name, work in everything.items()
        ]
        try:
            yield
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.wait(tasks, timeout=self.settings.shutdown_seconds)
            await self.database.close()

    async def _consume(self) -> None:
        try:
            await self.bus.consume(self.name, self.consumer.topics, self.consumer.handle)
        except TooManyDeadLetters as error:
            _log.critical("consumer.stopped", service=self.name, cause=str(error))
            await asyncio.Event().wait()

    async def _retry_dead(self) -> None:
        while True:
            await finish(self.consumer.retry_requested())
            await asyncio.sleep(_RETRY_POLL_SECONDS)

    async def _purge(self, relay: Relay) -> None:
        days = self.settings.retention_days
        await relay.purge(days)
        async with self.database.transaction() as session:
            await inbox.purge_inbox(session, days * 2)


async def purge_hourly(purge: Callable[[], Awaitable[object]]) -> None:
    """Call `purge` every hour until cancelled, and again at once as long as it answers that there is more.

    First after a minute: a start has more urgent things to do.
    """
    await asyncio.sleep(_FIRST_PURGE_SECONDS)
    while True:
        while await finish(purge()):
            pass
        await asyncio.sleep(_PURGE_SECONDS)


async def supervise(name: str, work: Work) -> None:
    """Run `work` until cancelled; when it fails, say so and start it again after a second."""
    while True:
        try:
            await work()
        except Exception as error:  # noqa: BLE001 - the last line before the event loop
            _log.error("work.failed", work=name, error=type(error).__name__, exc_info=True)
        await asyncio.sleep(_RESTART_SECONDS)


@asynccontextmanager
async def open_bus(settings: SharedSettings, groups: Sequence[str], topics: Sequence[str]) -> AsyncIterator[Bus]:
    """Open the configured bus, its topics made. `groups` are those that run in this process (memory bus only).

    Raises `MisconfiguredError` for a URL that names neither.
    """
    scheme, _, servers = settings.bus_url.partition("://")
    if scheme == "memory":
        yield MemoryBus(groups)
    elif scheme == "kafka" and servers:
        options = KafkaOptions(
            servers,
            settings.bus_partitions,
            settings.bus_replication,
            settings.consumer_batch,
            settings.bus_namespace,
            settings.instance,
            settings.round_seconds,
        )
        async with open_kafka(options) as bus:
            await bus.ensure_topics(topics)
            yield bus
    else:
        raise MisconfiguredError("TRAMITE_BUS_URL: memory:// or kafka://host:port expected")


async def check_bus(bus: Bus) -> None:
    """Raise if the bus cannot be reached; the one in memory always can."""
    if isinstance(bus, KafkaBus):
        await bus.check()


class _Server(uvicorn.Server):
    """A server that leaves signals to `serve`: several in one loop would take them from each other."""

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start, or raise where uvicorn would end the process under the feet of the other services."""
        try:
            await super().startup(sockets)
        except SystemExit:
            raise RuntimeError(f"what serves port {self.config.port} did not start; the log says why") from None

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


async def serve(apps: Sequence[tuple[FastAPI, str, int]], *, started: Work | None = None) -> None:
    """Serve each `(app, host, port)` until SIGINT or SIGTERM, then stop all, finishing what is in hand.

    `started` runs once all of them answer; where it fails the log says so and the services stay up.
    Raises `RuntimeError` if one cannot start, naming its port.
    """
    sockets: list[socket.socket] = []
    try:
        sockets.extend(_listen(host, port) for _, host, port in apps)
    except RuntimeError:
        for door in sockets:
            door.close()
        raise
    servers = [_Server(_configure(app, host, port)) for app, host, port in apps]
    loop = asyncio.get_running_loop()
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    running = [asyncio.create_task(server.serve(sockets=[door])) for server, door in zip(servers, sockets, strict=True)]
    try:
        await _wait_started(servers, running)
        _settle_memory()
        follow = asyncio.create_task(_follow(started)) if started else None
        await stop.wait()
        if follow:
            follow.cancel()
            await asyncio.wait([follow])
    finally:
        for app, _, _ in apps:
            if stopping := getattr(app.state, "stopping", None):
                stopping.set()
        for server in servers:
            server.should_exit = True
        await asyncio.wait(running)
        for door in sockets:
            door.close()
        for number in (signal.SIGINT, signal.SIGTERM):
            loop.remove_signal_handler(number)


def _settle_memory() -> None:
    """Take what the start has made, modules above all, out of what every garbage collection walks through."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(_COLLECT_AFTER, *gc.get_threshold()[1:])


async def _follow(started: Work) -> None:
    try:
        await started()
    except Exception as error:  # noqa: BLE001 - the services are up and stay up
        _log.error("run.start_work_failed", error=type(error).__name__, exc_info=True)


def _listen(host: str, port: int) -> socket.socket:
    """Take the port before anything starts; callers get in when the server that gets it is ready."""
    door = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
    door.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        door.bind((host, port))
    except OSError as error:
        door.close()
        raise RuntimeError(f"cannot listen on {host} port {port}: {error.strerror}") from error
    return door


async def _wait_started(servers: Sequence[_Server], running: Sequence[asyncio.Task[None]]) -> None:
    while not all(server.started for server in servers):
        for task in running:
            if task.done():
                task.result()
        await asyncio.sleep(0.01)


def _configure(app: FastAPI, host: str, port: int) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        host=host,
        port=port,
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=_GRACE_SECONDS,
        timeout_keep_alive=30,
        h11_max_incomplete_event_size=64 * 1024,
    )
