import itertools
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from services.policy.domain import compute_quota, find_closed, find_day
from shared.contracts.vocabulary import Fulfilment, OrderStatus, Reason, Trait
from tests.services.policy.world import NOW, adjustment, order

ALL = set(OrderStatus)
PENDING, UNSHIPPED, PARTLY, SHIPPED, DELIVERED, CANCELLED = OrderStatus
# R-CONTACT-1's table: reason, the statuses in which it is open, and what else must be so.
OPEN_IN: dict[Reason, set[OrderStatus]] = {
    Reason.CONFIRM_CUSTOMISATION: {PENDING, UNSHIPPED},
    Reason.SCHEDULE_DELIVERY: ALL - {DELIVERED, CANCELLED},
    Reason.SCHEDULE_SERVICE: ALL - {DELIVERED, CANCELLED},
    Reason.SHIPPING_ADDRESS_PROBLEM: {PENDING, UNSHIPPED},
    Reason.REQUEST_ORDER_INFORMATION: ALL - {DELIVERED, CANCELLED},
    Reason.ORDER_PROBLEM: ALL - {PENDING, DELIVERED, CANCELLED},
    Reason.OUT_OF_STOCK: {UNSHIPPED},
    Reason.SHIPPING_DELAY: {UNSHIPPED, PARTLY},
    Reason.RETURN_FOLLOW_UP: {SHIPPED, DELIVERED},
    Reason.SEND_INVOICE: {SHIPPED, DELIVERED},
    Reason.LEGAL_DISCLOSURE: ALL,
    Reason.WARRANTY: ALL,
    Reason.DIGITAL_ACCESS_KEY: ALL,
    Reason.REQUEST_REVIEW: {DELIVERED},
    Reason.OTHER_REQUIRED: ALL,
}
NEEDS_TRAIT = {
    Reason.CONFIRM_CUSTOMISATION: Trait.CUSTOMISED,
    Reason.SCHEDULE_DELIVERY: Trait.HEAVY_BULKY,
    Reason.SCHEDULE_SERVICE: Trait.HOME_SERVICE,
    Reason.DIGITAL_ACCESS_KEY: Trait.DIGITAL,
}
SELLER_SHIPS = {Reason.SCHEDULE_DELIVERY, Reason.SHIPPING_ADDRESS_PROBLEM}
zones = st.sampled_from(sorted(available_timezones()))
moments = st.datetimes(datetime(2020, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - as hypothesis wants it


def is_open(reason: Reason, status: OrderStatus, fulfilment: Fulfilment, *, fitting: bool) -> bool:
    """Tell whether a reason is open for an order that has what the reason asks for, or nothing of it."""
    given_facts: dict[str, object] = {"fulfilment": fulfilment}
    traits: list[Trait] = []
    if fitting:
        traits = list(Trait)
        given_facts |= {
            "adjustments": (adjustment("NoInventory"),),
            "return_requested": True,
            "delivered_at": NOW - timedelta(days=10) if status is DELIVERED else None,
        }
    facts = order(status, *traits, **given_facts)
    return find_closed(reason, facts, NOW, review_asked=False) is None


@pytest.mark.req("R-CONTACT-1")
@pytest.mark.parametrize("reason", Reason)
def test_the_table_of_open_reasons(reason: Reason) -> None:
    for status, fulfilment in itertools.product(OrderStatus, Fulfilment):
        expected = status in OPEN_IN[reason] and (reason not in SELLER_SHIPS or fulfilment is Fulfilment.SELLER)
        assert is_open(reason, status, fulfilment, fitting=True) == expected, (status, fulfilment)


@pytest.mark.req("R-CONTACT-1")
@pytest.mark.parametrize("reason", Reason)
def test_what_else_must_be_so_keeps_a_reason_closed_where_it_is_not(reason: Reason) -> None:
    needs = reason in NEEDS_TRAIT or reason in {Reason.OUT_OF_STOCK, Reason.RETURN_FOLLOW_UP, Reason.REQUEST_REVIEW}
    for status in OPEN_IN[reason]:
        assert is_open(reason, status, Fulfilment.SELLER, fitting=False) == (not needs), status


@pytest.mark.req("R-CONTACT-1")
@pytest.mark.parametrize(("reason", "trait"), NEEDS_TRAIT.items())
def test_only_the_trait_that_a_reason_is_for_opens_it(reason: Reason, trait: Trait) -> None:
    for other in Trait:
        closed = find_closed(reason, order(UNSHIPPED, other), NOW, review_asked=False)
        assert (closed is None) == (other is trait)
        assert closed is None or closed.code == "no_such_item"


@pytest.mark.req("R-CONTACT-1", "R-POLICY-8")
@pytest.mark.parametrize(("code", "opens"), [("NoInventory", True), ("CouldNotShip", True), ("CustomerReturn", False)])
def test_out_of_stock_needs_its_adjustment(code: str, opens: bool) -> None:  # noqa: FBT001 - a table
    closed = find_closed(Reason.OUT_OF_STOCK, order(adjustments=(adjustment(code),)), NOW, review_asked=False)
    assert (closed is None) is opens
    assert closed is None or closed.code == "no_adjustment"


@pytest.mark.req("R-CONTACT-1", "R-CONTACT-4")
@pytest.mark.parametrize(
    ("since", "asked", "code"),
    [
        (timedelta(days=5) - timedelta(seconds=1), False, "too_early"),
        (timedelta(days=5), False, None),
        (timedelta(days=30), False, None),
        (timedelta(days=30, seconds=1), False, "too_late"),
        (timedelta(days=10), True, "review_asked"),
        (None, False, "too_early"),
    ],
)
def test_a_review_may_be_asked_for_once_from_5_to_30_days_after_delivery(
    since: timedelta | None,
    asked: bool,  # noqa: FBT001 - a table
    code: str | None,
) -> None:
    facts = order(DELIVERED, delivered_at=None if since is None else NOW - since)
    closed = find_closed(Reason.REQUEST_REVIEW, facts, NOW, review_asked=asked)
    assert (closed.code if closed else None) == code


@pytest.mark.req("R-CONTACT-1")
@given(st.sampled_from(Reason), st.sampled_from(OrderStatus), st.sampled_from(Fulfilment), st.booleans())
def test_whatever_is_closed_says_why(
    reason: Reason,
    status: OrderStatus,
    fulfilment: Fulfilment,
    asked: bool,  # noqa: FBT001 - a property
) -> None:
    closed = find_closed(reason, order(status, fulfilment=fulfilment), NOW, review_asked=asked)
    if closed is not None:
        assert closed.code.replace("_", "").isalpha()
        assert closed.sentence.endswith(".")


@pytest.mark.req("R-POLICY-5")
@pytest.mark.parametrize(("orders", "limit"), [(0, 600), (1, 600), (6, 601), (30, 605), (300, 650), (30_000, 5_600)])
def test_the_daily_limit_is_600_and_5_for_each_average_daily_order(orders: int, limit: int) -> None:
    assert compute_quota(orders, base=600, per_order=5) == limit


@pytest.mark.req("R-POLICY-5")
@given(st.integers(0, 10**6), st.integers(0, 10**4), st.integers(0, 500))
@example(100, 0, 51)
def test_the_daily_limit_is_exact_and_grows_with_orders(orders: int, base: int, tenths: int) -> None:
    limit = compute_quota(orders, base=base, per_order=tenths / 10)
    assert limit == base + tenths * orders // 300
    assert compute_quota(orders + 1, base=base, per_order=tenths / 10) >= limit


@pytest.mark.req("R-POLICY-5")
@given(moments, zones)
def test_a_moment_lies_in_its_day_everywhere(moment: datetime, zone: str) -> None:
    start, end = find_day(moment, zone)
    assert start <= moment < end
    assert timedelta(hours=22) <= end - start <= timedelta(hours=50)
    assert find_day(start, zone) == (start, end)
    assert find_day(end, zone)[0] == end


@pytest.mark.req("R-POLICY-5")
@pytest.mark.parametrize(
    ("day", "zone", "hours"),
    [
        ("2026-03-29", "Europe/Rome", 23),
        ("2026-10-25", "Europe/Rome", 25),
        ("2026-03-08", "America/New_York", 23),
        ("2026-11-01", "America/New_York", 25),
        ("2026-03-29", "Asia/Tokyo", 24),
    ],
)
def test_days_on_which_clocks_change(day: str, zone: str, hours: int) -> None:
    noon = datetime.fromisoformat(f"{day}T12:00").replace(tzinfo=ZoneInfo(zone))
    start, end = find_day(noon, zone)
    assert end - start == timedelta(hours=hours)
    assert start.astimezone(ZoneInfo(zone)).isoformat().startswith(f"{day}T00:00")


@pytest.mark.req("R-POLICY-5")
def test_the_same_moment_is_another_day_elsewhere() -> None:
    moment = datetime(2026, 5, 1, 22, 30, tzinfo=UTC)
    assert find_day(moment, "Europe/Rome")[0] == datetime(2026, 5, 1, 22, tzinfo=UTC)
    assert find_day(moment, "America/New_York")[0] == datetime(2026, 5, 1, 4, tzinfo=UTC)
    assert find_day(moment, "Asia/Tokyo")[0] == datetime(2026, 5, 1, 15, tzinfo=UTC)
