"""Routes of the policy service. Only the gateway calls them; it knows who may ask."""

from datetime import UTC, datetime
from typing import Annotated
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from fastapi import APIRouter, Query
from pydantic import AfterValidator

from services.policy.documentation import describe_rule
from services.policy.fields import Identifier
from services.policy.schemas import QuotaAnswer, RulesAnswer
from services.policy.service import Gate
from shared.consumer import NotYetKnown
from shared.contracts.questions import EvaluateAnswer, EvaluateQuestion
from shared.db import Database
from shared.problems import Unavailable


def _check_time_zone(name: str) -> str:
    try:
        return ZoneInfo(name).key
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError("must be the name of an IANA time zone") from None


QueryId = Annotated[Identifier, Query()]
TimeZone = Annotated[str, Query(max_length=64), AfterValidator(_check_time_zone)]


def create_router(database: Database, gate: Gate) -> APIRouter:
    """Build the routes."""
    router = APIRouter(prefix="/internal", tags=["policy"])

    @router.post("/evaluate")
    async def evaluate(question: EvaluateQuestion) -> EvaluateAnswer:
        """Say what the gate would decide now; nothing is counted, kept or sent."""
        try:
            async with database.reading() as session:
                decision, content = await gate.evaluate(
                    session, question.message, question.content, question.seller_language
                )
        except NotYetKnown as error:
            raise Unavailable("The gate has not heard of this order or party yet; try again in a second.") from error
        return EvaluateAnswer(decision=decision, content=content)

    @router.get("/rules")
    async def list_rules() -> RulesAnswer:
        """Give the rule set in force, as documentation."""
        return RulesAnswer(
            version=gate.rules.version,
            shadow=gate.shadow.version if gate.shadow else None,
            rules=[describe_rule(rule) for rule in gate.rules.rules],
        )

    @router.get("/quota")
    async def read_quota(seller_id: QueryId, marketplace_id: QueryId, time_zone: TimeZone) -> QuotaAnswer:
        """Say how much a seller may still send in the marketplace's day, which `time_zone` tells."""
        async with database.reading() as session:
            quota = await gate.gatherer.read_quota(
                session, seller_id, marketplace_id, time_zone, datetime.now(UTC), counting=False
            )
        return QuotaAnswer(
            seller_id=seller_id,
            marketplace_id=marketplace_id,
            limit=quota.limit,
            used=quota.used,
            remaining=max(quota.limit - quota.used, 0),
            resets_at=quota.resets_at,
        )

    return router
