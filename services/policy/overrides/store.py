"""Every query about overrides."""

from collections.abc import Sequence
from uuid import UUID

from sqlmodel import col, select
from sqlmodel.ext.asyncio.session import AsyncSession

from services.policy.models import DecisionRow
from services.policy.overrides.models import Override


async def lock_decision(session: AsyncSession, message_id: UUID) -> DecisionRow | None:
    """Return a decision that nobody else changes until this transaction ends, or None."""
    return await session.get(DecisionRow, message_id, with_for_update=True, populate_existing=True)


async def list_overrides(session: AsyncSession, message_id: UUID) -> Sequence[Override]:
    """Return what operators decided on a message, oldest first."""
    query = select(Override).where(Override.message_id == message_id).order_by(col(Override.override_id))
    return (await session.exec(query)).all()
