"""Use cases of overrides: an operator lets a rejected message pass, or stops one that passed and is not delivered."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlmodel.ext.asyncio.session import AsyncSession

from services.policy.blocks import service as blocks
from services.policy.models import DecisionRow
from services.policy.overrides import store
from services.policy.overrides.domain import Course, check_override, list_overturned
from services.policy.overrides.models import Override
from services.policy.service import Gate, after_commit, choose_language
from services.policy.standing import service as standing
from shared.contracts.facts import Addressing, DecisionFacts, FindingFacts, MessageFacts, OverrideFacts, SealedContent
from shared.contracts.policy import MessageApproved, MessageRejected
from shared.contracts.vocabulary import Role, Severity, Verdict
from shared.outbox import emit
from shared.problems import Conflict, NotFound

BLOCKED = "contact.blocked"


@dataclass(frozen=True, slots=True)
class Order:
    """What an operator decides, and why; `by` names the operator."""

    verdict: Verdict
    reason: str
    by: str


async def override(session: AsyncSession, gate: Gate, message_id: UUID, order: Order, now: datetime) -> None:
    """Turn a decision round and tell it. Raises `NotFound` and `Conflict`; audited, and counted by rule.

    A message that is not decided yet can be stopped: the gate will reject it. What a withdrawn message's mail becomes
    is for delivery to say: one that has just left is not called back.
    """
    row = await store.lock_decision(session, message_id)
    if row is None:
        await _stop_undecided(session, message_id, order, now)
        return
    before = row.overridden_to or row.verdict
    earlier = await store.list_overrides(session, message_id)
    refusal = check_override(_read_course(row, earlier), order.verdict)
    if refusal is not None:
        raise Conflict(refusal.value)
    findings = [FindingFacts.model_validate(finding) for finding in row.findings]
    rules = list_overturned(findings, order.verdict)
    row.overridden_to = order.verdict
    session.add(_audit(row.seller_id, message_id, order, before, rules, now))
    await _draw_consequences(session, gate, row, order.verdict, now)
    _tell(session, gate, row, findings, order, now)
    for rule in rules:
        after_commit(session, gate.metrics.decisions_overturned.labels(rule).inc)


async def _stop_undecided(session: AsyncSession, message_id: UUID, order: Order, now: datetime) -> None:
    if order.verdict is Verdict.APPROVED:
        raise NotFound("The gate has not decided on a message with this id.")
    await blocks.block_undecided(session, message_id, reason=order.reason, by=order.by, now=now)
    session.add(_audit("", message_id, order, None, (), now))


async def _draw_consequences(
    session: AsyncSession, gate: Gate, row: DecisionRow, verdict: Verdict, now: datetime
) -> None:
    """Count what passes after all, and forgive the writer what was no violation."""
    if verdict is Verdict.REJECTED:
        return
    message = MessageFacts.model_validate(row.message)
    await gate.gatherer.hold_quota(session, message, now)
    await gate.count(session, message, now)
    if message.sender_role is Role.SELLER:
        await standing.overturn(session, row.seller_id, row.message_id, gate.steps, now)


def _tell(
    session: AsyncSession,
    gate: Gate,
    row: DecisionRow,
    findings: Sequence[FindingFacts],
    order: Order,
    now: datetime,
) -> None:
    message = MessageFacts.model_validate(row.message)
    addressing = Addressing.model_validate(row.addressing)
    approved = order.verdict is Verdict.APPROVED
    decision = DecisionFacts(
        verdict=order.verdict,
        rule_set=row.rule_set,
        decided_at=now,
        findings=tuple(findings) if approved else (_explain_stop(gate, message, addressing),),
        override=OverrideFacts(by=order.by, overridden_at=now),
    )
    contract = MessageApproved if approved else MessageRejected
    content = SealedContent.model_validate(row.passed or row.content)
    emit(session, contract(message=message, content=content, addressing=addressing, decision=decision))


def _explain_stop(gate: Gate, message: MessageFacts, addressing: Addressing) -> FindingFacts:
    """Say in the writer's language that an operator stopped the message."""
    rule = gate.rules.by_id[BLOCKED]
    words = rule.explanation(choose_language(message, addressing.seller_language))
    said = words.variants.get("operator", words)
    return FindingFacts(
        rule=rule.id,
        severity=Severity.BLOCK,
        field="message",
        start=0,
        end=0,
        message=said.message,
        advice=said.advice,
    )


def _read_course(row: DecisionRow, earlier: Sequence[Override]) -> Course:
    verdicts = {row.verdict, *(override.verdict for override in earlier)}
    return Course(row.overridden_to or row.verdict, Verdict.APPROVED in verdicts, row.delivered_at is not None)


def _audit(
    seller_id: str, message_id: UUID, order: Order, before: Verdict | None, rules: Sequence[str], now: datetime
) -> Override:
    return Override(
        message_id=message_id,
        seller_id=seller_id,
        verdict=order.verdict,
        previous=before,
        rules=list(rules),
        reason=order.reason,
        overridden_by=order.by,
        overridden_at=now,
    )
