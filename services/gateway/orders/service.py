"""Use cases of orders: record, change, tell."""

from datetime import UTC, datetime
from enum import StrEnum

from sqlmodel.ext.asyncio.session import AsyncSession

from services.gateway.accounts import service as accounts
from services.gateway.accounts import store as parties
from services.gateway.holding import hold
from services.gateway.live.domain import ChangeType, News
from services.gateway.live.hub import Hub
from services.gateway.orders import store
from services.gateway.orders.domain import (
    OrderState,
    belongs_to_same,
    completed_at,
    fill_times,
    find_contradiction,
    may_follow,
)
from services.gateway.orders.errors import IllegalTransition, OtherOrder
from services.gateway.orders.models import Order, Pair
from services.gateway.orders.schemas import OrderBody
from shared.contracts.alias import AliasIssued
from shared.contracts.gateway import OrderChanged, OrderRecorded
from shared.contracts.vocabulary import (
    AdjustmentFacts,
    ItemFacts,
    MarketplaceFacts,
    OrderFacts,
    identify_thread,
)
from shared.outbox import emit
from shared.problems import Invalid


class Outcome(StrEnum):
    """What recording an order did."""

    RECORDED = "recorded"
    CHANGED = "changed"
    UNCHANGED = "unchanged"


async def record_order(session: AsyncSession, hub: Hub, order_id: str, body: OrderBody) -> tuple[Order, Outcome]:
    """Record an order or take over its new state; the same again changes nothing.

    Raises `Invalid` for unknown parties and for times that cannot be, `IllegalTransition` and `OtherOrder`; then
    nothing is changed.
    """
    _refuse_contradictions(body)
    await hold(session, f"order {order_id}")
    marketplace = await _require_parties(session, body)
    known = await store.get_order(session, order_id)
    now = datetime.now(UTC)
    old = read_state(known) if known else None
    new = _wanted_state(body, old, now)
    if old is not None:
        if not belongs_to_same(old, new):
            raise OtherOrder
        if not may_follow(old.status, new.status):
            raise IllegalTransition(old.status, new.status)
    if known is not None and old == new:
        return known, Outcome.UNCHANGED
    order = await session.merge(_row(order_id, known.version + 1 if known else 1, new, now))
    facts = describe_facts(order, marketplace)
    emit(session, OrderChanged(order=facts) if known else OrderRecorded(order=facts))
    hub.announce(
        session,
        News(
            type=ChangeType.ORDER_CHANGED if known else ChangeType.ORDER_RECORDED,
            at=now,
            seller_id=order.seller_id,
            buyer_id=order.buyer_id,
            thread_id=order.thread_id,
            order_id=order_id,
        ),
    )
    return order, Outcome.CHANGED if known else Outcome.RECORDED


async def keep_aliases(session: AsyncSession, told: AliasIssued) -> None:
    """Keep a pair's aliases, by which orders and threads are found (R-ALIAS-1)."""
    await session.merge(Pair(**told.model_dump()))


def read_state(row: Order) -> OrderState:
    """Return what a row says of its order."""
    return OrderState(
        marketplace_id=row.marketplace_id,
        buyer_id=row.buyer_id,
        seller_id=row.seller_id,
        status=row.status,
        fulfilment=row.fulfilment,
        items=tuple(ItemFacts.model_validate(item) for item in row.items),
        business=row.business,
        purchase_order_number=row.purchase_order_number,
        adjustments=tuple(AdjustmentFacts.model_validate(item) for item in row.adjustments),
        return_requested=row.return_requested,
        placed_at=row.placed_at,
        ship_by=row.ship_by,
        shipped_at=row.shipped_at,
        delivered_at=row.delivered_at,
    )


def describe_facts(row: Order, marketplace: MarketplaceFacts) -> OrderFacts:
    """Return the order as events carry it."""
    state = read_state(row)
    return OrderFacts(
        order_id=row.order_id,
        version=row.version,
        marketplace=marketplace,
        buyer_id=state.buyer_id,
        seller_id=state.seller_id,
        status=state.status,
        fulfilment=state.fulfilment,
        items=state.items,
        business=state.business,
        purchase_order_number=state.purchase_order_number,
        adjustments=state.adjustments,
        return_requested=state.return_requested,
        placed_at=state.placed_at,
        ship_by=state.ship_by,
        delivered_at=state.delivered_at,
        completed_at=completed_at(state),
    )


def _refuse_contradictions(body: OrderBody) -> None:
    if found := find_contradiction(body.status, body.placed_at, body.shipped_at, body.delivered_at):
        raise Invalid.of(*found)
    if body.purchase_order_number is not None and not body.business:
        raise Invalid.of("purchase_order_number", "only business orders have one")


async def _require_parties(session: AsyncSession, body: OrderBody) -> MarketplaceFacts:
    marketplace = await accounts.find_marketplace(session, body.marketplace_id)
    if marketplace is None:
        raise Invalid.of("marketplace_id", "no marketplace is recorded under this id")
    if await parties.get_buyer(session, body.buyer_id) is None:
        raise Invalid.of("buyer_id", "no buyer is recorded under this id")
    if await parties.get_seller(session, body.seller_id) is None:
        raise Invalid.of("seller_id", "no seller is recorded under this id")
    return marketplace


def _wanted_state(body: OrderBody, old: OrderState | None, now: datetime) -> OrderState:
    shipped_at, delivered_at = fill_times(body.status, body.shipped_at, body.delivered_at, old, now)
    return OrderState(
        marketplace_id=body.marketplace_id,
        buyer_id=body.buyer_id,
        seller_id=body.seller_id,
        status=body.status,
        fulfilment=body.fulfilment,
        items=tuple(item.facts() for item in body.items),
        business=body.business,
        purchase_order_number=body.purchase_order_number,
        adjustments=tuple(item.facts() for item in body.adjustments),
        return_requested=body.return_requested,
        placed_at=body.placed_at,
        ship_by=body.ship_by,
        shipped_at=shipped_at,
        delivered_at=delivered_at,
    )


def _row(order_id: str, version: int, state: OrderState, now: datetime) -> Order:
    return Order(
        order_id=order_id,
        version=version,
        thread_id=identify_thread(state.marketplace_id, state.seller_id, state.buyer_id),
        marketplace_id=state.marketplace_id,
        buyer_id=state.buyer_id,
        seller_id=state.seller_id,
        status=state.status,
        fulfilment=state.fulfilment,
        items=[item.model_dump(mode="json") for item in state.items],
        business=state.business,
        purchase_order_number=state.purchase_order_number,
        adjustments=[item.model_dump(mode="json") for item in state.adjustments],
        return_requested=state.return_requested,
        placed_at=state.placed_at,
        ship_by=state.ship_by,
        shipped_at=state.shipped_at,
        delivered_at=state.delivered_at,
        changed_at=now,
    )
