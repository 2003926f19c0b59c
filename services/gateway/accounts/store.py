"""Every query about marketplaces, sellers and buyers."""

from collections.abc import Sequence
from typing import TypeVar

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from services.gateway.accounts.models import Buyer, Marketplace, Seller

P = TypeVar("P", Buyer | None, Marketplace | None, Seller | None)


async def get_marketplace(session: AsyncSession, marketplace_id: str) -> Marketplace | None:
    """Return a recorded marketplace, or None."""
    return _keep(session, await session.get(Marketplace, marketplace_id))


async def list_marketplaces(session: AsyncSession) -> Sequence[Marketplace]:
    """Return all recorded marketplaces by id; there are as many as countries."""
    return (await session.exec(select(Marketplace).order_by(col(Marketplace.marketplace_id)))).all()


async def get_seller(session: AsyncSession, seller_id: str) -> Seller | None:
    """Return a seller, or None."""
    return _keep(session, await session.get(Seller, seller_id))


async def get_buyer(session: AsyncSession, buyer_id: str) -> Buyer | None:
    """Return a buyer, or None."""
    return _keep(session, await session.get(Buyer, buyer_id))


async def list_sellers(session: AsyncSession, after: str, limit: int) -> Sequence[Seller]:
    """Return `limit` sellers with an id after `after`, by id."""
    query = select(Seller).where(col(Seller.seller_id) > after).order_by(col(Seller.seller_id)).limit(limit)
    return (await session.exec(query)).all()


async def list_buyers(session: AsyncSession, after: str, limit: int) -> Sequence[Buyer]:
    """Return `limit` buyers with an id after `after`, by id."""
    query = select(Buyer).where(col(Buyer.buyer_id) > after).order_by(col(Buyer.buyer_id)).limit(limit)
    return (await session.exec(query)).all()


def _keep(session: AsyncSession, party: P) -> P:
    """Hold a party for the length of the session, which forgets what nobody holds and would ask for it again.

    A batch of events is one session, and its messages are mostly of a few parties.
    """
    session.info.setdefault("kept_parties", []).append(party)
    return party
