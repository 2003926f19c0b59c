"""Every query of the policy service."""

from collections.abc import Sequence
from datetime import date, datetime
from uuid import UUID

from sqlalchemy import delete, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import col, func, select
from sqlmodel.ext.asyncio.session import AsyncSession

from services.policy.models import DailyUse, DecisionRow, OrderRow, PartyAddress, PartyRow, ReviewRequest
from shared.contracts.vocabulary import Role


async def get_order(session: AsyncSession, order_id: str) -> OrderRow | None:
    """Return an order, or None if it is not known yet."""
    return await session.get(OrderRow, order_id)


async def get_party(session: AsyncSession, role: Role, party_id: str) -> PartyRow | None:
    """Return a party, or None if it is not known yet."""
    return await session.get(PartyRow, (role, party_id))


async def replace_addresses(session: AsyncSession, role: Role, party_id: str, hashes: Sequence[str]) -> None:
    """Know a party by these keyed hashes of its addresses, and by no others."""
    connection = await session.connection()
    await connection.execute(
        delete(PartyAddress).where(col(PartyAddress.role) == role, col(PartyAddress.party_id) == party_id)
    )
    rows = [{"address_hash": text, "role": role, "party_id": party_id} for text in dict.fromkeys(hashes)]
    if rows:
        insert = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
        await connection.execute(insert(PartyAddress).values(rows).on_conflict_do_nothing())


async def is_seller(session: AsyncSession, buyer_id: str) -> bool:
    """Return whether some seller writes from an address of this buyer."""
    own = select(PartyAddress.address_hash).where(PartyAddress.role == Role.BUYER, PartyAddress.party_id == buyer_id)
    query = (
        select(PartyAddress.party_id)
        .where(PartyAddress.role == Role.SELLER, col(PartyAddress.address_hash).in_(own))
        .limit(1)
    )
    return (await session.exec(query)).first() is not None


async def list_pair_orders(
    session: AsyncSession, buyer_id: str, seller_id: str, marketplace_id: str, limit: int = 200
) -> Sequence[str]:
    """Return the ids of the newest orders of a buyer with a seller in a marketplace."""
    query = (
        select(OrderRow.order_id)
        .where(
            OrderRow.buyer_id == buyer_id,
            OrderRow.seller_id == seller_id,
            OrderRow.marketplace_id == marketplace_id,
        )
        .order_by(col(OrderRow.placed_at).desc())
        .limit(limit)
    )
    return (await session.exec(query)).all()


async def note_delivery(session: AsyncSession, message_id: UUID, at: datetime) -> None:
    """Note that a message reached its reader: from then on nothing can call it back."""
    connection = await session.connection()
    await connection.execute(
        update(DecisionRow).where(col(DecisionRow.message_id) == message_id).values(delivered_at=at)
    )


async def insert_review_request(session: AsyncSession, order_id: str, message_id: UUID, at: datetime) -> None:
    """Note the one review request of an order; a second one, which only an operator lets pass, changes nothing."""
    connection = await session.connection()
    insert = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
    row = {"order_id": order_id, "message_id": message_id, "asked_at": at}
    await connection.execute(insert(ReviewRequest).values(row).on_conflict_do_nothing())


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
