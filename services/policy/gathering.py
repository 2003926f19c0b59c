"""Collects what context rules judge by. Everything lies here already: nobody is asked at decision time."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from sqlmodel.ext.asyncio.session import AsyncSession

from services.policy import store
from services.policy.blocks import service as blocks
from services.policy.candidates import Parties, Past, build_context
from services.policy.domain import QUOTA_DAYS, compute_quota, find_closed, find_day, is_messaging_on
from services.policy.gate.candidate import Context, Quota
from services.policy.models import PartyRow
from services.policy.standing import service as standing
from services.policy.standing.domain import Standing, Steps
from shared.consumer import NotYetKnown
from shared.contracts.facts import Content, MessageFacts, MessagingPause, OrderFacts
from shared.contracts.vocabulary import Direction, Reason, Role
from shared.db import lock_until_commit


@dataclass(frozen=True, slots=True)
class Limits:
    """The configurable numbers of the context rules."""

    quota_base: int
    quota_per_order: float
    important_tag: bool


@dataclass(frozen=True, slots=True)
class Gatherer:
    """Reads the facts about a message. Raises `NotYetKnown` while some are under way."""

    limits: Limits
    steps: Steps

    async def gather(
        self, session: AsyncSession, message: MessageFacts, content: Content, now: datetime, *, counting: bool
    ) -> Context:
        """Return the facts about order, parties and past.

        `counting` holds the seller's daily count until the transaction ends, so that no two messages are the last one.
        """
        buyer = await _require_party(session, Role.BUYER, message.buyer_id, message.requirement.buyer_version)
        seller = await _require_party(session, Role.SELLER, message.seller_id, message.requirement.seller_version)
        order = await _require_order(session, message)
        past = await self._read_past(session, message, order, now, counting=counting)
        parties = await self._read_parties(session, message, buyer, seller, now, orders=past.order_ids)
        return build_context(message, content, now, parties, past, important_tag=self.limits.important_tag)

    async def read_quota(
        self,
        session: AsyncSession,
        seller_id: str,
        marketplace_id: str,
        time_zone: str,
        now: datetime,
        *,
        counting: bool = False,
    ) -> Quota:
        """Return a seller's limit for the marketplace's day and what is used of it (R-POLICY-5)."""
        day = now.astimezone(ZoneInfo(time_zone)).date()
        used = await (store.lock_use if counting else store.get_used)(session, seller_id, marketplace_id, day)
        orders = await store.count_orders(session, seller_id, marketplace_id, now - timedelta(days=QUOTA_DAYS))
        limit = compute_quota(orders, base=self.limits.quota_base, per_order=self.limits.quota_per_order)
        return Quota(limit, used, find_day(now, time_zone)[1].astimezone(ZoneInfo(time_zone)))

    async def hold_quota(self, session: AsyncSession, message: MessageFacts, now: datetime) -> None:
        """Hold the daily count of a seller's message until the transaction ends, so that it can be added to."""
        if message.direction is Direction.SELLER_TO_BUYER:
            day = now.astimezone(ZoneInfo(message.marketplace.time_zone)).date()
            await store.lock_use(session, message.seller_id, message.marketplace.marketplace_id, day)

    async def _read_past(
        self,
        session: AsyncSession,
        message: MessageFacts,
        order: OrderFacts | None,
        now: datetime,
        *,
        counting: bool,
    ) -> Past:
        marketplace = message.marketplace
        if counting and message.reason is Reason.REQUEST_REVIEW:
            # Of requests that come at once one is the first; the others wait here and find it made.
            await lock_until_commit(session, f"review {message.order_id}")
        asked = order is not None and await store.was_review_asked(session, order.order_id)
        closed = None
        if order is not None and message.reason is not None:
            closed = find_closed(message.reason, order, now, review_asked=asked)
        quota = None
        if message.direction is Direction.SELLER_TO_BUYER:
            quota = await self.read_quota(
                session, message.seller_id, marketplace.marketplace_id, marketplace.time_zone, now, counting=counting
            )
        order_ids = await store.list_pair_orders(
            session, message.buyer_id, message.seller_id, marketplace.marketplace_id
        )
        return Past(order, frozenset(order_ids), closed, quota, review_asked=asked)

    async def _read_parties(
        self,
        session: AsyncSession,
        message: MessageFacts,
        buyer: PartyRow,
        seller: PartyRow,
        now: datetime,
        *,
        orders: frozenset[str],
    ) -> Parties:
        from_seller = message.direction is Direction.SELLER_TO_BUYER
        stands = Standing.GOOD
        if from_seller:
            stands = await standing.read_standing(session, message.seller_id, self.steps, now)
        pauses = [MessagingPause.model_validate(pause) for pause in seller.messaging_off]
        return Parties(
            buyer_language=buyer.language,
            seller_language=seller.language,
            opted_out=buyer.opted_out,
            standing=stands.value,
            blocked_by_receiver=await blocks.is_blocked_by_receiver(session, message),
            blocked_by_operator=await blocks.is_blocked_by_operator(session, message),
            # A buyer who sells too is a buyer where there is an order; without one, a seller writes to a seller.
            between_sellers=not orders and await store.is_seller(session, message.buyer_id),
            messaging_on=is_messaging_on(pauses, message.marketplace.marketplace_id, now),
        )


async def _require_party(session: AsyncSession, role: Role, party_id: str, version: int) -> PartyRow:
    party = await store.get_party(session, role, party_id)
    if party is None or party.version < version:
        raise NotYetKnown(f"{role} in version {version}")
    return party


async def _require_order(session: AsyncSession, message: MessageFacts) -> OrderFacts | None:
    if message.order_id is None:
        return None
    row = await store.get_order(session, message.order_id)
    if row is None or row.version < message.requirement.order_version:
        raise NotYetKnown(f"order in version {message.requirement.order_version}")
    return OrderFacts.model_validate(row.facts)
