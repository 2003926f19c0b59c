"""Every query about single threads and messages; `listing.py` has those of listings."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Insert, delete
from sqlalchemy import insert as insert_rows
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import aliased
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession
from sqlmodel.sql.expression import SelectOfScalar

from services.gateway.base import Base
from services.gateway.mailbox.domain import Past, Progress, Status, counts_as_said
from services.gateway.mailbox.models import Message, RememberedRequest, Step, Thread
from shared.contracts.facts import MessageFacts
from shared.lookup import KEYS, Lookup, find_rows
from shared.writing import write_last

_SAID = tuple(status for status in Status if counts_as_said(status))
_INSERT_STEP = insert_rows(Base.metadata.tables["steps"])


def _write_keeping(insert: Any) -> Insert:  # noqa: ANN401 - each dialect has an Insert of its own
    rows = insert(Base.metadata.tables["message_words"])
    kept: Insert = rows.on_conflict_do_update(
        index_elements=["thread_id", "message_id", "passed"], set_={"words": rows.excluded.words}
    )
    return kept


# An operator may let pass again what the gate had mended otherwise.
_KEEP_WORDS = {"postgresql": _write_keeping(postgresql.insert), "sqlite": _write_keeping(sqlite.insert)}

MESSAGES: Lookup[UUID, Message] = Lookup(find_rows(Message), absent=True)
LOCKED_MESSAGES: Lookup[UUID, Message] = Lookup(find_rows(Message, locked=True))
LOCKED_THREADS: Lookup[UUID, Thread] = Lookup(find_rows(Thread, locked=True))


async def get_message(session: AsyncSession, message_id: UUID) -> Message | None:
    """Return a message, or None."""
    return await MESSAGES.get(session, message_id)


async def lock_message(session: AsyncSession, message_id: UUID) -> Message | None:
    """Return a message that nobody else changes until this transaction ends, or None."""
    return await LOCKED_MESSAGES.get(session, message_id)


def add_message(session: AsyncSession, message: Message) -> None:
    """Keep a new message."""
    session.add(message)
    MESSAGES.forget(session, message.message_id)


def add_step(session: AsyncSession, message_id: UUID, step: Progress) -> None:
    """Keep a step of a message."""
    row = {
        "message_id": message_id,
        "status": step.status,
        "at": step.at,
        "attempt": step.attempt,
        "reply_code": step.reply_code,
        "next_attempt_at": step.next_attempt_at,
    }
    write_last(session, _INSERT_STEP, row)


def keep_words(session: AsyncSession, message: Message, words: bytes, *, passed: bool) -> None:
    """Keep the digest of a message's words as it came in or as it `passed`, in place of an earlier one."""
    row = {"thread_id": message.thread_id, "message_id": message.message_id, "passed": passed, "words": words}
    write_last(session, _KEEP_WORDS[session.get_bind().dialect.name], row)


async def get_status(session: AsyncSession, message_id: UUID) -> Status:
    """Return how far a message that exists has come."""
    return Status((await session.exec(select(Message.status).where(Message.message_id == message_id))).one())


async def get_thread(session: AsyncSession, thread_id: UUID) -> Thread | None:
    """Return a thread, or None."""
    return await session.get(Thread, thread_id)


async def lock_thread(session: AsyncSession, thread_id: UUID) -> Thread | None:
    """Return a thread that nobody else changes until this transaction ends, or None."""
    return await LOCKED_THREADS.get(session, thread_id)


async def open_thread(session: AsyncSession, facts: MessageFacts) -> Thread:
    """Return the thread of a message, locked; it is opened if there is none yet."""
    if (known := await lock_thread(session, facts.thread_id)) is not None:
        return known
    thread = Thread(
        thread_id=facts.thread_id,
        marketplace_id=facts.marketplace.marketplace_id,
        buyer_id=facts.buyer_id,
        seller_id=facts.seller_id,
        last_at=facts.accepted_at,
    )
    connection = await session.connection()
    insert = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
    await connection.execute(insert(Thread).values(thread.model_dump()).on_conflict_do_nothing())
    locked = await lock_thread(session, thread.thread_id)
    if locked is None:
        raise LookupError("a thread vanished while it was opened")
    return locked


def _select_latest_said() -> SelectOfScalar[Message]:
    said = aliased(Message)
    latest = (
        select(said.message_id)
        .where(said.thread_id == Thread.thread_id, col(said.status).in_(_SAID))
        .order_by(col(said.accepted_at).desc(), col(said.message_id).desc())
        .limit(1)
        .scalar_subquery()
    )
    return select(Message).join(Thread, col(Message.message_id) == latest).where(col(Thread.thread_id).in_(KEYS))


_LATEST_SAID = _select_latest_said()


async def _find_latest_said(session: AsyncSession, thread_ids: Collection[UUID]) -> dict[UUID, Message]:
    found = await session.exec(_LATEST_SAID, params={"keys": thread_ids})
    return {message.thread_id: message for message in found}


LATEST_SAID: Lookup[UUID, Message] = Lookup(_find_latest_said, absent=True)


async def latest_said(session: AsyncSession, thread_id: UUID) -> Message | None:
    """Return the newest message of a thread that the other side can have read, or None."""
    return await LATEST_SAID.get(session, thread_id)


def note_said(session: AsyncSession, message: Message) -> None:
    """Take note that a message has become one that the other side can have read, or is no longer one."""
    if not counts_as_said(message.status):
        LATEST_SAID.forget(session, message.thread_id)
        return

    def choose(latest: Message | None) -> Message:
        return message if latest is None else max(latest, message, key=lambda one: (one.accepted_at, one.message_id))

    LATEST_SAID.learn(session, message.thread_id, choose)


async def list_steps(session: AsyncSession, message_ids: Sequence[UUID]) -> dict[UUID, list[Step]]:
    """Return the steps of messages, earliest first, by message."""
    query = select(Step).where(col(Step.message_id).in_(message_ids)).order_by(col(Step.at), col(Step.step_id))
    steps: dict[UUID, list[Step]] = {message_id: [] for message_id in message_ids}
    for step in await session.exec(query):
        steps[step.message_id].append(step)
    return steps


async def get_remembered(session: AsyncSession, caller: str, key: str) -> RememberedRequest | None:
    """Return the request that a caller sent with an idempotency key, or None."""
    return await session.get(RememberedRequest, (caller, key))


async def remember(session: AsyncSession, request: RememberedRequest) -> bool:
    """Remember a request unless its key is taken; return whether it was free."""
    connection = await session.connection()
    insert = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
    statement = insert(RememberedRequest).values(request.model_dump()).on_conflict_do_nothing()
    inserted = await connection.execute(statement.returning(col(RememberedRequest.key)))
    return inserted.scalar_one_or_none() is not None


async def forget_requests(session: AsyncSession, before: datetime) -> int:
    """Forget requests made before a time; returns how many."""
    statement = delete(RememberedRequest).where(col(RememberedRequest.made_at) < before)
    return int((await (await session.connection()).execute(statement)).rowcount)


def past_of(message: Message | None) -> Past | None:
    """Return a message as far as an answer to it matters."""
    if message is None:
        return None
    return Past(message.message_id, message.direction, message.status, message.accepted_at)
