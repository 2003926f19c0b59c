"""Every query of the metrics service."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from services.metrics.models import MarkRow, MessageRow, TurnRow


async def get_message(session: AsyncSession, message_id: UUID) -> MessageRow | None:
    """Return what is known of a message."""
    return await session.get(MessageRow, message_id)


async def list_thread_messages(session: AsyncSession, thread_id: UUID) -> Sequence[MessageRow]:
    """Return all that is known of a thread's messages."""
    return (await session.exec(select(MessageRow).where(MessageRow.thread_id == thread_id))).all()


async def list_thread_marks(session: AsyncSession, thread_id: UUID) -> Sequence[MarkRow]:
    """Return all marks on a thread's messages."""
    return (await session.exec(select(MarkRow).where(MarkRow.thread_id == thread_id))).all()


async def list_threads(session: AsyncSession, after: UUID | None, limit: int) -> Sequence[UUID]:
    """Return ids of threads with messages in their own order, those behind `after`."""
    query = select(MessageRow.thread_id).distinct().order_by(col(MessageRow.thread_id)).limit(limit)
    if after is not None:
        query = query.where(col(MessageRow.thread_id) > after)
    return (await session.exec(query)).all()


async def list_thread_turns(session: AsyncSession, thread_id: UUID) -> Sequence[TurnRow]:
    """Return a thread's turns as last computed."""
    return (await session.exec(select(TurnRow).where(TurnRow.thread_id == thread_id))).all()


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
