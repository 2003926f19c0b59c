"""Whether a parcel or a refund fits an order, and what the order is with it (R-ORDER-3). Pure."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from services.gateway.orders.domain import OrderState, count_left
from services.gateway.orders.errors import IllegalAdjustment, IllegalTransition, NothingLeft, TooManyConfirmations
from services.gateway.orders.schemas import ShippedItemBody
from shared.contracts.facts import AdjustmentFacts, ShipmentFacts, ShippedItem
from shared.contracts.vocabulary import AdjustmentReason, OrderStatus
from shared.problems import Invalid

MOST_CONFIRMATIONS = 100
# Clocks differ; what lies further ahead has not happened yet.
_CLOCKS_DIFFER = timedelta(hours=1)
_PAID = frozenset(OrderStatus) - {OrderStatus.PENDING}
_SENT = frozenset({OrderStatus.PARTIALLY_SHIPPED, OrderStatus.SHIPPED, OrderStatus.DELIVERED})
_ADJUSTABLE = {
    # What was not there, or could not be sent, is not on its way.
    AdjustmentReason.NO_INVENTORY: _PAID - {OrderStatus.SHIPPED, OrderStatus.DELIVERED},
    AdjustmentReason.COULD_NOT_SHIP: _PAID - {OrderStatus.SHIPPED, OrderStatus.DELIVERED},
    # What was sent alone can come back, or be the wrong thing.
    AdjustmentReason.CUSTOMER_RETURN: _SENT,
    AdjustmentReason.DIFFERENT_ITEM: _SENT,
    AdjustmentReason.UNDELIVERABLE: _SENT,
    AdjustmentReason.REFUSED_DELIVERY: _SENT,
}


def choose_items(state: OrderState, wanted: Sequence[ShippedItemBody] | None) -> tuple[ShippedItem, ...]:
    """Return what a parcel holds: what it says, each SKU once, or all that is left.

    Raises `IllegalTransition` for an order that ships nothing now, `NothingLeft`, and `Invalid` naming a SKU that is
    not in the order, or more pieces than are left.
    """
    if state.status in (OrderStatus.PENDING, OrderStatus.CANCELLED, OrderStatus.DELIVERED):
        raise IllegalTransition(state.status, OrderStatus.SHIPPED)
    left = count_left(state)
    if state.status is OrderStatus.SHIPPED or not left:
        raise NothingLeft
    if wanted is None:
        return tuple(ShippedItem(sku=sku, quantity=count) for sku, count in left.items())
    ordered = {line.sku for line in state.items}
    chosen: Counter[str] = Counter()
    for number, item in enumerate(wanted):
        if item.sku not in ordered:
            raise Invalid.of(f"items.{number}.sku", "is not in this order")
        chosen[item.sku] += item.quantity
        if chosen[item.sku] > left.get(item.sku, 0):
            raise Invalid.of(f"items.{number}.quantity", f"is more than the {left.get(item.sku, 0)} left to ship")
    return tuple(ShippedItem(sku=sku, quantity=count) for sku, count in chosen.items())


def add_shipment(state: OrderState, shipment: ShipmentFacts, now: datetime) -> OrderState:
    """Return the order with one more parcel: shipped when nothing is left, else partially.

    Raises `Invalid` for a time that cannot be, and `TooManyConfirmations`.
    """
    _refuse_time("shipped_at", shipment.shipped_at, state, now)
    if len(state.shipments) >= MOST_CONFIRMATIONS:
        raise TooManyConfirmations(MOST_CONFIRMATIONS)
    after = replace(state, shipments=(*state.shipments, shipment))
    if count_left(after):
        return replace(after, status=OrderStatus.PARTIALLY_SHIPPED)
    return replace(after, status=OrderStatus.SHIPPED, shipped_at=max(parcel.shipped_at for parcel in after.shipments))


def add_adjustment(
    state: OrderState, adjustment: AdjustmentFacts, reason: AdjustmentReason, now: datetime
) -> OrderState:
    """Return the order with one more adjustment.

    Raises `IllegalAdjustment` where the reason does not fit what became of the order: nothing was paid for a pending
    one, and only what was sent can come back. Raises `Invalid` for a time that cannot be, and `TooManyConfirmations`.
    """
    if state.status not in _ADJUSTABLE.get(reason, _PAID):
        raise IllegalAdjustment(state.status, reason)
    _refuse_time("adjusted_at", adjustment.adjusted_at, state, now)
    if len(state.confirmed) >= MOST_CONFIRMATIONS:
        raise TooManyConfirmations(MOST_CONFIRMATIONS)
    return replace(state, confirmed=(*state.confirmed, adjustment))


def _refuse_time(field: str, moment: datetime, state: OrderState, now: datetime) -> None:
    if moment < state.placed_at:
        raise Invalid.of(field, "lies before the order was placed")
    if moment > now + _CLOCKS_DIFFER:
        raise Invalid.of(field, "lies in the future")
