"""What the policy service decides besides the rules: open reasons, windows, quotas. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from fractions import Fraction
from zoneinfo import ZoneInfo

from shared.contracts.facts import MessagingPause, OrderFacts
from shared.contracts.vocabulary import Fulfilment, OrderStatus, Reason, Trait

REVIEW_EARLIEST = timedelta(days=5)
REVIEW_LATEST = timedelta(days=30)
QUOTA_DAYS = 30
OUT_OF_STOCK_ADJUSTMENTS = frozenset({"NoInventory", "CouldNotShip"})

_NOT_SHIPPED = frozenset({OrderStatus.PENDING, OrderStatus.UNSHIPPED})
_ENDED = frozenset({OrderStatus.CANCELLED, OrderStatus.DELIVERED})
_SENT = frozenset({OrderStatus.SHIPPED, OrderStatus.DELIVERED})


@dataclass(frozen=True, slots=True)
class Closed:
    """Why a reason is not open for an order now: a short code and a sentence in English.

    `order_status` is the one that keeps it closed, where that is why (`services.policy.wording` says it in others).
    """

    code: str
    sentence: str
    order_status: OrderStatus | None = None


def find_closed(reason: Reason, order: OrderFacts, now: datetime, *, review_asked: bool) -> Closed | None:
    """Return why `reason` is closed for `order` at `now`, or None when it is open (R-CONTACT-1)."""
    return _check_order(reason, order) or _check_past(reason, order, now, review_asked=review_asked)


def compute_quota(orders_in_period: int, *, base: int, per_order: float) -> int:
    """Return how many messages a seller may send in a day (R-POLICY-5), from the orders of the last 30 days."""
    # By the number as it is written: 5.1 times 100 orders is 17 a day, and as binary fractions a little less.
    return base + int(Fraction(str(per_order)) * orders_in_period / QUOTA_DAYS)


def find_day(moment: datetime, time_zone: str) -> tuple[datetime, datetime]:
    """Return when the marketplace's day that contains `moment` began and when the next begins, both in UTC."""
    zone = ZoneInfo(time_zone)
    today = moment.astimezone(zone).date()
    start = datetime.combine(today, time(), zone)
    end = datetime.combine(today + timedelta(days=1), time(), zone)
    return start.astimezone(UTC), end.astimezone(UTC)


def is_messaging_on(pauses: Iterable[MessagingPause], marketplace_id: str, now: datetime) -> bool:
    """Tell whether a seller takes messages from new buyers in a marketplace at `now` (R-INBOX-8)."""
    return not any(
        pause.marketplace_id == marketplace_id
        and (pause.since is None or pause.since <= now)
        and (pause.until is None or now < pause.until)
        for pause in pauses
    )


def _check_order(reason: Reason, order: OrderFacts) -> Closed | None:
    """Check what the order is: its items, who ships it, where it stands."""
    wanted_traits = _TRAITS.get(reason)
    if wanted_traits and not wanted_traits & _list_traits(order):
        return Closed("no_such_item", "No item of this order is of the kind this reason is for.")
    if reason in _SELLER_FULFILLED_ONLY and order.fulfilment is not Fulfilment.SELLER:
        return Closed("marketplace_fulfilled", "The marketplace delivers this order, so this is its matter.")
    if order.status not in _STATUSES.get(reason, frozenset(OrderStatus)):
        sentence = f"This reason is not open while an order is {order.status.replace('_', ' ')}."
        return Closed("order_status", sentence, order.status)
    return None


def _check_past(reason: Reason, order: OrderFacts, now: datetime, *, review_asked: bool) -> Closed | None:
    """Check what has happened to the order so far."""
    if reason is Reason.OUT_OF_STOCK and not OUT_OF_STOCK_ADJUSTMENTS & {a.reason for a in order.adjustments}:
        return Closed("no_adjustment", "First adjust the order with reason NoInventory or CouldNotShip.")
    if reason is Reason.RETURN_FOLLOW_UP and not order.return_requested:
        return Closed("no_return", "No return is requested for this order.")
    if reason is Reason.REQUEST_REVIEW:
        return _check_review(order, now, review_asked=review_asked)
    return None


def _check_review(order: OrderFacts, now: datetime, *, review_asked: bool) -> Closed | None:
    if review_asked:
        return Closed("review_asked", "A review was asked for before; there is one request per order, ever.")
    if order.delivered_at is None or now - order.delivered_at < REVIEW_EARLIEST:
        return Closed("too_early", "A review can be asked for from 5 days after delivery.")
    if now - order.delivered_at > REVIEW_LATEST:
        return Closed("too_late", "A review can be asked for until 30 days after delivery.")
    return None


def _list_traits(order: OrderFacts) -> frozenset[Trait]:
    return frozenset(trait for item in order.items for trait in item.traits)


_SELLER_FULFILLED_ONLY = frozenset({Reason.SCHEDULE_DELIVERY, Reason.SHIPPING_ADDRESS_PROBLEM})
_TRAITS: dict[Reason, frozenset[Trait]] = {
    Reason.CONFIRM_CUSTOMISATION: frozenset({Trait.CUSTOMISED}),
    Reason.SCHEDULE_DELIVERY: frozenset({Trait.HEAVY_BULKY}),
    Reason.SCHEDULE_SERVICE: frozenset({Trait.HOME_SERVICE}),
    Reason.DIGITAL_ACCESS_KEY: frozenset({Trait.DIGITAL}),
}
_STATUSES: dict[Reason, frozenset[OrderStatus]] = {
    Reason.CONFIRM_CUSTOMISATION: _NOT_SHIPPED,
    Reason.SCHEDULE_DELIVERY: frozenset(OrderStatus) - _ENDED,
    Reason.SCHEDULE_SERVICE: frozenset(OrderStatus) - _ENDED,
    Reason.SHIPPING_ADDRESS_PROBLEM: _NOT_SHIPPED,
    Reason.REQUEST_ORDER_INFORMATION: frozenset(OrderStatus) - _ENDED,
    Reason.ORDER_PROBLEM: frozenset(OrderStatus) - _ENDED - {OrderStatus.PENDING},
    Reason.OUT_OF_STOCK: frozenset({OrderStatus.UNSHIPPED}),
    Reason.SHIPPING_DELAY: frozenset({OrderStatus.UNSHIPPED, OrderStatus.PARTIALLY_SHIPPED}),
    Reason.RETURN_FOLLOW_UP: _SENT,
    Reason.SEND_INVOICE: _SENT,
    Reason.REQUEST_REVIEW: frozenset({OrderStatus.DELIVERED}),
}
