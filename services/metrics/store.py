"""Every query of the metrics service."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, fields
from datetime import datetime
from uuid import UUID

from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from services.metrics.models import Base, MarkRow, MessageRow, TurnRow
from shared.contracts.vocabulary import Direction, Mark
from shared.db import lock_until_commit
from shared.lookup import KEYS, Lookup

_MESSAGES = Base.metadata.tables["messages"]
_CHANGING = ("direction", "accepted_at", "delivered_at", "failed", "answers")


@dataclass(slots=True)
class HeldMessage:
    """What is known of a message: a row of `messages`, without what the ORM adds to each of a thread's many."""

    message_id: UUID
    thread_id: UUID
    seller_id: str
    marketplace_id: str
    direction: Direction
    accepted_at: datetime
    delivered_at: datetime | None = None
    failed: bool = False
    answers: UUID | None = None


@dataclass(frozen=True, slots=True)
class HeldThread:
    """All that is known of a thread; what is added to it goes in here too. `changed` names its changed messages."""

    messages: dict[UUID, HeldMessage] = field(default_factory=dict)
    marks: dict[tuple[UUID, datetime, Mark], MarkRow] = field(default_factory=dict)
    turns: dict[UUID, TurnRow] = field(default_factory=dict)
    changed: set[UUID] = field(default_factory=set)


_COLUMNS = [column.name for column in fields(HeldMessage)]
_MESSAGES_OF_THREADS = select(*(_MESSAGES.c[name] for name in _COLUMNS)).where(_MESSAGES.c.thread_id.in_(KEYS))


async def _find_threads(session: AsyncSession, thread_ids: Collection[UUID]) -> dict[UUID, HeldThread]:
    found = {thread_id: HeldThread() for thread_id in thread_ids}
    connection = await session.connection()
    for row in await connection.execute(_MESSAGES_OF_THREADS, {"keys": thread_ids}):
        message = HeldMessage(*row)
        found[message.thread_id].messages[message.message_id] = message
    for mark in await session.exec(select(MarkRow).where(col(MarkRow.thread_id).in_(thread_ids))):
        found[mark.thread_id].marks[mark.message_id, mark.marked_at, mark.mark] = mark
    for turn in await session.exec(select(TurnRow).where(col(TurnRow.thread_id).in_(thread_ids))):
        found[turn.thread_id].turns[turn.message_id] = turn
    return found


_THREADS: Lookup[UUID, HeldThread] = Lookup(_find_threads)


async def hold_threads(session: AsyncSession, *thread_ids: UUID) -> Sequence[HeldThread]:
    """Return threads, which nobody else changes until this transaction ends."""
    await lock_until_commit(session, *(f"thread {thread_id}" for thread_id in thread_ids))
    await _THREADS.prepare(session, thread_ids)
    # A thread that nothing is known of has rows too, none.
    return [rows for thread_id in thread_ids if (rows := await _THREADS.get(session, thread_id)) is not None]


def list_changed(session: AsyncSession) -> Sequence[HeldThread]:
    """Return the held threads of which a message changed since its turns were computed."""
    return [thread for thread in _THREADS.list_known(session) if thread.changed]


async def save_messages(session: AsyncSession, messages: Sequence[HeldMessage]) -> None:
    """Write down messages, new ones and changed ones."""
    connection = await session.connection()
    insert = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
    statement = insert(_MESSAGES)
    changed = {name: statement.excluded[name] for name in _CHANGING}
    upsert = statement.on_conflict_do_update(index_elements=[_MESSAGES.c.message_id], set_=changed)
    await connection.execute(upsert, [{name: getattr(message, name) for name in _COLUMNS} for message in messages])


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
