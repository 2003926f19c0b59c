"""The queries behind listings of threads and messages: what each caller may see, filtered, page by page; and counts."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, func, or_, true, tuple_
from sqlalchemy import select as select_columns
from sqlmodel import col, exists, select
from sqlmodel.ext.asyncio.session import AsyncSession

from services.gateway.access.domain import Caller
from services.gateway.filing.conditions import FilingFilter, is_deleted, is_hidden, list_conditions
from services.gateway.filing.domain import Archived
from services.gateway.mailbox.domain import Flow, Status
from services.gateway.mailbox.models import Message, Thread
from services.gateway.mailbox.searching import Hashes, says
from services.gateway.orders.models import Order, Pair
from services.gateway.paging import Cursor
from shared.contracts.vocabulary import Direction, Kind, Mark

NEWEST_FIRST = "newest"
LONGEST_WAITING_FIRST = "waiting"


@dataclass(frozen=True, slots=True)
class MessageFilter:
    """Which messages a listing holds; None filters nothing."""

    thread_id: UUID | None = None
    order_id: str | None = None
    status: Status | None = None
    direction: Direction | None = None
    kind: Kind | None = None
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class ThreadFilter:
    """Which threads a listing holds; None filters nothing. `said`: hashes of the words sought, by seller."""

    response_needed: bool | None = None
    unread: bool | None = None
    status: Status | None = None
    order_id: str | None = None
    buyer_alias: str | None = None
    marketplace_id: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    filing: FilingFilter = field(default_factory=FilingFilter)
    direction: Flow | None = None
    reported: bool | None = None
    said: Mapping[str, Hashes] | None = None

    @property
    def order(self) -> str:
        """Threads that need a response come longest waiting first (R-INBOX-1), others newest first."""
        return LONGEST_WAITING_FIRST if self.response_needed else NEWEST_FIRST


COUNTED: Mapping[str, ThreadFilter] = {
    "response_needed": ThreadFilter(response_needed=True),
    "unread": ThreadFilter(unread=True),
    "received": ThreadFilter(direction=Flow.RECEIVED),
    "sent": ThreadFilter(direction=Flow.SENT),
    "archived": ThreadFilter(filing=FilingFilter(archived=Archived.ONLY)),
    "reported": ThreadFilter(reported=True),
    "all": ThreadFilter(filing=FilingFilter(archived=Archived.TOO)),
}
"""What is counted: listings by name."""


async def list_messages(
    session: AsyncSession, caller: Caller, wanted: MessageFilter, cursor: Cursor | None, limit: int
) -> Sequence[Message]:
    """Return `limit` messages that the caller may see from the cursor on, newest first."""
    place = (col(Message.accepted_at), col(Message.message_id))
    equal: dict[Any, object] = {
        col(Message.thread_id): wanted.thread_id,
        col(Message.order_id): wanted.order_id,
        col(Message.status): wanted.status,
        col(Message.direction): wanted.direction,
        col(Message.kind): wanted.kind,
    }
    query = select(Message).where(may_see_message(caller), *_equalities(equal))
    query = query.where(*_period(col(Message.accepted_at), wanted.since, wanted.until))
    if cursor is not None:
        query = query.where(tuple_(*place) < tuple_(cursor.at, cursor.uuid))
    return (await session.exec(query.order_by(*(column.desc() for column in place)).limit(limit))).all()


async def list_threads(
    session: AsyncSession, caller: Caller, wanted: ThreadFilter, cursor: Cursor | None, limit: int
) -> Sequence[Thread]:
    """Return `limit` threads that the caller may see from the cursor on, in the filter's order."""
    waiting = wanted.order == LONGEST_WAITING_FIRST
    time = col(Thread.response_needed_since) if waiting else last_seen_by(caller)
    query = select(Thread).where(may_see_thread(caller), *_thread_conditions(caller, wanted))
    query = query.where(*_period(last_seen_by(caller), wanted.since, wanted.until))
    place = (time, col(Thread.thread_id))
    if cursor is not None:
        last, here = tuple_(*place), tuple_(cursor.at, cursor.uuid)
        query = query.where(last > here if waiting else last < here)
    order = place if waiting else tuple(column.desc() for column in place)
    return (await session.exec(query.order_by(*order).limit(limit))).all()


async def list_sellers(session: AsyncSession, caller: Caller, wanted: ThreadFilter, limit: int) -> Sequence[str]:
    """Return the sellers of the threads that `list_threads` would return, `limit` at most."""
    query = select(Thread.seller_id).where(may_see_thread(caller), *_thread_conditions(caller, wanted))
    query = query.where(*_period(last_seen_by(caller), wanted.since, wanted.until))
    return (await session.exec(query.distinct().limit(limit))).all()


async def count_threads(session: AsyncSession, caller: Caller, marketplace_id: str | None) -> Mapping[str, int]:
    """Return how many threads each listing of `COUNTED` holds, with one query."""
    threads = func.count(col(Thread.thread_id))
    counts = (
        threads.filter(and_(true(), *_thread_conditions(caller, wanted))).label(name)
        for name, wanted in COUNTED.items()
    )
    here = _equalities({col(Thread.marketplace_id): marketplace_id})
    query = select_columns(*counts).where(may_see_thread(caller), *here)
    return dict((await (await session.connection()).execute(query)).mappings().one())


def may_see_message(caller: Caller) -> ColumnElement[bool]:
    """Return the condition that a message is the caller's own, or was let pass to them."""
    if caller.seller_id is not None:
        own = col(Message.direction) == Direction.SELLER_TO_BUYER
        return and_(col(Message.seller_id) == caller.seller_id, or_(own, col(Message.shown)), ~is_hidden())
    if caller.buyer_id is not None:
        own = col(Message.direction) == Direction.BUYER_TO_SELLER
        return and_(col(Message.buyer_id) == caller.buyer_id, or_(own, col(Message.shown)))
    return _everything(col(Message.message_id))


def may_see_thread(caller: Caller) -> ColumnElement[bool]:
    """Return the condition that a thread is the caller's and has a message they may see."""
    if caller.seller_id is not None:
        return and_(col(Thread.seller_id) == caller.seller_id, col(Thread.seller_last_at).is_not(None), ~is_deleted())
    if caller.buyer_id is not None:
        return and_(col(Thread.buyer_id) == caller.buyer_id, col(Thread.buyer_last_at).is_not(None))
    return _everything(col(Thread.thread_id))


def last_seen_by(caller: Caller) -> Any:  # noqa: ANN401 - SQLModel types columns as their values
    """Return the column with the time of the newest message that the caller may see."""
    if caller.seller_id is not None:
        return col(Thread.seller_last_at)
    if caller.buyer_id is not None:
        return col(Thread.buyer_last_at)
    return col(Thread.last_at)


def _thread_conditions(caller: Caller, wanted: ThreadFilter) -> list[ColumnElement[bool]]:
    conditions = _equalities({col(Thread.marketplace_id): wanted.marketplace_id})
    conditions += list_conditions(caller, wanted.filing)
    if wanted.response_needed is not None:
        needed = col(Thread.response_needed_since).is_not(None)
        conditions.append(needed if wanted.response_needed else ~needed)
    if wanted.unread is not None:
        unread = col(Thread.buyer_unread if caller.buyer_id is not None else Thread.seller_unread) > 0
        conditions.append(unread if wanted.unread else ~unread)
    if wanted.status is not None:
        visible = select(Message.thread_id).where(may_see_message(caller), Message.status == wanted.status)
        conditions.append(col(Thread.thread_id).in_(visible))
    if wanted.order_id is not None:
        conditions.append(col(Thread.thread_id).in_(select(Order.thread_id).where(Order.order_id == wanted.order_id)))
    if wanted.buyer_alias is not None:
        aliased = select(Pair.thread_id).where(Pair.buyer_alias == wanted.buyer_alias)
        conditions.append(col(Thread.thread_id).in_(aliased))
    if wanted.direction is not None:
        conditions.append(_has_message(caller, _went(caller, wanted.direction)))
    if wanted.reported is not None:
        # Parties see what they reported themselves, and never that they were.
        by_reader = [] if caller.is_operator else [_went(caller, Flow.RECEIVED)]
        reported = _has_message(caller, col(Message.mark) == Mark.REPORTED, *by_reader)
        conditions.append(reported if wanted.reported else ~reported)
    if wanted.said is not None:
        conditions.append(says(caller, wanted.said, may_see_message(caller)))
    return conditions


def _has_message(caller: Caller, *conditions: ColumnElement[bool]) -> ColumnElement[bool]:
    found = select(Message.message_id).where(
        Message.thread_id == Thread.thread_id, may_see_message(caller), *conditions
    )
    return exists(found)


def _went(caller: Caller, flow: Flow) -> ColumnElement[bool]:
    """Return the condition that a message came to the reader, or went out and arrived; operators read as sellers do."""
    to_buyer = (flow is Flow.SENT) is (caller.buyer_id is None)
    direction = col(Message.direction) == (Direction.SELLER_TO_BUYER if to_buyer else Direction.BUYER_TO_SELLER)
    return and_(direction, col(Message.status) == Status.DELIVERED if flow is Flow.SENT else col(Message.shown))


def _equalities(wanted: dict[Any, object]) -> list[ColumnElement[bool]]:
    return [column == value for column, value in wanted.items() if value is not None]


def _period(time: Any, since: datetime | None, until: datetime | None) -> list[ColumnElement[bool]]:  # noqa: ANN401 - see `last_seen_by`
    conditions = []
    if since is not None:
        conditions.append(time >= since)
    if until is not None:
        conditions.append(time < until)
    return conditions


def _everything(key: Any) -> ColumnElement[bool]:  # noqa: ANN401 - see `last_seen_by`
    found: ColumnElement[bool] = key.is_not(None)
    return found
