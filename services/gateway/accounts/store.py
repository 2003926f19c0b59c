"""Every query about marketplaces, sellers and buyers."""

from collections.abc import Sequence

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from services.gateway.accounts.models import Buyer, Marketplace, Seller
from shared.lookup import Lookup, find_rows

MARKETPLACES: Lookup[str, Marketplace] = Lookup(find_rows(Marketplace), absent=True)
SELLERS: Lookup[str, Seller] = Lookup(find_rows(Seller))
BUYERS: Lookup[str, Buyer] = Lookup(find_rows(Buyer))


async def get_marketplace(session: AsyncSession, marketplace_id: str) -> Marketplace | None:
    """Return a recorded marketplace, or None."""
    return await MARKETPLACES.get(session, marketplace_id)


async def list_marketplaces(session: AsyncSession) -> Sequence[Marketplace]:
    """Return all recorded marketplaces by id; there are as many as countries."""
    return (await session.exec(select(Marketplace).order_by(col(Marketplace.marketplace_id)))).all()


async def get_seller(session: AsyncSession, seller_id: str) -> Seller | None:
    """Return a seller, or None."""
    return await SELLERS.get(session, seller_id)


async def get_buyer(session: AsyncSession, buyer_id: str) -> Buyer | None:
    """Return a buyer, or None."""
    return await BUYERS.get(session, buyer_id)


async def list_sellers(session: AsyncSession, after: str, limit: int) -> Sequence[Seller]:
    """Return `limit` sellers with an id after `after`, by id."""
    query = select(Seller).where(col(Seller.seller_id) > after).order_by(col(Seller.seller_id)).limit(limit)
    return (await session.exec(query)).all()


async def list_buyers(session: AsyncSession, after: str, limit: int) -> Sequence[Buyer]:
    """Return `limit` buyers with an id after `after`, by id."""
    query = select(Buyer).where(col(Buyer.buyer_id) > after).order_by(col(Buyer.buyer_id)).limit(limit)
    return (await session.exec(query)).all()
