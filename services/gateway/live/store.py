"""Every query of the live feature, and the writing of changes as late as possible before a commit."""

from collections.abc import Callable, Sequence
from dataclasses import fields
from datetime import datetime

from sqlalchemy import delete, event, func, insert, text
from sqlalchemy.orm import Session, SessionTransaction
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from services.gateway.base import Base
from services.gateway.live.domain import Audience, News
from services.gateway.live.models import Change
from shared.db import SessionWithEvents

_CHANGES = Base.metadata.tables["changes"]
_COLUMNS = [column.name for column in fields(News)]
_PENDING = "pending_news"
_WAKE = "wake_listeners"
_SAVEPOINTS = "news_before_savepoints"
_COMMIT_ORDER_LOCK = 0x6C697665


def add_news(session: AsyncSession, news: Sequence[News], wake: Callable[[], None]) -> None:
    """Write `news` with this session's commit, and call `wake` once it is committed."""
    session.info.setdefault(_PENDING, []).extend(news)
    session.info[_WAKE] = wake


async def list_changes(
    session: AsyncSession, after: int, limit: int, audience: Audience | None = None, until: int | None = None
) -> Sequence[Change]:
    """Return changes with a `seq` above `after`, up to `until`, in order; all or those for `audience`."""
    query = select(Change).where(col(Change.seq) > after).order_by(col(Change.seq)).limit(limit)
    if until is not None:
        query = query.where(col(Change.seq) <= until)
    if audience is not None and audience.seller_id is not None:
        query = query.where(Change.seller_id == audience.seller_id)
    if audience is not None and audience.buyer_id is not None:
        query = query.where(Change.buyer_id == audience.buyer_id)
    return (await session.exec(query)).all()


async def newest_seq(session: AsyncSession) -> int:
    """Return the `seq` of the newest change, 0 if there is none."""
    return (await session.exec(select(func.max(Change.seq)))).one() or 0


async def delete_changes(session: AsyncSession, before: datetime) -> int:
    """Forget changes older than `before`; returns how many went."""
    result = await (await session.connection()).execute(delete(Change).where(col(Change.at) < before))
    return int(result.rowcount)


@event.listens_for(SessionWithEvents, "after_transaction_create")
def _mark_savepoint(session: Session, transaction: SessionTransaction) -> None:
    if transaction.nested:
        session.info.setdefault(_SAVEPOINTS, {})[transaction] = len(session.info.get(_PENDING, ()))


@event.listens_for(SessionWithEvents, "before_commit")
def _write_news(session: Session) -> None:
    if session.in_nested_transaction():
        return
    news: list[News] = session.info.pop(_PENDING, [])
    if not news:
        return
    session.flush()
    if session.get_bind().dialect.name == "postgresql":
        # Sequence numbers are drawn before commits, and commits overtake each other; a reader that has seen 8 would
        # never look for a 7 that commits later. Whoever holds this lock draws and commits before the next draws.
        session.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _COMMIT_ORDER_LOCK})
    # The table, not the model: that would write rows with a seller apart from those with a buyer.
    session.execute(insert(_CHANGES), [{name: getattr(item, name) for name in _COLUMNS} for item in news])


@event.listens_for(SessionWithEvents, "after_soft_rollback")
def _drop_news(session: Session, transaction: SessionTransaction) -> None:
    # What was announced before a savepoint stays when only the savepoint is rolled back.
    announced_before = session.info.get(_SAVEPOINTS, {}).pop(transaction, 0)
    del session.info.get(_PENDING, [])[announced_before:]


@event.listens_for(SessionWithEvents, "after_commit")
def _wake_listeners(session: Session) -> None:
    if session.in_nested_transaction():
        return
    wake: Callable[[], None] | None = session.info.pop(_WAKE, None)
    if wake is not None:
        wake()
