"""Use cases of the metrics service: take in facts, keep turns, tell of them, give numbers."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from services.metrics import store
from services.metrics.domain import (
    MessageFact,
    Outcome,
    ResponseTimes,
    Turn,
    judge_turn,
    read_marks,
    sum_up,
    trace_turns,
)
from services.metrics.metrics import ResponseMetrics
from services.metrics.models import MarkRow, TurnRow
from services.metrics.store import HeldMessage, HeldThread
from shared.contracts.facts import MessageFacts
from shared.contracts.gateway import MessageMarked
from shared.contracts.metrics import TurnClosed, TurnOpened, TurnOverdue
from shared.contracts.vocabulary import Direction, Mark
from shared.db import Database
from shared.events import Event
from shared.outbox import emit

_OVERDUE_BATCH = 500
_REBUILD_BATCH = 500
_OVERDUE_POLL_SECONDS = 15.0


@dataclass(frozen=True, slots=True)
class Listing:
    """A seller's turn with what it counts as."""

    turn: Turn
    thread_id: UUID
    marketplace_id: str
    outcome: Outcome


@dataclass(frozen=True, slots=True)
class Stopwatch:
    """Keeps response turns."""

    database: Database
    metrics: ResponseMetrics
    target: timedelta

    async def record_delivery(self, session: AsyncSession, message: MessageFacts, delivered_at: datetime) -> None:
        """Note that a message reached the other side."""
        [thread] = await store.hold_threads(session, message.thread_id)
        held = _take_up(thread, message)
        held.delivered_at = min(held.delivered_at, delivered_at) if held.delivered_at else delivered_at

    async def record_failure(self, session: AsyncSession, message: MessageFacts) -> None:
        """Note that a message will never arrive, or turned out not to have arrived."""
        [thread] = await store.hold_threads(session, message.thread_id)
        _take_up(thread, message).failed = True

    async def record_mark(self, session: AsyncSession, told: MessageMarked) -> None:
        """Note what the seller said of a buyer's message; a buyer's marks change no turn."""
        [thread] = await store.hold_threads(session, told.thread_id)
        thread.changed.add(told.message_id)
        if told.message_id not in thread.messages:
            thread.messages[told.message_id] = HeldMessage(
                message_id=told.message_id,
                thread_id=told.thread_id,
                seller_id=told.seller_id,
                marketplace_id=told.marketplace_id,
                direction=Direction.BUYER_TO_SELLER,
                accepted_at=told.marked_at,
            )
        if (told.message_id, told.marked_at, told.mark) not in thread.marks:
            mark = MarkRow(
                message_id=told.message_id, marked_at=told.marked_at, mark=told.mark, thread_id=told.thread_id
            )
            thread.marks[told.message_id, told.marked_at, told.mark] = mark
            session.add(mark)

    async def retrace_changed(self, session: AsyncSession) -> None:
        """Compute the turns of all threads that facts were recorded of, once each, and tell what became different."""
        threads = store.list_changed(session)
        changed = [thread.messages[message_id] for thread in threads for message_id in sorted(thread.changed)]
        if changed:
            await store.save_messages(session, changed)
        for thread in threads:
            thread.changed.clear()
            await self._retrace(session, thread)

    async def sum_up(
        self, session: AsyncSession, seller_id: str, marketplace_id: str | None, days: int
    ) -> ResponseTimes:
        """Return a seller's numbers over the last `days` days (R-METRICS-3)."""
        now = datetime.now(UTC)
        rows = await store.list_turns(session, seller_id, marketplace_id, now - timedelta(days=days))
        return sum_up([_to_turn(row) for row in rows], self.target, now)

    async def list_behind(
        self, session: AsyncSession, seller_id: str, marketplace_id: str | None, days: int
    ) -> list[Listing]:
        """Return the turns behind a seller's numbers, oldest first."""
        now = datetime.now(UTC)
        rows = await store.list_turns(session, seller_id, marketplace_id, now - timedelta(days=days))
        turns = [(row, _to_turn(row)) for row in rows]
        return [
            Listing(turn, row.thread_id, row.marketplace_id, judge_turn(turn, self.target, now)) for row, turn in turns
        ]

    async def watch_overdue(self) -> None:
        """Tell of turns that pass the target time, until cancelled."""
        while True:
            told = await self.tell_overdue(datetime.now(UTC))
            await asyncio.sleep(_OVERDUE_POLL_SECONDS if told < _OVERDUE_BATCH else 0)

    async def tell_overdue(self, now: datetime) -> int:
        """Tell, once each, of turns that wait longer than the target time; return how many, 500 at most."""
        async with self.database.transaction() as session:
            rows = await store.list_overdue(session, now - self.target, _OVERDUE_BATCH)
            for row in rows:
                row.overdue_told = True
                session.add(row)
                emit(session, TurnOverdue(**_name_turn(row)))
                self.metrics.overdue.labels(row.marketplace_id).inc()
        return len(rows)

    async def rebuild(self) -> int:
        """Compute all turns anew from what is known of messages, telling what differs; return how many threads."""
        count, last = 0, None
        while True:
            async with self.database.reading() as session:
                threads = await store.list_threads(session, last, _REBUILD_BATCH)
            for thread_id in threads:
                async with self.database.transaction() as session:
                    [rows] = await store.hold_threads(session, thread_id)
                    await self._retrace(session, rows)
            if not threads:
                return count
            count, last = count + len(threads), threads[-1]

    async def _retrace(self, session: AsyncSession, thread: HeldThread) -> None:
        """Compute the thread's turns anew and tell what became different."""
        marks: dict[UUID, list[tuple[datetime, Mark]]] = {}
        for message_id, marked_at, mark in thread.marks:
            marks.setdefault(message_id, []).append((marked_at, mark))
        facts = [_to_fact(message, marks.get(message.message_id, ())) for message in thread.messages.values()]
        turns = trace_turns(facts, self.target)
        news: list[Event] = []
        for message_id in thread.turns.keys() - {turn.first for turn in turns}:
            news += await self._drop(session, thread.turns.pop(message_id))
        for turn in turns:
            row = thread.turns.get(turn.first)
            known = _to_turn(row) if row else None
            if row is None:
                row = thread.turns[turn.first] = _start_row(turn, thread.messages[turn.first])
                session.add(row)
            row.opened_at, row.closed_at, row.closed_by = turn.opened_at, turn.closed_at, turn.closed_by
            news += self._compare(row, known, turn)
            if turn.closed_at is None and news and isinstance(news[-1], TurnClosed):
                # What was told last of the thread must be that somebody waits.
                news.append(TurnOpened(**_name_turn(row)))
        emit(session, *news)

    async def _drop(self, session: AsyncSession, row: TurnRow) -> list[Event]:
        """Delete a turn that is none any more; return what to tell."""
        await session.delete(row)
        if row.closed_at is not None:
            return []
        self.metrics.closed.labels(row.marketplace_id, "left_out").inc()
        return [TurnClosed(**_name_turn(row), closed_at=datetime.now(UTC), counted=False)]

    def _compare(self, row: TurnRow, known: Turn | None, turn: Turn) -> list[Event]:
        """Return what to tell of a turn that was `known` and is `turn` now."""
        news: list[Event] = []
        if known is None:
            self.metrics.opened.labels(row.marketplace_id).inc()
        if known is None or (known.closed_at is not None and turn.closed_at is None):
            news.append(TurnOpened(**_name_turn(row)))
        if turn.closed_at is None or turn.waited is None or (known is not None and known.closed_at == turn.closed_at):
            return news
        if known is None or known.closed_at is None:
            self.metrics.closed.labels(row.marketplace_id, turn.closed_by).inc()
            self.metrics.response_seconds.labels(row.marketplace_id).observe(turn.waited.total_seconds())
        return [*news, TurnClosed(**_name_turn(row), closed_at=turn.closed_at, counted=True)]


def _take_up(thread: HeldThread, message: MessageFacts) -> HeldMessage:
    """Return what is known of a message, with what is told of it now."""
    thread.changed.add(message.message_id)
    held = thread.messages.get(message.message_id)
    if held is None:
        held = thread.messages[message.message_id] = HeldMessage(
            message_id=message.message_id,
            thread_id=message.thread_id,
            seller_id=message.seller_id,
            marketplace_id=message.marketplace.marketplace_id,
            direction=message.direction,
            accepted_at=message.accepted_at,
        )
    # A mark that came first knew none of these.
    held.direction, held.accepted_at, held.answers = message.direction, message.accepted_at, message.answers
    return held


def _start_row(turn: Turn, message: HeldMessage) -> TurnRow:
    return TurnRow(
        message_id=turn.first,
        thread_id=message.thread_id,
        seller_id=message.seller_id,
        marketplace_id=message.marketplace_id,
        opened_at=turn.opened_at,
    )


def _to_fact(held: HeldMessage, marks: Sequence[tuple[datetime, Mark]]) -> MessageFact:
    no_response_at, reported = read_marks(marks)
    delivered_at = None if held.failed else held.delivered_at
    return MessageFact(
        held.message_id, held.direction, held.accepted_at, delivered_at, no_response_at, reported, held.answers
    )


def _to_turn(row: TurnRow) -> Turn:
    return Turn(row.message_id, row.opened_at, row.closed_at, row.closed_by)


def _name_turn(row: TurnRow) -> dict[str, Any]:
    return {
        "thread_id": row.thread_id,
        "seller_id": row.seller_id,
        "marketplace_id": row.marketplace_id,
        "message_id": row.message_id,
        "opened_at": row.opened_at,
    }
