"""Routes of standing. Only the gateway calls them; it knows who may read and who may decide."""

from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Query
from sqlmodel.ext.asyncio.session import AsyncSession

from services.policy.fields import Identifier, PageLimit
from services.policy.standing import service, store
from services.policy.standing.domain import AUTOMATIC, Standing, Steps, Tally
from services.policy.standing.models import StandingChange, StandingRow
from services.policy.standing.schemas import (
    ChangeAnswer,
    CountAnswer,
    LiftBody,
    RestrictedAnswer,
    RestrictedPage,
    RulingBody,
    StandingAnswer,
)
from shared.db import Database
from shared.problems import Conflict, Invalid

_MOST_CHANGES = 100


def create_router(database: Database, steps: Steps) -> APIRouter:
    """Build the routes."""
    router = APIRouter(prefix="/internal/standings", tags=["standing"])

    @router.get("")
    async def list_standings(
        standing: Annotated[Standing | None, Query()] = None,
        after: Annotated[str, Query(max_length=64)] = "",
        limit: PageLimit = 50,
    ) -> RestrictedPage:
        """List sellers that stand otherwise than well, or in one standing."""
        async with database.reading() as session:
            rows = await store.list_standings(session, standing, after, limit + 1)
        following = rows[limit - 1].seller_id if len(rows) > limit else None
        return RestrictedPage(items=[_describe_row(row) for row in rows[:limit]], next=following)

    @router.get("/{seller_id}")
    async def get_standing(seller_id: Identifier) -> StandingAnswer:
        """Say where a seller stands, why, and how that came."""
        async with database.reading() as session:
            return await _describe(session, seller_id, steps, datetime.now(UTC))

    @router.put("/{seller_id}")
    async def put_standing(seller_id: Identifier, body: RulingBody) -> StandingAnswer:
        """Set a seller's standing; it holds, whatever the points say, until its end or until it is lifted."""
        now = datetime.now(UTC)
        if body.until is not None and body.until <= now:
            raise Invalid.of("until", "lies in the past")
        async with database.transaction() as session:
            await service.rule(
                session, seller_id, body.standing, reason=body.reason, by=body.by, until=body.until, now=now
            )
            return await _describe(session, seller_id, steps, now)

    @router.post("/{seller_id}/lift")
    async def lift_standing(seller_id: Identifier, body: LiftBody) -> StandingAnswer:
        """End a restriction or ruling; violations up to now count no more."""
        now = datetime.now(UTC)
        async with database.transaction() as session:
            if not await service.lift(session, seller_id, reason=body.reason, by=body.by, now=now):
                raise Conflict("The seller stands well and nobody decided otherwise; there is nothing to lift.")
            return await _describe(session, seller_id, steps, now)

    return router


async def _describe(session: AsyncSession, seller_id: str, steps: Steps, now: datetime) -> StandingAnswer:
    found = await service.find_standing(session, seller_id, steps, now)
    changes = await store.list_changes(session, seller_id, _MOST_CHANGES)
    row, assessment = found.row, found.assessment
    return StandingAnswer(
        seller_id=seller_id,
        standing=assessment.standing,
        since=row.since if row else None,
        cause=row.cause if row else "",
        changed_by=row.changed_by if row else AUTOMATIC,
        ruled=assessment.ruled,
        until=row.until if row and assessment.ruled else None,
        points=assessment.points,
        window_days=steps.window.days,
        templates_only_from=steps.templates_only,
        suspended_from=steps.suspended,
        counts=[_describe_count(tally, steps) for tally in found.tallies],
        history=[_describe_change(change) for change in changes],
    )


def _describe_count(tally: Tally, steps: Steps) -> CountAnswer:
    points = tally.count * steps.weigh(tally.rule, tally.severity)
    return CountAnswer(rule=tally.rule, severity=tally.severity, messages=tally.count, points=points)


def _describe_change(change: StandingChange) -> ChangeAnswer:
    return ChangeAnswer(
        standing=change.standing,
        previous=change.previous,
        cause=change.cause,
        changed_by=change.changed_by,
        changed_at=change.changed_at,
        until=change.until,
    )


def _describe_row(row: StandingRow) -> RestrictedAnswer:
    return RestrictedAnswer(**row.model_dump(exclude={"forgiven_at"}))
