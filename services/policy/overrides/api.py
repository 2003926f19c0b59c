"""Routes of decisions and overrides. Only the gateway calls them."""

from datetime import UTC, datetime
from uuid import UUID

from fastapi import APIRouter
from sqlmodel.ext.asyncio.session import AsyncSession

from services.policy.models import DecisionRow
from services.policy.overrides import service, store
from services.policy.overrides.models import Override
from services.policy.overrides.schemas import DecisionAnswer, FoundAnswer, OverrideAnswer, OverrideBody
from services.policy.overrides.service import Order
from services.policy.service import Gate
from shared.contracts.vocabulary import Verdict
from shared.db import Database
from shared.problems import NotFound


def create_router(database: Database, gate: Gate) -> APIRouter:
    """Build the routes."""
    router = APIRouter(prefix="/internal/messages", tags=["decisions"])

    @router.get("/{message_id}")
    async def get_decision(message_id: UUID) -> DecisionAnswer:
        """Say how a message was decided, and what operators decided instead."""
        async with database.reading() as session:
            return await _describe(session, message_id)

    @router.post("/{message_id}/approve")
    async def approve_message(message_id: UUID, body: OverrideBody) -> DecisionAnswer:
        """Let a rejected message pass: it is delivered, and counts as no violation."""
        return await _override(message_id, Order(Verdict.APPROVED, body.reason, body.by))

    @router.post("/{message_id}/block")
    async def block_message(message_id: UUID, body: OverrideBody) -> DecisionAnswer:
        """Stop a message that is not delivered yet, decided or not."""
        return await _override(message_id, Order(Verdict.REJECTED, body.reason, body.by))

    async def _override(message_id: UUID, order: Order) -> DecisionAnswer:
        async with database.transaction() as session:
            await service.override(session, gate, message_id, order, datetime.now(UTC))
            return await _describe(session, message_id)

    return router


async def _describe(session: AsyncSession, message_id: UUID) -> DecisionAnswer:
    await session.flush()
    row = await session.get(DecisionRow, message_id)
    overrides = await store.list_overrides(session, message_id)
    if row is None and not overrides:
        raise NotFound("The gate has not decided on a message with this id.")
    found = {(finding["rule"], finding["severity"]): None for finding in row.findings} if row else {}
    return DecisionAnswer(
        message_id=message_id,
        seller_id=row.seller_id if row else "",
        verdict=(row.overridden_to or row.verdict) if row else None,
        rules_verdict=row.verdict if row else None,
        rule_set=row.rule_set if row else None,
        decided_at=row.decided_at if row else None,
        delivered_at=row.delivered_at if row else None,
        findings=[FoundAnswer(rule=rule, severity=severity) for rule, severity in found],
        shadow_rule_set=row.shadow_rule_set if row else None,
        shadow_verdict=row.shadow_verdict if row else None,
        overrides=[_describe_override(override) for override in overrides],
    )


def _describe_override(override: Override) -> OverrideAnswer:
    return OverrideAnswer(**override.model_dump(exclude={"override_id", "message_id", "seller_id"}))
