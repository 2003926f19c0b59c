"""The hub of one instance: one query follows the changes for all listeners and waiters together."""

import asyncio
import contextlib
from collections import Counter
from collections.abc import AsyncGenerator, AsyncIterator, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from services.gateway.live import store
from services.gateway.live.domain import Audience, News
from services.gateway.live.errors import TooManyStreams
from services.gateway.live.models import Change
from services.gateway.metrics import GatewayMetrics
from shared.db import Database

_POLL_SECONDS = 0.25
_BATCH = 500
_LONGEST_QUEUE = 1000


class Listener:
    """One open stream: what it may hear, and what it has not been given yet."""

    def __init__(self, audience: Audience) -> None:
        self.audience = audience
        self.queue: asyncio.Queue[Change] = asyncio.Queue(_LONGEST_QUEUE)
        self._after = 0
        self._dropped = 0

    @property
    def overrun(self) -> bool:
        """Whether a change had no room any more that the listener will not read from the database."""
        return self._dropped > self._after

    def start_after(self, seq: int) -> None:
        """Queue no change up to `seq`, which the listener reads from the database."""
        self._after = seq
        waiting = [self.queue.get_nowait() for _ in range(self.queue.qsize())]
        for change in waiting:
            self.offer(change)

    def offer(self, change: Change) -> None:
        """Queue a change if it is for this listener. A queue that overflows ends the stream; the client resumes."""
        if (change.seq or 0) <= self._after or not self.audience.hears(change.seller_id, change.buyer_id):
            return
        try:
            self.queue.put_nowait(change)
        except asyncio.QueueFull:
            self._dropped = change.seq or 0


class Hub:
    """Tells listeners and waiters of changes, this instance's at once and other instances' within 250 ms."""

    def __init__(self, database: Database, metrics: GatewayMetrics, per_caller: int) -> None:
        self._database = database
        self._metrics = metrics
        self._per_caller = per_caller
        self._listeners: set[Listener] = set()
        self._waiters: dict[UUID, set[asyncio.Event]] = {}
        self._news = asyncio.Event()
        self._position: int | None = None
        self._following = asyncio.Event()
        self.stopping = asyncio.Event()

    def announce(self, session: AsyncSession, *news: News) -> None:
        """Tell `news` when, and only when, this session commits."""
        store.add_news(session, news, self._news.set)

    async def run(self) -> None:
        """Follow the changes while somebody listens or waits, until cancelled."""
        while True:
            self._news.clear()
            if self._nobody_hears():
                self._position = None
                self._following.clear()
                await self._news.wait()
                continue
            changes = await self._read_on()
            self._dispatch(changes)
            if len(changes) < _BATCH:
                with contextlib.suppress(TimeoutError):
                    # Not `wait_for`: up to Python 3.11 it loses a cancellation that comes together with the event.
                    async with asyncio.timeout(_POLL_SECONDS):
                        await self._news.wait()

    @contextmanager
    def watch(self, message_id: UUID) -> Iterator[asyncio.Event]:
        """Give an event that is set at every change of a message. Look at the message after entering, not before."""
        touched = asyncio.Event()
        self._waiters.setdefault(message_id, set()).add(touched)
        self._news.set()
        try:
            yield touched
        finally:
            waiters = self._waiters[message_id]
            waiters.discard(touched)
            if not waiters:
                del self._waiters[message_id]

    async def wait_touched(self, touched: asyncio.Event, deadline: float) -> bool:
        """Wait for a watched event until the loop's clock shows `deadline`, or the service stops; tell if it came."""
        waits = [asyncio.ensure_future(touched.wait()), asyncio.ensure_future(self.stopping.wait())]
        remaining = max(deadline - asyncio.get_running_loop().time(), 0)
        try:
            await asyncio.wait(waits, timeout=remaining, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for wait in waits:
                wait.cancel()
        came = touched.is_set() and not self.stopping.is_set()
        touched.clear()
        return came

    async def listen(
        self, audience: Audience, after: int | None, heartbeat: float
    ) -> AsyncGenerator[Change | None, None]:
        """Yield the audience's changes after `after` (None: from now on), and None after so many seconds of silence.

        Ends when the service stops, or when the reader is so slow that its queue overflows.
        """
        with self._registered(audience) as listener:
            # What is committed before the hub has its place, it would never give to anybody.
            await self._following.wait()
            async with self._database.reading() as session:
                newest = await store.newest_seq(session)
            listener.start_after(newest)
            sent = newest if after is None else min(after, newest)
            yield None
            while sent < newest and not self.stopping.is_set():
                async with self._database.reading() as session:
                    missed = await store.list_changes(session, sent, _BATCH, audience, newest)
                for change in missed:
                    yield change
                sent = (missed[-1].seq or 0) if len(missed) == _BATCH else newest
            async for live in self._follow(listener, heartbeat):
                yield live

    def require_place(self, audience: Audience) -> None:
        """Raise `TooManyStreams` when the caller has as many open streams as allowed."""
        if Counter(listener.audience for listener in self._listeners)[audience] >= self._per_caller:
            raise TooManyStreams(self._per_caller)

    async def purge(self, days: int) -> None:
        """Forget changes older than `days`."""
        async with self._database.transaction() as session:
            await store.delete_changes(session, datetime.now(UTC) - timedelta(days=days))

    async def _follow(self, listener: Listener, heartbeat: float) -> AsyncIterator[Change | None]:
        while not self.stopping.is_set() and not listener.overrun:
            get = asyncio.ensure_future(listener.queue.get())
            stop = asyncio.ensure_future(self.stopping.wait())
            try:
                await asyncio.wait([get, stop], timeout=heartbeat, return_when=asyncio.FIRST_COMPLETED)
                if get.done():
                    yield get.result()
                elif not stop.done():
                    yield None
            finally:
                get.cancel()
                stop.cancel()

    @contextmanager
    def _registered(self, audience: Audience) -> Iterator[Listener]:
        self.require_place(audience)
        listener = Listener(audience)
        self._listeners.add(listener)
        self._news.set()
        self._metrics.listeners.set(len(self._listeners))
        try:
            yield listener
        finally:
            self._listeners.discard(listener)
            self._metrics.listeners.set(len(self._listeners))

    async def _read_on(self) -> Sequence[Change]:
        async with self._database.reading() as session:
            if self._position is None:
                self._position = await store.newest_seq(session)
                self._following.set()
                # Whoever began to wait before may have missed what was committed meanwhile: let all look again.
                for waiters in self._waiters.values():
                    for touched in waiters:
                        touched.set()
            changes = await store.list_changes(session, self._position, _BATCH)
        if changes:
            self._position = changes[-1].seq
        return changes

    def _nobody_hears(self) -> bool:
        return not self._listeners and not self._waiters

    def _dispatch(self, changes: Sequence[Change]) -> None:
        for change in changes:
            for listener in self._listeners:
                listener.offer(change)
            for touched in self._waiters.get(change.message_id, ()) if change.message_id else ():
                touched.set()
