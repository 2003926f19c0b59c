"""The inbox: which events a service has handled, and those it could not handle (dead letters)."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    Column,
    Delete,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    RowMapping,
    String,
    Table,
    Text,
    delete,
    func,
    select,
    update,
)
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel.ext.asyncio.session import AsyncSession

from shared.db import UtcDateTime
from shared.events import Record
from shared.outbox import OUTBOX

INBOX = Table(
    "inbox",
    MetaData(),
    Column("event_id", String(200), primary_key=True),
    Column("received_at", UtcDateTime, nullable=False),
)
Index("ix_inbox_received_at", INBOX.c.received_at)

DEAD_LETTERS = Table(
    "dead_letters",
    MetaData(),
    Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True),
    Column("topic", String(100), nullable=False),
    Column("key", String(200), nullable=False),
    Column("value", LargeBinary, nullable=False),
    Column("headers", JSON, nullable=False),
    Column("cause", Text, nullable=False),
    Column("attempts", Integer, nullable=False),
    Column("died_at", UtcDateTime, nullable=False),
    Column("retry_requested_at", UtcDateTime, nullable=True),
)


def add_reliability_tables(metadata: MetaData) -> None:
    """Give a service's metadata its own outbox, inbox and dead letters."""
    for table in (OUTBOX, INBOX, DEAD_LETTERS):
        table.to_metadata(metadata)


async def claim_new(session: AsyncSession, event_ids: Sequence[str]) -> set[str]:
    """Record `event_ids` as received in this transaction; return those that were not received before."""
    now = datetime.now(UTC)
    connection = await session.connection()
    insert = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
    # In one order everywhere, so that two transactions with common ids wait for each other only one way.
    rows = [{"event_id": event_id, "received_at": now} for event_id in sorted(set(event_ids))]
    # Values given apart from the statement, which is then compiled once for all batches.
    statement = insert(INBOX).on_conflict_do_nothing().returning(INBOX.c.event_id)
    return set((await connection.execute(statement, rows)).scalars())


async def purge_inbox(session: AsyncSession, days: int) -> int:
    """Forget ids received more than `days` ago (keep them longer than topics keep events)."""
    return await _run(session, delete(INBOX).where(INBOX.c.received_at < datetime.now(UTC) - timedelta(days=days)))


async def bury(session: AsyncSession, record: Record, cause: str, attempts: int) -> None:
    """Keep a record that cannot be handled, with the cause, for an operator."""
    row = {
        "topic": record.topic,
        "key": _fit(record.key, DEAD_LETTERS.c.key),
        "value": record.value,
        "headers": dict(record.headers),
        "cause": cause,
        "attempts": attempts,
        "died_at": datetime.now(UTC),
    }
    await (await session.connection()).execute(DEAD_LETTERS.insert().values(row))


async def list_dead(session: AsyncSession, limit: int = 100, after: int = 0) -> Sequence[RowMapping]:
    """Return dead letters in order of death, `limit` at most, those with an id above `after`."""
    query = select(DEAD_LETTERS).where(DEAD_LETTERS.c.id > after).order_by(DEAD_LETTERS.c.id).limit(limit)
    return (await (await session.connection()).execute(query)).mappings().all()


async def get_dead(session: AsyncSession, dead_id: int) -> RowMapping | None:
    """Return one dead letter, or None."""
    query = select(DEAD_LETTERS).where(DEAD_LETTERS.c.id == dead_id)
    return (await (await session.connection()).execute(query)).mappings().first()


async def count_dead(session: AsyncSession) -> int:
    """Return how many dead letters there are."""
    query = select(func.count()).select_from(DEAD_LETTERS)
    return int((await (await session.connection()).execute(query)).scalar_one())


async def request_retry(session: AsyncSession, dead_ids: Sequence[int] | None) -> int:
    """Ask the running service to try dead letters again, all with None; return how many were asked for."""
    statement = update(DEAD_LETTERS).values(retry_requested_at=datetime.now(UTC))
    if dead_ids is not None:
        statement = statement.where(DEAD_LETTERS.c.id.in_(dead_ids))
    return await _run(session, statement)


async def has_retries(session: AsyncSession) -> bool:
    """Return whether an operator asked for the retry of some dead letter."""
    query = select(DEAD_LETTERS.c.id).where(DEAD_LETTERS.c.retry_requested_at.is_not(None)).limit(1)
    return (await (await session.connection()).execute(query)).first() is not None


async def take_retries(session: AsyncSession, limit: int) -> Sequence[RowMapping]:
    """Remove and return dead letters whose retry was asked for, oldest first.

    They come back through the consumer in the same transaction: if that fails they stay.
    """
    connection = await session.connection()
    query = (
        select(DEAD_LETTERS)
        .where(DEAD_LETTERS.c.retry_requested_at.is_not(None))
        .order_by(DEAD_LETTERS.c.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    rows = (await connection.execute(query)).mappings().all()
    if rows:
        await connection.execute(delete(DEAD_LETTERS).where(DEAD_LETTERS.c.id.in_([row["id"] for row in rows])))
    return rows


def _fit(text: str, column: Column[str]) -> str:
    """Cut a foreign text to what its column takes; PostgreSQL takes no NUL."""
    length = column.type.length if isinstance(column.type, String) else None
    return text.replace("\0", "\N{REPLACEMENT CHARACTER}")[:length]


async def _run(session: AsyncSession, statement: Delete | Any) -> int:  # noqa: ANN401 - any DML
    result = await (await session.connection()).execute(statement)
    return int(result.rowcount)
