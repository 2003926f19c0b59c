"""Use cases of the policy service: keep what decisions stand on, decide, answer previews."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import structlog
from pydantic import TypeAdapter
from sqlalchemy import event
from sqlalchemy.orm import Session
from sqlmodel.ext.asyncio.session import AsyncSession

from services.policy import recollection, store
from services.policy.candidates import build_candidate, mend_content, to_facts
from services.policy.gate.candidate import Candidate, Context
from services.policy.gate.finding import Decision
from services.policy.gate.ruleset import RuleSet
from services.policy.gathering import Gatherer, Limits
from services.policy.metrics import PolicyMetrics
from services.policy.models import OrderRow, PartyRow
from services.policy.standing import service as standing
from services.policy.standing.domain import Steps
from shared.blobs import BlobStore
from shared.contracts.alias import MessageAddressed
from shared.contracts.delivery import MessageDelivered
from shared.contracts.facts import Addressing, Content, DecisionFacts, MessageFacts, OrderFacts, SealedContent
from shared.contracts.gateway import PartyChanged
from shared.contracts.policy import MessageApproved, MessageRejected
from shared.contracts.vocabulary import Direction, Reason, Role, Verdict
from shared.outbox import emit

_ACTS = "acts_after_commit"
_NO_SHADOW = {"shadow_rule_set": None, "shadow_verdict": None, "shadow_findings": None}
CONTEXT: TypeAdapter[Context] = TypeAdapter(Context)
_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Judgement:
    """A message judged: what was judged by which facts, the decision, and the content it would let pass."""

    candidate: Candidate
    context: Context
    facts: DecisionFacts
    passed: SealedContent


@dataclass(frozen=True, slots=True)
class Case:
    """A message to judge; before it is addressed its aliases are not known."""

    message: MessageFacts
    sealed: SealedContent
    seller_language: str
    addressing: Addressing | None = None


@dataclass(frozen=True, slots=True)
class Gate:
    """Judges messages by the enforced rule set, and by the shadow one where there is one."""

    rules: RuleSet
    shadow: RuleSet | None
    limits: Limits
    blobs: BlobStore
    metrics: PolicyMetrics
    steps: Steps

    @property
    def gatherer(self) -> Gatherer:
        """What reads the facts that context rules judge by."""
        return Gatherer(self.limits, self.steps)

    async def record_order(self, session: AsyncSession, order: OrderFacts) -> None:
        """Take over an order's state, unless a newer one is known already."""
        known = await store.get_order(session, order.order_id)
        if known is not None and known.version >= order.version:
            return
        store.forget_orders(session, order)
        await session.merge(
            OrderRow(
                order_id=order.order_id,
                version=order.version,
                seller_id=order.seller_id,
                buyer_id=order.buyer_id,
                marketplace_id=order.marketplace.marketplace_id,
                placed_at=order.placed_at,
                facts=order.model_dump(mode="json"),
            )
        )

    async def record_party(self, session: AsyncSession, told: PartyChanged) -> None:
        """Take over a party's state, unless a newer one is known already."""
        known = await store.get_party(session, told.role, told.party_id)
        if known is not None and known.version >= told.version:
            return
        await session.merge(
            PartyRow(
                role=told.role,
                party_id=told.party_id,
                version=told.version,
                language=told.language,
                opted_out=told.opted_out,
                messaging_off=[pause.model_dump(mode="json") for pause in told.messaging_off],
            )
        )
        await store.replace_addresses(session, told.role, told.party_id, told.sender_hashes)

    async def record_delivery(self, session: AsyncSession, told: MessageDelivered) -> None:
        """Know that nothing can call a message back any more."""
        store.note_delivery(session, told.message.message_id, told.delivered_at)

    async def decide(self, session: AsyncSession, told: MessageAddressed) -> None:
        """Judge a message and tell the decision (R-POLICY-1). Raises `NotYetKnown` while facts are under way."""
        message, now = told.message, datetime.now(UTC)
        case = Case(message, told.content, told.addressing.seller_language, told.addressing)
        judged = await self._examine(session, case, now, counting=True)
        await self._record(session, told, judged)
        if judged.facts.verdict is Verdict.APPROVED:
            await self.count(session, message, now)
        if message.sender_role is Role.SELLER:
            await standing.note_decision(session, message.seller_id, message.message_id, judged.facts, self.steps)
        contract = MessageApproved if judged.facts.verdict is Verdict.APPROVED else MessageRejected
        emit(
            session,
            contract(message=message, content=judged.passed, addressing=told.addressing, decision=judged.facts),
        )
        after_commit(session, lambda: self._measure(message, judged.facts))

    async def evaluate(
        self, session: AsyncSession, message: MessageFacts, sealed: SealedContent, seller_language: str
    ) -> tuple[DecisionFacts, SealedContent]:
        """Return what `decide` would say now, and the mended content; nothing is counted or kept (R-CONTACT-5)."""
        now = datetime.now(UTC)
        judged = await self._examine(session, Case(message, sealed, seller_language), now, counting=False)
        return judged.facts, judged.passed

    async def count(self, session: AsyncSession, message: MessageFacts, now: datetime) -> None:
        """Count an approved message where counting limits the next one."""
        if message.direction is Direction.SELLER_TO_BUYER:
            day = now.astimezone(ZoneInfo(message.marketplace.time_zone)).date()
            await store.count_use(session, message.seller_id, message.marketplace.marketplace_id, day)
        if message.reason is Reason.REQUEST_REVIEW and message.order_id is not None:
            await store.insert_review_request(session, message.order_id, message.message_id, now)

    async def _examine(self, session: AsyncSession, case: Case, now: datetime, *, counting: bool) -> Judgement:
        message, sealed = case.message, case.sealed
        content = await self.blobs.open_content(sealed)
        known = await recollection.recall(session, self.blobs, message, content, case.addressing)
        context = await self.gatherer.gather(session, message, content, now, counting=counting)
        candidate = build_candidate(message, content, case.seller_language, known)
        language = choose_language(message, case.seller_language)
        decision = await self._judge(self.rules, candidate, context, language)
        passed = await self._seal_mended(sealed, content, decision)
        return Judgement(candidate, context, to_facts(decision, now), passed)

    async def _judge(self, rules: RuleSet, candidate: Candidate, context: Context, language: str) -> Decision:
        started = time.perf_counter()
        if _measure_length(candidate) > recollection.LONGEST_IN_LOOP:
            decision = await asyncio.to_thread(rules.judge, candidate, context, language)
        else:
            decision = rules.judge(candidate, context, language)
        self.metrics.judge_seconds.observe(time.perf_counter() - started)
        return decision

    async def _judge_in_shadow(self, session: AsyncSession, judged: Judgement) -> dict[str, Any]:
        """Return what the shadow rule set would say, as columns of the decision; empty ones when it fails at it."""
        if self.shadow is None:
            return _NO_SHADOW
        try:
            decision = await self._judge(self.shadow, judged.candidate, judged.context, "en")
            facts = to_facts(decision, judged.facts.decided_at)
        except Exception as error:  # noqa: BLE001 - whatever is wrong with rules on trial, messages must go on
            _log.warning("shadow.failed", rule_set=self.shadow.version, error=type(error).__name__)
            self.metrics.shadow_failures.inc()
            return _NO_SHADOW
        if facts.verdict is not judged.facts.verdict:
            after_commit(session, self.metrics.shadow_flips.labels(facts.verdict).inc)
        return {
            "shadow_rule_set": facts.rule_set,
            "shadow_verdict": facts.verdict,
            "shadow_findings": [finding.model_dump(mode="json") for finding in facts.findings],
        }

    async def _seal_mended(self, sealed: SealedContent, content: Content, decision: Decision) -> SealedContent:
        mended = mend_content(content, decision)
        return sealed if mended == content else await self.blobs.seal_content(mended)

    async def _record(self, session: AsyncSession, told: MessageAddressed, judged: Judgement) -> None:
        facts, message = judged.facts, told.message
        row = {
            "message_id": message.message_id,
            "thread_id": message.thread_id,
            "seller_id": message.seller_id,
            "direction": message.direction,
            "verdict": facts.verdict,
            "rule_set": facts.rule_set,
            "decided_at": facts.decided_at,
            "findings": [finding.model_dump(mode="json") for finding in facts.findings],
            "message": message.model_dump(mode="json"),
            "content": told.content.model_dump(mode="json"),
            "passed": None if judged.passed == told.content else judged.passed.model_dump(mode="json"),
            "addressing": told.addressing.model_dump(mode="json"),
            "context": CONTEXT.dump_python(judged.context, mode="json"),
        }
        store.add_decision(session, row | await self._judge_in_shadow(session, judged))

    def _measure(self, message: MessageFacts, facts: DecisionFacts) -> None:
        self.metrics.decisions.labels(facts.verdict, message.direction, message.channel, facts.rule_set).inc()
        for finding in facts.findings:
            self.metrics.findings.labels(finding.rule, finding.severity).inc()
        for rule, severity in {(finding.rule, finding.severity) for finding in facts.findings}:
            self.metrics.decisions_by_rule.labels(rule, severity).inc()


def _measure_length(candidate: Candidate) -> int:
    bodies = (candidate.text, candidate.html, candidate.quoted_text, candidate.quoted_html)
    recalled = candidate.known.length if candidate.known else 0
    return sum(len(body or "") for body in bodies) + recalled


def choose_language(message: MessageFacts, seller_language: str) -> str:
    """Return the language that a message's writer reads findings in."""
    return seller_language if message.sender_role is Role.SELLER else message.language


def after_commit(session: AsyncSession, act: Callable[[], object]) -> None:
    """Do `act` once the transaction is committed: what is rolled back and handled again counts once."""
    acts: list[Callable[[], object]] | None = session.info.get(_ACTS)
    if acts is None:
        acts = session.info[_ACTS] = []
        event.listen(session.sync_session, "after_commit", _act, once=True)
    acts.append(act)


def _act(session: Session) -> None:
    for act in session.info.pop(_ACTS, ()):
        act()
