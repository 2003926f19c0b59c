"""An order's states and times: which may follow which (R-ORDER-1), what is left to ship, and until when. Pure."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from shared.contracts.facts import AdjustmentFacts, ItemFacts, ShipmentFacts
from shared.contracts.vocabulary import Fulfilment, OrderStatus

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


# What waits for a parcel that somebody has yet to confirm.
TO_SHIP = frozenset({OrderStatus.UNSHIPPED, OrderStatus.PARTIALLY_SHIPPED})
_OVER = frozenset({OrderStatus.DELIVERED, OrderStatus.CANCELLED})


@dataclass(frozen=True, slots=True)
class OrderState:
    """All that is recorded of an order but its id and version, and its buyer's telephone number.

    `adjustments` came with the whole order; `shipments` and `confirmed` were recorded one by one, or by feeds, and are
    not the whole order's to take back.
    """

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
    shipments: tuple[ShipmentFacts, ...] = ()
    confirmed: tuple[AdjustmentFacts, ...] = ()

    @property
    def all_adjustments(self) -> tuple[AdjustmentFacts, ...]:
        """Every adjustment that stands on the order, each once, however it was told."""
        known = {_tell_adjustment(adjustment) for adjustment in self.confirmed}
        return (*(told for told in self.adjustments if _tell_adjustment(told) not in known), *self.confirmed)


@dataclass(frozen=True, slots=True)
class Deadlines:
    """How long a shipment's confirmation may take (R-ORDER-5).

    `confirm` after the ship-by date the order is cancelled; `warning` before that its seller is warned, and never less
    than `grace` before: a warning that comes late moves the end.
    """

    confirm: timedelta
    warning: timedelta
    grace: timedelta

    def confirm_by(self, state: OrderState, warned_at: datetime | None) -> datetime | None:
        """Return until when the shipment must be confirmed, None where nobody waits for that."""
        if state.ship_by is None or state.status not in TO_SHIP or state.fulfilment is not Fulfilment.SELLER:
            return None
        end = state.ship_by + self.confirm
        return end if warned_at is None else max(end, warned_at + self.grace)

    def is_due(self, state: OrderState, warned_at: datetime | None, now: datetime) -> bool:
        """Whether the seller is to be warned now; each is once."""
        end = self.confirm_by(state, warned_at)
        return end is not None and warned_at is None and now >= end - self.warning

    def is_lapsed(self, state: OrderState, warned_at: datetime | None, now: datetime) -> bool:
        """Whether the order is to be cancelled now. What is partly on its way is not cancelled any more."""
        end = self.confirm_by(state, warned_at)
        return end is not None and warned_at is not None and state.status is OrderStatus.UNSHIPPED and now >= end


def count_left(state: OrderState) -> Mapping[str, int]:
    """Return how many pieces of each SKU no confirmed parcel holds yet; those with none left are not there."""
    left: Counter[str] = Counter()
    for line in state.items:
        left[line.sku] += line.quantity
    for shipment in state.shipments:
        for piece in shipment.items:
            left[piece.sku] -= piece.quantity
    return +left


def shows_phone(fulfilment: Fulfilment, status: OrderStatus) -> bool:
    """Whether the seller may see the buyer's telephone number: who ships, from placement to delivery (R-ORDER-4)."""
    return fulfilment is Fulfilment.SELLER and status not in _OVER


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


def _tell_adjustment(adjustment: AdjustmentFacts) -> tuple[object, ...]:
    """Return what makes an adjustment the same as another, by whatever way it was told."""
    return adjustment.reason, adjustment.amount, adjustment.currency, adjustment.adjusted_at
