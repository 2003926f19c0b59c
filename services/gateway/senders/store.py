"""Every query about requested sender addresses."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import CursorResult, delete
from sqlmodel import col, func, select
from sqlmodel.ext.asyncio.session import AsyncSession

from services.gateway.senders.models import SenderRequest


async def get_request(session: AsyncSession, request_id: UUID) -> SenderRequest | None:
    """Return a request, or None."""
    return await session.get(SenderRequest, request_id)


async def count_since(session: AsyncSession, seller_id: str, since: datetime) -> int:
    """Return how many addresses a seller asked for since then."""
    query = select(func.count()).where(SenderRequest.seller_id == seller_id, SenderRequest.requested_at >= since)
    return (await session.exec(query)).one()


async def list_requests(session: AsyncSession, seller_id: str, limit: int) -> Sequence[SenderRequest]:
    """Return a seller's requests, newest first."""
    query = (
        select(SenderRequest)
        .where(SenderRequest.seller_id == seller_id)
        .order_by(col(SenderRequest.requested_at).desc())
        .limit(limit)
    )
    return (await session.exec(query)).all()


async def delete_requests(session: AsyncSession, seller_id: str, address_hash: str) -> None:
    """Forget all requests of a seller for one address, whose links then are good for nothing."""
    await session.exec(
        delete(SenderRequest).where(
            col(SenderRequest.seller_id) == seller_id, col(SenderRequest.address_hash) == address_hash
        )
    )


async def purge_expired(session: AsyncSession, before: datetime) -> int:
    """Forget requests that expired before then and that nobody confirmed; return how many."""
    result = await session.exec(
        delete(SenderRequest).where(col(SenderRequest.expires_at) < before, col(SenderRequest.confirmed_at).is_(None))
    )
    assert isinstance(result, CursorResult)  # noqa: S101 - what DML gives
    return int(result.rowcount)
