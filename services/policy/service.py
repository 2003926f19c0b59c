"""Use cases of the policy service: keep what decisions stand on, decide, answer previews."""

import asyncio
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from sqlmodel.ext.asyncio.session import AsyncSession

from services.policy import store
from services.policy.candidates import build_candidate, build_context, mend_content, to_facts
from services.policy.domain import QUOTA_DAYS, compute_quota, find_closed, find_day
from services.policy.gate.candidate import Candidate, Context, Quota
from services.policy.gate.finding import Decision
from services.policy.gate.ruleset import RuleSet
from services.policy.metrics import PolicyMetrics
from services.policy.models import DecisionRow, OrderRow, PartyRow, ReviewRequest
from shared.blobs import BlobStore
from shared.consumer import NotYetKnown
from shared.contracts.alias import MessageAddressed
from shared.contracts.gateway import PartyChanged
from shared.contracts.policy import MessageApproved, MessageRejected
from shared.contracts.vocabulary import (
    Content,
    DecisionFacts,
    Direction,
    MessageFacts,
    OrderFacts,
    Reason,
    Role,
    SealedContent,
    Verdict,
)
from shared.outbox import emit

# Above this many characters judging takes long enough to be felt by everything else in the loop.
_JUDGE_IN_THREAD = 20_000


@dataclass(frozen=True, slots=True)
class Limits:
    """The configurable numbers of the context rules."""

    quota_base: int
    quota_per_order: float
    important_tag: bool


@dataclass(frozen=True, slots=True)
class Gate:
    """Judges messages by the enforced rule set, and by the shadow one where there is one."""

    rules: RuleSet
    shadow: RuleSet | None
    limits: Limits
    blobs: BlobStore
    metrics: PolicyMetrics

    async def record_order(self, session: AsyncSession, order: OrderFacts) -> None:
        """Take over an order's state, unless a newer one is known already."""
        known = await store.get_order(session, order.order_id)
        if known is not None and known.version >= order.version:
            return
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
            )
        )

    async def decide(self, session: AsyncSession, told: MessageAddressed) -> None:
        """Judge a message and tell the decision (R-POLICY-1). Raises `NotYetKnown` while facts are under way."""
        message = told.message
        content = await self.blobs.open_content(told.content)
        now = datetime.now(UTC)
        context = await self._gather(session, message, content, now, counting=True)
        candidate = build_candidate(message, content, told.addressing.seller_language)
        language = told.addressing.seller_language if message.sender_role is Role.SELLER else message.language
        decision = await self._judge(self.rules, candidate, context, language)
        facts = to_facts(decision, now)
        mended = await self._seal_mended(told.content, content, decision)
        await self._record(session, told, facts, candidate, context)
        if facts.verdict is Verdict.APPROVED:
            await self._count(session, message, now)
        contract = MessageApproved if facts.verdict is Verdict.APPROVED else MessageRejected
        emit(session, contract(message=message, content=mended, addressing=told.addressing, decision=facts))
        self._measure(message, facts)

    async def evaluate(
        self, session: AsyncSession, message: MessageFacts, sealed: SealedContent, seller_language: str
    ) -> tuple[DecisionFacts, SealedContent]:
        """Return what `decide` would say now, and the mended content; nothing is counted or kept (R-CONTACT-5)."""
        content = await self.blobs.open_content(sealed)
        now = datetime.now(UTC)
        context = await self._gather(session, message, content, now, counting=False)
        candidate = build_candidate(message, content, seller_language)
        language = seller_language if message.sender_role is Role.SELLER else message.language
        decision = await self._judge(self.rules, candidate, context, language)
        return to_facts(decision, now), await self._seal_mended(sealed, content, decision)

    async def _gather(
        self, session: AsyncSession, message: MessageFacts, content: Content, now: datetime, *, counting: bool
    ) -> Context:
        """Collect the facts that context rules judge by; all are local (nobody is asked at decision time)."""
        buyer = await self._require_party(session, Role.BUYER, message.buyer_id, message.requirement.buyer_version)
        await self._require_party(session, Role.SELLER, message.seller_id, message.requirement.seller_version)
        order = await self._require_order(session, message)
        asked = order is not None and await store.was_review_asked(session, order.order_id)
        closed = None
        if order is not None and message.reason is not None:
            closed = find_closed(message.reason, order, now, review_asked=asked)
        quota = None
        if message.direction is Direction.SELLER_TO_BUYER:
            quota = await self._read_quota(session, message, now, counting=counting)
        return build_context(
            message,
            content,
            now,
            order=order,
            opted_out=buyer.opted_out,
            buyer_language=buyer.language,
            closed=closed,
            review_asked=asked,
            quota=quota,
            important_tag=self.limits.important_tag,
        )

    async def _require_party(self, session: AsyncSession, role: Role, party_id: str, version: int) -> PartyRow:
        party = await store.get_party(session, role, party_id)
        if party is None or party.version < version:
            raise NotYetKnown(f"{role} in version {version}")
        return party

    async def _require_order(self, session: AsyncSession, message: MessageFacts) -> OrderFacts | None:
        if message.order_id is None:
            return None
        row = await store.get_order(session, message.order_id)
        if row is None or row.version < message.requirement.order_version:
            raise NotYetKnown(f"order in version {message.requirement.order_version}")
        return OrderFacts.model_validate(row.facts)

    async def _read_quota(
        self, session: AsyncSession, message: MessageFacts, now: datetime, *, counting: bool
    ) -> Quota:
        marketplace = message.marketplace
        day = now.astimezone(ZoneInfo(marketplace.time_zone)).date()
        key = (message.seller_id, marketplace.marketplace_id)
        used = await (store.lock_use if counting else store.get_used)(session, *key, day)
        orders = await store.count_orders(session, *key, now - timedelta(days=QUOTA_DAYS))
        limit = compute_quota(orders, base=self.limits.quota_base, per_order=self.limits.quota_per_order)
        return Quota(limit, used, find_day(now, marketplace.time_zone)[1])

    async def _judge(self, rules: RuleSet, candidate: Candidate, context: Context, language: str) -> Decision:
        started = time.perf_counter()
        if len(candidate.text) + len(candidate.html or "") > _JUDGE_IN_THREAD:
            decision = await asyncio.to_thread(rules.judge, candidate, context, language)
        else:
            decision = rules.judge(candidate, context, language)
        self.metrics.judge_seconds.observe(time.perf_counter() - started)
        return decision

    async def _seal_mended(self, sealed: SealedContent, content: Content, decision: Decision) -> SealedContent:
        mended = mend_content(content, decision)
        return sealed if mended == content else await self.blobs.seal_content(mended)

    async def _record(
        self,
        session: AsyncSession,
        told: MessageAddressed,
        facts: DecisionFacts,
        candidate: Candidate,
        context: Context,
    ) -> None:
        shadow: dict[str, Any] = {}
        if self.shadow is not None:
            verdict = to_facts(await self._judge(self.shadow, candidate, context, "en"), facts.decided_at)
            shadow = {
                "shadow_rule_set": verdict.rule_set,
                "shadow_verdict": verdict.verdict,
                "shadow_findings": [finding.model_dump(mode="json") for finding in verdict.findings],
            }
            if verdict.verdict is not facts.verdict:
                self.metrics.shadow_flips.labels(verdict.verdict).inc()
        session.add(
            DecisionRow(
                message_id=told.message.message_id,
                seller_id=told.message.seller_id,
                direction=told.message.direction,
                verdict=facts.verdict,
                rule_set=facts.rule_set,
                decided_at=facts.decided_at,
                findings=[finding.model_dump(mode="json") for finding in facts.findings],
                message=told.message.model_dump(mode="json"),
                content=told.content.model_dump(mode="json"),
                **shadow,
            )
        )

    async def _count(self, session: AsyncSession, message: MessageFacts, now: datetime) -> None:
        """Count an approved message where counting limits the next one."""
        if message.direction is Direction.SELLER_TO_BUYER:
            day = now.astimezone(ZoneInfo(message.marketplace.time_zone)).date()
            await store.count_use(session, message.seller_id, message.marketplace.marketplace_id, day)
        if message.reason is Reason.REQUEST_REVIEW and message.order_id is not None:
            session.add(ReviewRequest(order_id=message.order_id, message_id=message.message_id, asked_at=now))
            await session.flush()

    def _measure(self, message: MessageFacts, facts: DecisionFacts) -> None:
        self.metrics.decisions.labels(facts.verdict, message.direction, message.channel, facts.rule_set).inc()
        for finding in facts.findings:
            self.metrics.findings.labels(finding.rule, finding.severity).inc()
