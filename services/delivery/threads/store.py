"""Every query on messages' places in their threads."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import RowMapping, Select, func, select, tuple_
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import col
from sqlmodel import select as select_typed
from sqlmodel.ext.asyncio.session import AsyncSession

from services.delivery.models import Base, Identifier, ThreadedMessage
from shared.contracts.vocabulary import Role
from shared.lookup import KEYS, Lookup, find_rows, pad
from shared.writing import write_last

# A side of a thread, and a subject's hash.
Subject = tuple[UUID, Role, str]
_MESSAGES = Base.metadata.tables["threaded_messages"]
_INSERT_IDENTIFIER = Base.metadata.tables["identifiers"].insert()


PLACES: Lookup[UUID, ThreadedMessage] = Lookup(find_rows(ThreadedMessage))


async def insert_new(session: AsyncSession, table: type[Base], rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert `rows` into `table`, passing over those that are there already."""
    if not rows:
        return
    connection = await session.connection()
    insert = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
    # The statement without its values is compiled once and kept.
    await connection.execute(
        insert(Base.metadata.tables[str(table.__tablename__)]).on_conflict_do_nothing(), list(rows)
    )


def insert_identifier(session: AsyncSession, row: Mapping[str, Any]) -> None:
    """Keep a name that nobody has yet."""
    write_last(session, _INSERT_IDENTIFIER, row)


async def find_named(
    session: AsyncSession, threads: Sequence[UUID], hashes: Sequence[str]
) -> Mapping[tuple[UUID, str], UUID]:
    """Return the messages that go by these identifiers in these threads, by thread and identifier's hash."""
    if not hashes:
        return {}
    query = select_typed(Identifier.thread_id, Identifier.identifier_hash, Identifier.message_id).where(
        col(Identifier.thread_id).in_(list(threads)), col(Identifier.identifier_hash).in_(list(hashes))
    )
    return {(thread_id, name): message_id for thread_id, name, message_id in (await session.exec(query)).all()}


async def find_latest(session: AsyncSession, thread_id: UUID, writer: Role) -> UUID | None:
    """Return the latest message of one side that went out, or None."""
    query = (
        select_typed(ThreadedMessage.message_id)
        .where(ThreadedMessage.thread_id == thread_id, ThreadedMessage.writer == writer)
        .where(col(ThreadedMessage.own_identifier).is_not(None))
        .order_by(col(ThreadedMessage.created_at).desc())
        .limit(1)
    )
    return (await session.exec(query)).first()


def _select_latest_of_subjects() -> Select[Any]:
    places = _MESSAGES.c
    subject = (places.thread_id, places.writer, places.subject_hash)
    rank = func.row_number().over(partition_by=subject, order_by=places.created_at.desc()).label("rank")
    sent = (
        select(*subject, places.message_id, rank)
        .where(places.own_identifier.is_not(None), tuple_(*subject).in_(KEYS))
        .subquery()
    )
    return select(sent).where(sent.c.rank == 1)


_LATEST_OF_SUBJECTS = _select_latest_of_subjects()


async def find_latest_of_subjects(session: AsyncSession, subjects: Collection[Subject]) -> dict[Subject, UUID]:
    """Return the latest messages that went out, by side of a thread and subject's hash."""
    if not subjects:
        return {}
    rows = (await (await session.connection()).execute(_LATEST_OF_SUBJECTS, {"keys": pad(list(subjects))})).all()
    return {(thread_id, writer, name): message_id for thread_id, writer, name, message_id, _ in rows}


async def get_message(session: AsyncSession, message_id: UUID) -> ThreadedMessage | None:
    """Return a message's place, or None."""
    return await PLACES.get(session, message_id)


async def list_recent(session: AsyncSession, thread_id: UUID, limit: int) -> Sequence[RowMapping]:
    """Return the latest `limit` messages of a thread, latest first: ids, writer, identifiers."""
    query = (
        select(_MESSAGES).where(_MESSAGES.c.thread_id == thread_id).order_by(_MESSAGES.c.created_at.desc()).limit(limit)
    )
    await session.flush()
    return (await (await session.connection()).execute(query)).mappings().all()
