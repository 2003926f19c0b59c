"""An order's states and times: which may follow which (R-ORDER-1). Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from shared.contracts.vocabulary import AdjustmentFacts, Fulfilment, ItemFacts, OrderStatus

# A report may be skipped (a digital item is delivered without ever being shipped), but no order goes back, and
# none leaves `pending` for a parcel: it must be paid first. What is on its way cannot be cancelled any more.
LEGAL: Mapping[OrderStatus, frozenset[OrderStatus]] = {
    OrderStatus.PENDING: frozenset({OrderStatus.UNSHIPPED, OrderStatus.CANCELLED}),
    OrderStatus.UNSHIPPED: frozenset(
        {OrderStatus.PARTIALLY_SHIPPED, OrderStatus.SHIPPED, OrderStatus.DELIVERED, OrderStatus.CANCELLED}
    ),
    OrderStatus.PARTIALLY_SHIPPED: frozenset({OrderStatus.SHIPPED, OrderStatus.DELIVERED}),
    OrderStatus.SHIPPED: frozenset({OrderStatus.DELIVERED}),
    OrderStatus.DELIVERED: frozenset(),
    OrderStatus.CANCELLED: frozenset(),
}


@dataclass(frozen=True, slots=True)
class OrderState:
    """All that is recorded of an order but its id and version."""

    marketplace_id: str
    buyer_id: str
    seller_id: str
    status: OrderStatus
    fulfilment: Fulfilment
    items: tuple[ItemFacts, ...]
    business: bool
    purchase_order_number: str | None
    adjustments: tuple[AdjustmentFacts, ...]
    return_requested: bool
    placed_at: datetime
    ship_by: datetime | None
    shipped_at: datetime | None
    delivered_at: datetime | None


def may_follow(old: OrderStatus, new: OrderStatus) -> bool:
    """Tell whether an order in `old` may be reported as `new`; the same again always may."""
    return new is old or new in LEGAL[old]


def belongs_to_same(old: OrderState, new: OrderState) -> bool:
    """Tell whether both states name the same marketplace, buyer and seller, which no order ever changes."""
    return (old.marketplace_id, old.buyer_id, old.seller_id) == (new.marketplace_id, new.buyer_id, new.seller_id)


def fill_times(
    status: OrderStatus,
    shipped_at: datetime | None,
    delivered_at: datetime | None,
    old: OrderState | None,
    now: datetime,
) -> tuple[datetime | None, datetime | None]:
    """Return when the order was shipped and delivered, as far as its status says that it was.

    A time that was not told is the one known before, else `now`: the moment we heard of it.
    """
    shipped = delivered = None
    if status is OrderStatus.SHIPPED:
        shipped = shipped_at or (old.shipped_at if old else None) or now
    if status is OrderStatus.DELIVERED:
        delivered = delivered_at or (old.delivered_at if old else None) or now
        shipped = shipped_at or (old.shipped_at if old else None)
    return shipped, delivered


def completed_at(state: OrderState) -> datetime | None:
    """Return when the order was complete: delivered, else wholly shipped. The 30 days of R-POLICY-3 run from here."""
    return state.delivered_at or state.shipped_at


def find_contradiction(
    status: OrderStatus, placed_at: datetime, shipped_at: datetime | None, delivered_at: datetime | None
) -> tuple[str, str] | None:
    """Return the field and the sentence for times that cannot be with this status or each other, or None."""
    if delivered_at is not None and status is not OrderStatus.DELIVERED:
        return "delivered_at", f"an order that is {status} has no time of delivery"
    if shipped_at is not None and status not in (OrderStatus.SHIPPED, OrderStatus.DELIVERED):
        return "shipped_at", f"an order that is {status} has no time of shipping"
    if shipped_at is not None and shipped_at < placed_at:
        return "shipped_at", "lies before placed_at"
    if delivered_at is not None and delivered_at < (shipped_at or placed_at):
        return "delivered_at", "lies before shipped_at or placed_at"
    return None
