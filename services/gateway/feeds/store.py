"""Every query about feeds."""

from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import delete, func, tuple_
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from services.gateway.feeds.domain import FeedKind, FeedState
from services.gateway.feeds.models import Feed, FeedProblem
from services.gateway.paging import Cursor


async def get_feed(session: AsyncSession, feed_id: UUID) -> Feed | None:
    """Return a feed, or None."""
    return await session.get(Feed, feed_id)


async def claim_feed(session: AsyncSession, feed_id: UUID) -> Feed | None:
    """Return a feed that nobody else works on until this transaction ends, or None where somebody does."""
    query = select(Feed).where(Feed.feed_id == feed_id).with_for_update(skip_locked=True)
    return (await session.exec(query.execution_options(populate_existing=True))).first()


async def find_waiting(session: AsyncSession, passed: Collection[UUID]) -> Feed | None:
    """Return the feed that waits longest to be worked through and is none of those passed over, or None."""
    query = select(Feed).where(col(Feed.state) != FeedState.DONE).order_by(col(Feed.received_at)).limit(1)
    if passed:
        query = query.where(col(Feed.feed_id).not_in(passed))
    return (await session.exec(query)).first()


async def count_waiting(session: AsyncSession, seller_id: str | None) -> int:
    """Return how many feeds of a sender are not done."""
    query = select(func.count()).select_from(Feed).where(Feed.seller_id == seller_id, Feed.state != FeedState.DONE)
    return (await session.exec(query)).one()


async def list_feeds(
    session: AsyncSession,
    seller_id: str | None,
    kind: FeedKind | None,
    state: FeedState | None,
    cursor: Cursor | None,
    limit: int,
) -> Sequence[Feed]:
    """Return `limit` feeds from the cursor on, latest first; of one seller, or everybody's."""
    place = (col(Feed.received_at), col(Feed.feed_id))
    query = select(Feed).order_by(*(column.desc() for column in place)).limit(limit)
    if seller_id is not None:
        query = query.where(Feed.seller_id == seller_id)
    if kind is not None:
        query = query.where(Feed.kind == kind)
    if state is not None:
        query = query.where(Feed.state == state)
    if cursor is not None:
        query = query.where(tuple_(*place) < tuple_(cursor.at, cursor.uuid))
    return (await session.exec(query)).all()


async def list_problems(session: AsyncSession, feed_id: UUID, after: int, limit: int) -> Sequence[FeedProblem]:
    """Return `limit` problems of a feed with a number above `after`, in order."""
    query = select(FeedProblem).where(FeedProblem.feed_id == feed_id, col(FeedProblem.number) > after)
    return (await session.exec(query.order_by(col(FeedProblem.number)).limit(limit))).all()


async def last_problem(session: AsyncSession, feed_id: UUID) -> int:
    """Return the number of a feed's last problem, 0 if there is none."""
    query = select(func.max(FeedProblem.number)).where(FeedProblem.feed_id == feed_id)
    return (await session.exec(query)).one() or 0


async def list_old(session: AsyncSession, before: datetime, limit: int) -> Sequence[Feed]:
    """Return feeds that were done before a time."""
    return (await session.exec(select(Feed).where(col(Feed.done_at) < before).limit(limit))).all()


async def delete_feeds(session: AsyncSession, feed_ids: Sequence[UUID]) -> None:
    """Forget feeds and what was wrong with them."""
    connection = await session.connection()
    await connection.execute(delete(FeedProblem).where(col(FeedProblem.feed_id).in_(feed_ids)))
    await connection.execute(delete(Feed).where(col(Feed.feed_id).in_(feed_ids)))
