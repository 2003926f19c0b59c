"""Every query about past decisions."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlmodel import col, func, or_, select
from sqlmodel.ext.asyncio.session import AsyncSession

from services.policy.models import DecisionRow

Place = tuple[datetime, UUID]


async def count_decisions(session: AsyncSession, since: datetime, until: datetime) -> int:
    """Return how many decisions were taken from `since` on and before `until`."""
    query = (
        select(func.count())
        .select_from(DecisionRow)
        .where(col(DecisionRow.decided_at) >= since, col(DecisionRow.decided_at) < until)
    )
    return (await session.exec(query)).one()


async def list_decisions(
    session: AsyncSession, since: datetime, until: datetime, after: Place | None, limit: int
) -> Sequence[DecisionRow]:
    """Return decisions in order of time, those behind `after`."""
    query = (
        select(DecisionRow)
        .where(col(DecisionRow.decided_at) >= since, col(DecisionRow.decided_at) < until)
        .order_by(col(DecisionRow.decided_at), col(DecisionRow.message_id))
        .limit(limit)
    )
    if after is not None:
        at, message_id = after
        later = or_(
            col(DecisionRow.decided_at) > at,
            (col(DecisionRow.decided_at) == at) & (col(DecisionRow.message_id) > message_id),
        )
        query = query.where(later)
    return (await session.exec(query)).all()
