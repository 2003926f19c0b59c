"""Every query about orders and pairs."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import and_, func, tuple_
from sqlalchemy.orm import aliased
from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from services.gateway.orders.domain import TO_SHIP
from services.gateway.orders.models import Order, Pair
from services.gateway.paging import Cursor
from shared.contracts.vocabulary import Fulfilment, OrderStatus
from shared.lookup import KEYS, Lookup


@dataclass(frozen=True, slots=True)
class OrderFilter:
    """Which orders a listing holds; None filters nothing."""

    seller_id: str | None = None
    buyer_id: str | None = None
    buyer_alias: str | None = None
    status: OrderStatus | None = None
    placed_after: datetime | None = None
    placed_before: datetime | None = None
    ship_by_before: datetime | None = None
    warned_before: datetime | None = None


_TO_SHIP = and_(col(Order.status).in_(TO_SHIP), col(Order.fulfilment) == Fulfilment.SELLER)


async def get_order(session: AsyncSession, order_id: str) -> Order | None:
    """Return an order, or None."""
    return await session.get(Order, order_id)


async def get_pair(session: AsyncSession, thread_id: UUID) -> Pair | None:
    """Return a thread's aliases, or None while they are not issued."""
    return await session.get(Pair, thread_id)


async def list_pairs(session: AsyncSession, thread_ids: Sequence[UUID]) -> dict[UUID, Pair]:
    """Return the aliases of many threads, by thread."""
    rows = await session.exec(select(Pair).where(col(Pair.thread_id).in_(set(thread_ids))))
    return {row.thread_id: row for row in rows}


async def list_orders(session: AsyncSession, wanted: OrderFilter, cursor: Cursor | None, limit: int) -> Sequence[Order]:
    """Return `limit` orders from the cursor on, latest placed first."""
    place = (col(Order.placed_at), col(Order.order_id))
    query = select(Order).order_by(*(column.desc() for column in place)).limit(limit)
    if wanted.seller_id is not None:
        query = query.where(Order.seller_id == wanted.seller_id)
    if wanted.buyer_id is not None:
        query = query.where(Order.buyer_id == wanted.buyer_id)
    if wanted.buyer_alias is not None:
        aliased = select(Pair.thread_id).where(Pair.buyer_alias == wanted.buyer_alias)
        query = query.where(col(Order.thread_id).in_(aliased))
    if wanted.status is not None:
        query = query.where(Order.status == wanted.status)
    if wanted.placed_after is not None:
        query = query.where(col(Order.placed_at) >= wanted.placed_after)
    if wanted.placed_before is not None:
        query = query.where(col(Order.placed_at) < wanted.placed_before)
    if wanted.ship_by_before is not None:
        query = query.where(_TO_SHIP, col(Order.ship_by) < wanted.ship_by_before)
    if wanted.warned_before is not None:
        query = query.where(col(Order.warned_at).is_(None) | (col(Order.warned_at) < wanted.warned_before))
    if cursor is not None:
        query = query.where(tuple_(*place) < tuple_(cursor.at, cursor.id))
    return (await session.exec(query)).all()


_other = aliased(Order)
_LATEST = select(Order).where(
    col(Order.thread_id).in_(KEYS),
    Order.placed_at == select(func.max(_other.placed_at)).where(_other.thread_id == Order.thread_id).scalar_subquery(),
)


async def _find_latest(session: AsyncSession, thread_ids: Collection[UUID]) -> dict[UUID, Order]:
    return {order.thread_id: order for order in await session.exec(_LATEST, params={"keys": thread_ids})}


LATEST_ORDERS: Lookup[UUID, Order] = Lookup(_find_latest, absent=True)


async def latest_order(session: AsyncSession, thread_id: UUID) -> Order | None:
    """Return the order of a pair that was placed last, or None."""
    return await LATEST_ORDERS.get(session, thread_id)


async def find_among(session: AsyncSession, thread_id: UUID, order_ids: Sequence[str]) -> Sequence[str]:
    """Return those of `order_ids` that are orders of this pair."""
    query = select(Order.order_id).where(Order.thread_id == thread_id, col(Order.order_id).in_(order_ids))
    return (await session.exec(query)).all()


async def find_unwarned(
    session: AsyncSession, ship_by: datetime, left_out: Collection[str], limit: int
) -> Sequence[str]:
    """Return orders to be shipped until `ship_by` whose sellers were not warned yet, the latest first."""
    query = select(Order.order_id).where(
        _TO_SHIP,
        col(Order.ship_by) <= ship_by,
        col(Order.warned_at).is_(None),
        col(Order.order_id).not_in(left_out),
    )
    return (await session.exec(query.order_by(col(Order.ship_by)).limit(limit))).all()


async def find_lapsed(
    session: AsyncSession, ship_by: datetime, warned_at: datetime, left_out: Collection[str], limit: int
) -> Sequence[str]:
    """Return wholly unshipped orders to be shipped until `ship_by`, their sellers warned until `warned_at`."""
    query = select(Order.order_id).where(
        _TO_SHIP,
        Order.status == OrderStatus.UNSHIPPED,
        col(Order.ship_by) <= ship_by,
        col(Order.warned_at) <= warned_at,
        col(Order.order_id).not_in(left_out),
    )
    return (await session.exec(query.order_by(col(Order.ship_by)).limit(limit))).all()
