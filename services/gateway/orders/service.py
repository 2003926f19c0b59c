"""Use cases of orders: record, change, tell."""

from datetime import UTC, datetime
from enum import StrEnum

from sqlmodel.ext.asyncio.session import AsyncSession

from services.gateway.accounts import service as accounts
from services.gateway.accounts import store as parties
from services.gateway.context import Gateway
from services.gateway.holding import hold
from services.gateway.live.domain import ChangeType, News
from services.gateway.orders import store
from services.gateway.orders.domain import (
    OrderState,
    belongs_to_same,
    completed_at,
    fill_times,
    find_contradiction,
    may_follow,
    shows_phone,
)
from services.gateway.orders.errors import IllegalTransition, OtherOrder
from services.gateway.orders.models import Order, Pair
from services.gateway.orders.schemas import OrderBody
from shared.contracts.alias import AliasIssued
from shared.contracts.facts import AdjustmentFacts, ItemFacts, MarketplaceFacts, OrderFacts, ShipmentFacts
from shared.contracts.gateway import OrderChanged, OrderRecorded
from shared.contracts.vocabulary import identify_thread
from shared.crypto import KeyRing
from shared.outbox import emit
from shared.problems import Invalid


class Outcome(StrEnum):
    """What recording an order did."""

    RECORDED = "recorded"
    CHANGED = "changed"
    UNCHANGED = "unchanged"


_PHONE = "phone"


async def record_order(
    session: AsyncSession, gateway: Gateway, order_id: str, body: OrderBody
) -> tuple[Order, Outcome]:
    """Record an order or take over its new state; the same again changes nothing.

    Shipments and adjustments that were confirmed one by one stay. Raises `Invalid` for unknown parties and for times
    that cannot be, `IllegalTransition` and `OtherOrder`; then nothing is changed.
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
    phone = body.phone if shows_phone(body.fulfilment, body.status) else None
    if known is not None and old == new and open_phone(known, gateway.keys) == phone:
        return known, Outcome.UNCHANGED
    order = await session.merge(_row(order_id, known, new, now))
    order.phone_box = None if phone is None else gateway.keys.seal_text(phone, _PHONE)
    _tell(session, gateway, order, marketplace, new=known is None)
    return order, Outcome.CHANGED if known else Outcome.RECORDED


async def change_order(
    session: AsyncSession, gateway: Gateway, known: Order, state: OrderState, now: datetime
) -> OrderFacts:
    """Give an order, whose name the transaction holds, a new state, and tell it; returns it as events carry it."""
    marketplace = await accounts.find_marketplace(session, known.marketplace_id)
    if marketplace is None:
        raise LookupError("an order of an unknown marketplace")
    order = await session.merge(_row(known.order_id, known, state, now))
    if not shows_phone(state.fulfilment, state.status):
        order.phone_box = None
    return _tell(session, gateway, order, marketplace, new=False)


def open_phone(row: Order, keys: KeyRing) -> str | None:
    """Return the buyer's telephone number in clear, None where the seller may not see it (R-ORDER-4)."""
    return None if row.phone_box is None else keys.open_text(row.phone_box, _PHONE)


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
        shipments=tuple(ShipmentFacts.model_validate(item) for item in row.shipments),
        confirmed=tuple(AdjustmentFacts.model_validate(item) for item in row.confirmed_adjustments),
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
        adjustments=state.all_adjustments,
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
        shipments=old.shipments if old else (),
        confirmed=old.confirmed if old else (),
    )


def _tell(
    session: AsyncSession, gateway: Gateway, order: Order, marketplace: MarketplaceFacts, *, new: bool
) -> OrderFacts:
    facts = describe_facts(order, marketplace)
    emit(session, OrderRecorded(order=facts) if new else OrderChanged(order=facts))
    gateway.hub.announce(
        session,
        News(
            type=ChangeType.ORDER_RECORDED if new else ChangeType.ORDER_CHANGED,
            at=order.changed_at,
            seller_id=order.seller_id,
            buyer_id=order.buyer_id,
            thread_id=order.thread_id,
            order_id=order.order_id,
        ),
    )
    return facts


def _row(order_id: str, known: Order | None, state: OrderState, now: datetime) -> Order:
    # Another ship-by date is another promise, of which the seller was not warned yet.
    warned_at = known.warned_at if known and known.ship_by == state.ship_by else None
    return Order(
        order_id=order_id,
        version=known.version + 1 if known else 1,
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
        shipments=[item.model_dump(mode="json") for item in state.shipments],
        confirmed_adjustments=[item.model_dump(mode="json") for item in state.confirmed],
        warned_at=warned_at,
        phone_box=known.phone_box if known else None,
        changed_at=now,
    )
