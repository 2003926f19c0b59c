"""Every query about standing."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import update
from sqlalchemy.dialects import postgresql, sqlite
from sqlmodel import col, func, or_, select
from sqlmodel.ext.asyncio.session import AsyncSession

from services.policy.models import OrderRow
from services.policy.standing.domain import Standing, Tally
from services.policy.standing.models import StandingChange, StandingRow, Violation
from shared.contracts.facts import MarketplaceFacts, OrderFacts
from shared.contracts.vocabulary import Severity


async def get_standing(session: AsyncSession, seller_id: str) -> StandingRow | None:
    """Return where a seller stands, None for one who never stood otherwise than well."""
    return await session.get(StandingRow, seller_id, populate_existing=True)


async def find_marketplace(session: AsyncSession, seller_id: str) -> MarketplaceFacts | None:
    """Return where a seller's latest order is from, None before any."""
    query = select(OrderRow).where(OrderRow.seller_id == seller_id).order_by(col(OrderRow.placed_at).desc()).limit(1)
    order = (await session.exec(query)).first()
    return OrderFacts.model_validate(order.facts).marketplace if order else None


async def list_standings(
    session: AsyncSession, standing: Standing | None, after: str, limit: int
) -> Sequence[StandingRow]:
    """Return sellers that stand otherwise than well, or in one standing, or by a ruling, by id."""
    wanted = or_(col(StandingRow.standing) != Standing.GOOD, col(StandingRow.ruled))
    if standing is not None:
        wanted = col(StandingRow.standing) == standing
    query = (
        select(StandingRow)
        .where(wanted, col(StandingRow.seller_id) > after)
        .order_by(col(StandingRow.seller_id))
        .limit(limit)
    )
    return (await session.exec(query)).all()


async def list_passing(session: AsyncSession, now: datetime, limit: int, after: str) -> Sequence[str]:
    """Return sellers whose standing time may change by itself, by id: restricted by count, or a ruling that ended."""
    counted = col(StandingRow.ruled).is_(False) & (col(StandingRow.standing) != Standing.GOOD)
    ended = col(StandingRow.ruled) & (col(StandingRow.until) <= now)
    query = (
        select(StandingRow.seller_id)
        .where(or_(counted, ended), col(StandingRow.seller_id) > after)
        .order_by(col(StandingRow.seller_id))
        .limit(limit)
    )
    return (await session.exec(query)).all()


async def tally(session: AsyncSession, seller_id: str, since: datetime) -> Sequence[Tally]:
    """Return a seller's violations since a moment, by rule and severity, without the overturned ones."""
    query = (
        select(Violation.rule, Violation.severity, func.count())
        .where(
            Violation.seller_id == seller_id,
            col(Violation.committed_at) > since,
            col(Violation.overturned).is_(False),
        )
        .group_by(col(Violation.rule), col(Violation.severity))
        .order_by(col(Violation.rule), col(Violation.severity))
    )
    return [Tally(rule, Severity(severity), count) for rule, severity, count in await session.exec(query)]


async def insert_violations(
    session: AsyncSession, seller_id: str, message_id: UUID, violated: Sequence[tuple[str, Severity]], at: datetime
) -> None:
    """Record what a message violated; what is recorded already stays as it is."""
    connection = await session.connection()
    insert = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
    rows = [
        {
            "message_id": message_id,
            "rule": rule,
            "seller_id": seller_id,
            "severity": severity,
            "committed_at": at,
            "overturned": False,
        }
        for rule, severity in violated
    ]
    await connection.execute(insert(Violation).values(rows).on_conflict_do_nothing())


async def overturn_violations(session: AsyncSession, message_id: UUID) -> None:
    """Let a message's violations count no more."""
    connection = await session.connection()
    await connection.execute(update(Violation).where(col(Violation.message_id) == message_id).values(overturned=True))


async def list_changes(session: AsyncSession, seller_id: str, limit: int) -> Sequence[StandingChange]:
    """Return how a seller's standing changed, newest first."""
    query = (
        select(StandingChange)
        .where(StandingChange.seller_id == seller_id)
        .order_by(col(StandingChange.change_id).desc())
        .limit(limit)
    )
    return (await session.exec(query)).all()
