"""Every query of the policy service."""

from datetime import date, datetime

from sqlalchemy import update
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import col, func, select
from sqlmodel.ext.asyncio.session import AsyncSession

from services.policy.models import DailyUse, OrderRow, PartyRow, ReviewRequest
from shared.contracts.vocabulary import Role


async def get_order(session: AsyncSession, order_id: str) -> OrderRow | None:
    """Return an order, or None if it is not known yet."""
    return await session.get(OrderRow, order_id)


async def get_party(session: AsyncSession, role: Role, party_id: str) -> PartyRow | None:
    """Return a party, or None if it is not known yet."""
    return await session.get(PartyRow, (role, party_id))


async def was_review_asked(session: AsyncSession, order_id: str) -> bool:
    """Return whether a review was requested for the order."""
    return await session.get(ReviewRequest, order_id) is not None


async def count_orders(session: AsyncSession, seller_id: str, marketplace_id: str, since: datetime) -> int:
    """Return how many orders a seller got in a marketplace since a moment."""
    query = (
        select(func.count())
        .select_from(OrderRow)
        .where(
            OrderRow.seller_id == seller_id,
            OrderRow.marketplace_id == marketplace_id,
            col(OrderRow.placed_at) >= since,
        )
    )
    return (await session.exec(query)).one()


async def get_used(session: AsyncSession, seller_id: str, marketplace_id: str, day: date) -> int:
    """Return how many messages a seller has sent in a marketplace on a day."""
    use = await session.get(DailyUse, (seller_id, marketplace_id, day))
    return use.used if use else 0


async def lock_use(session: AsyncSession, seller_id: str, marketplace_id: str, day: date) -> int:
    """Return the day's count, held against change by others until this transaction ends."""
    connection = await session.connection()
    insert = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
    key = {"seller_id": seller_id, "marketplace_id": marketplace_id, "day": day}
    # An update that changes nothing takes the row's lock, whether the row was there or not.
    statement = (
        insert(DailyUse)
        .values(**key, used=0)
        .on_conflict_do_update(index_elements=list(key), set_={"used": col(DailyUse.used)})
        .returning(col(DailyUse.used))
    )
    return int((await connection.execute(statement)).scalar_one())


async def count_use(session: AsyncSession, seller_id: str, marketplace_id: str, day: date) -> None:
    """Add one to the day's count."""
    connection = await session.connection()
    await connection.execute(
        update(DailyUse)
        .where(
            col(DailyUse.seller_id) == seller_id,
            col(DailyUse.marketplace_id) == marketplace_id,
            col(DailyUse.day) == day,
        )
        .values(used=DailyUse.used + 1)
    )
