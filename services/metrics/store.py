"""Every query of the metrics service."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from services.metrics.models import MarkRow, MessageRow, TurnRow
from shared.contracts.vocabulary import Mark
from shared.db import lock_until_commit
from shared.lookup import Lookup


@dataclass(frozen=True, slots=True)
class ThreadRows:
    """All that is known of a thread; what is added to it goes in here too."""

    messages: dict[UUID, MessageRow]
    marks: dict[tuple[UUID, datetime, Mark], MarkRow]
    turns: dict[UUID, TurnRow]


async def _find_threads(session: AsyncSession, thread_ids: Collection[UUID]) -> dict[UUID, ThreadRows]:
    found = {thread_id: ThreadRows({}, {}, {}) for thread_id in thread_ids}
    for message in await session.exec(select(MessageRow).where(col(MessageRow.thread_id).in_(thread_ids))):
        found[message.thread_id].messages[message.message_id] = message
    for mark in await session.exec(select(MarkRow).where(col(MarkRow.thread_id).in_(thread_ids))):
        found[mark.thread_id].marks[mark.message_id, mark.marked_at, mark.mark] = mark
    for turn in await session.exec(select(TurnRow).where(col(TurnRow.thread_id).in_(thread_ids))):
        found[turn.thread_id].turns[turn.message_id] = turn
    return found


_THREADS: Lookup[UUID, ThreadRows] = Lookup(_find_threads)


async def hold_threads(session: AsyncSession, *thread_ids: UUID) -> Sequence[ThreadRows]:
    """Return threads, which nobody else changes until this transaction ends."""
    await lock_until_commit(session, *(f"thread {thread_id}" for thread_id in thread_ids))
    await _THREADS.prepare(session, thread_ids)
    # A thread that nothing is known of has rows too, none.
    return [rows for thread_id in thread_ids if (rows := await _THREADS.get(session, thread_id)) is not None]


async def list_threads(session: AsyncSession, after: UUID | None, limit: int) -> Sequence[UUID]:
    """Return ids of threads with messages in their own order, those behind `after`."""
    query = select(MessageRow.thread_id).distinct().order_by(col(MessageRow.thread_id)).limit(limit)
    if after is not None:
        query = query.where(col(MessageRow.thread_id) > after)
    return (await session.exec(query)).all()


async def list_turns(
    session: AsyncSession, seller_id: str, marketplace_id: str | None, since: datetime
) -> Sequence[TurnRow]:
    """Return a seller's turns opened since a moment, oldest first, in one marketplace or in all."""
    query = select(TurnRow).where(TurnRow.seller_id == seller_id, col(TurnRow.opened_at) >= since)
    if marketplace_id is not None:
        query = query.where(TurnRow.marketplace_id == marketplace_id)
    return (await session.exec(query.order_by(col(TurnRow.opened_at)))).all()


async def list_overdue(session: AsyncSession, opened_before: datetime, limit: int) -> Sequence[TurnRow]:
    """Return turns that still wait since before a moment and of which nobody was told yet, oldest first."""
    query = (
        select(TurnRow)
        .where(
            col(TurnRow.overdue_told).is_(False),
            col(TurnRow.closed_at).is_(None),
            col(TurnRow.opened_at) < opened_before,
        )
        .order_by(col(TurnRow.opened_at))
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    return (await session.exec(query)).all()
