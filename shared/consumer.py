"""The consumer: batches of records become handler calls, once each, whatever fails in between.

A batch is one transaction: the ids of its records and all that the handlers did commit together. When that fails,
the records are handled one by one; a failing one holds back only later records of its own key, is tried again with
growing pauses, and ends as a dead letter. While the database is away nothing dies: the batch waits.
"""

import asyncio
import hashlib
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Generic, TypeVar

import structlog
from sqlmodel.ext.asyncio.session import AsyncSession

from shared import inbox, tracing
from shared.db import Database, is_outage
from shared.events import Event, Record, UndecodableRecord, decode_event
from shared.metrics import ServiceMetrics

C = TypeVar("C")
# A handler knows its event's type; the map that holds all of them cannot.
Handler = Callable[[Any, AsyncSession, C], Awaitable[None]]
Handlers = Mapping[type[Event], Handler[C]]
# Asks once for what the handlers of a batch will need (`shared.lookup`); it changes nothing.
Prepare = Callable[[Sequence[Event], AsyncSession, C], Awaitable[None]]
# Does once for a batch what follows from all of its events, last in its transaction.
Conclude = Callable[[AsyncSession, C], Awaitable[None]]

_log = structlog.get_logger()
_LONGEST_PAUSE = 30.0
_LONGEST_ID = 200


class NotYetKnown(Exception):  # noqa: N818 - says what is the case, not what went wrong
    """A handler needs what another topic has not brought yet; trying again soon will help."""


class TooManyDeadLetters(Exception):  # noqa: N818 - see NotYetKnown
    """So many records in a row failed that the fault is more likely here than in them."""


@dataclass(frozen=True, slots=True)
class BatchWork(Generic[C]):
    """What is done once for a batch, before and after its events are handled one by one."""

    prepare: Prepare[C] | None = None
    conclude: Conclude[C] | None = None


@dataclass(frozen=True, slots=True)
class Patience:
    """How often a failing record is tried, and how long the first pause is (it doubles, up to 30 s)."""

    attempts: int = 8
    backoff_seconds: float = 0.1
    dead_letters_in_a_row: int = 50

    def pause(self, attempt: int) -> float:
        """Return the pause in seconds after failure number `attempt`, counted from 1."""
        return min(self.backoff_seconds * 2.0 ** min(attempt - 1, 20), _LONGEST_PAUSE)


class Consumer(Generic[C]):
    """Handles one service's events. `context` is what its handlers work with besides the session."""

    def __init__(
        self,
        database: Database,
        handlers: Handlers[C],
        context: C,
        metrics: ServiceMetrics,
        patience: Patience | None = None,
        batch_work: BatchWork[C] | None = None,
    ) -> None:
        self._database = database
        self._batch_work = batch_work or BatchWork()
        self._contracts = {contract.type: (contract, handler) for contract, handler in handlers.items()}
        self._context = context
        self._metrics = metrics
        self._patience = patience or Patience()
        self._died_in_a_row = 0

    @property
    def topics(self) -> Sequence[str]:
        """The topics that the handled events live on."""
        return sorted({contract.topic for contract, _ in self._contracts.values()})

    async def handle(self, records: Sequence[Record]) -> None:
        """Handle a batch; returns when each record is handled or buried. Raises `TooManyDeadLetters`."""
        wanted = [record for record in records if record.event_type in self._contracts]
        self._count_ignored(records)
        attempt = 0
        while wanted:
            try:
                with self._metrics.handle_seconds.time():
                    await self._handle_together(wanted)
            except Exception as error:  # noqa: BLE001 - sorted into outage or failure right here
                if not is_outage(error):
                    await self._handle_apart(wanted)
                    return
                attempt += 1
                _log.warning("consumer.outage", error=type(error).__name__, attempt=attempt)
                await asyncio.sleep(self._patience.pause(attempt))
            else:
                self._died_in_a_row = 0
                return

    async def retry_requested(self) -> int:
        """Handle dead letters whose retry an operator asked for; returns how many were taken up."""
        async with self._database.reading() as session:
            if not await inbox.has_retries(session):
                self._metrics.dead_letters.set(await inbox.count_dead(session))
                return 0
        async with self._database.transaction() as session:
            rows = await inbox.take_retries(session, limit=100)
            for row in rows:
                record = Record(row["topic"], row["key"], row["value"], row["headers"])
                try:
                    async with session.begin_nested():
                        await self._call(record, self._decode(record), session)
                        await self._end(session)
                except Exception as error:  # noqa: BLE001 - it goes back where it came from
                    await inbox.bury(session, record, _describe(error), row["attempts"] + 1)
            self._metrics.dead_letters.set(await inbox.count_dead(session))
        return len(rows)

    async def _handle_together(self, records: Sequence[Record]) -> None:
        async with self._database.transaction() as session:
            new = await inbox.claim_new(session, [_identify(record) for record in records])
            fresh = []
            for record in records:
                if _identify(record) in new:
                    new.discard(_identify(record))
                    fresh.append((record, self._decode(record)))
                else:
                    self._metrics.count_handled(record.event_type, "repeated")
            if self._batch_work.prepare is not None:
                await self._batch_work.prepare([event for _, event in fresh], session, self._context)
            for record, event in fresh:
                await self._call(record, event, session)
                self._metrics.count_handled(record.event_type, "handled")
            await self._end(session)
        for record in records:
            self._metrics.event_delay.observe(_age(record))

    async def _handle_apart(self, records: Iterable[Record]) -> None:
        """Go round the records, one transaction each, until each is handled or dead; keys keep their order."""
        waiting = await self._go_round([(record, 0) for record in records])
        while waiting:
            await asyncio.sleep(self._patience.pause(min(failures for _, failures in waiting if failures)))
            waiting = await self._go_round(waiting)

    async def _go_round(self, waiting: Sequence[tuple[Record, int]]) -> Sequence[tuple[Record, int]]:
        """Try each record once, but none behind a failed one of its key; return those that still wait."""
        held: set[str] = set()
        again: list[tuple[Record, int]] = []
        for record, before in waiting:
            failures = before if record.key in held else await self._try(record, before)
            if failures or record.key in held:
                held.add(record.key)
                again.append((record, failures))
        return again

    async def _try(self, record: Record, failures: int) -> int:
        """Handle `record` alone; return 0 when it is done with, else the number of failures so far."""
        try:
            await self._handle_together([record])
        except Exception as error:  # noqa: BLE001 - sorted into outage, failure and death
            return await self._settle(record, error, failures)
        self._died_in_a_row = 0
        return 0

    async def _settle(self, record: Record, error: Exception, failures: int) -> int:
        """Count a failure, and bury the record with the last; an outage is nobody's failure."""
        if is_outage(error):
            return max(failures, 1)
        failures += 1
        final = isinstance(error, UndecodableRecord) or failures >= self._patience.attempts
        _log.warning(
            "consumer.failed",
            event_type=record.event_type,
            event_id=record.event_id,
            attempt=failures,
            cause=_describe(error),
            final=final,
        )
        if not final:
            return failures
        try:
            await self._bury(record, error, failures)
        except Exception as burial_error:
            if is_outage(burial_error):
                return failures
            raise
        return 0

    async def _bury(self, record: Record, error: Exception, attempts: int) -> None:
        async with self._database.transaction() as session:
            if await inbox.claim_new(session, [_identify(record)]):
                await inbox.bury(session, record, _describe(error), attempts)
            self._metrics.dead_letters.set(await inbox.count_dead(session))
        self._metrics.count_handled(record.event_type, "dead")
        self._died_in_a_row += 1
        if self._died_in_a_row >= self._patience.dead_letters_in_a_row:
            self._metrics.consumer_stopped.set(1)
            raise TooManyDeadLetters(f"{self._died_in_a_row} dead letters in a row; last cause: {_describe(error)}")

    def _decode(self, record: Record) -> Event:
        if not _is_usable(record.event_id):
            raise UndecodableRecord("ce_id is missing or unusable: 1 to 200 printable characters expected")
        return decode_event(record, self._contracts[record.event_type][0])

    async def _call(self, record: Record, event: Event, session: AsyncSession) -> None:
        handler = self._contracts[record.event_type][1]
        with tracing.open_span(record.headers.get("traceparent", "")):
            await handler(event, session, self._context)

    async def _end(self, session: AsyncSession) -> None:
        if self._batch_work.conclude is not None:
            await self._batch_work.conclude(session, self._context)

    def _count_ignored(self, records: Sequence[Record]) -> None:
        ignored = sum(record.event_type not in self._contracts for record in records)
        if ignored:
            self._metrics.count_handled("other", "ignored", ignored)


def _describe(error: Exception) -> str:
    """Name the cause without what it was about: messages of database errors quote personal data."""
    if isinstance(error, NotYetKnown | UndecodableRecord):
        return f"{type(error).__name__}: {error}"
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    where = f" at {trace.tb_frame.f_code.co_filename.rsplit('/', 1)[-1]}:{trace.tb_lineno}" if trace else ""
    return f"{type(error).__name__}{where}"


def _identify(record: Record) -> str:
    """Name the record for the inbox: by its id, or, where it has none that can be stored, by what it is."""
    if _is_usable(record.event_id):
        return record.event_id
    whole = repr((record.topic, record.key, record.value, sorted(record.headers.items())))
    return f"unidentified {hashlib.sha256(whole.encode(errors='replace')).hexdigest()}"


def _is_usable(event_id: str) -> bool:
    return 0 < len(event_id) <= _LONGEST_ID and event_id.isprintable()


def _age(record: Record) -> float:
    try:
        return max((datetime.now(UTC) - record.occurred_at).total_seconds(), 0)
    except UndecodableRecord:
        return 0
