"""Which status may follow which, and the times that go with them."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from services.gateway.orders.domain import (
    OrderState,
    belongs_to_same,
    completed_at,
    fill_times,
    find_contradiction,
    may_follow,
)
from shared.contracts.vocabulary import Fulfilment, OrderStatus

pytestmark = pytest.mark.req("R-ORDER-1")
STATUSES = st.sampled_from(OrderStatus)
NOW = datetime(2026, 3, 10, tzinfo=UTC)
TIMES = st.none() | st.integers(-20, 20).map(lambda days: NOW + timedelta(days=days))
STATE = OrderState(
    marketplace_id="M",
    buyer_id="b",
    seller_id="s",
    status=OrderStatus.UNSHIPPED,
    fulfilment=Fulfilment.SELLER,
    items=(),
    business=False,
    purchase_order_number=None,
    adjustments=(),
    return_requested=False,
    placed_at=NOW,
    ship_by=None,
    shipped_at=None,
    delivered_at=None,
)


@given(STATUSES, STATUSES, STATUSES)
def test_no_order_ever_goes_back(first: OrderStatus, second: OrderStatus, third: OrderStatus) -> None:
    assume(len({first, second}) == 2)
    if may_follow(first, second):
        assert not may_follow(second, first)
        if may_follow(second, third) and third is not second:
            assert not may_follow(third, first)


@given(STATUSES)
def test_the_same_again_is_always_legal(status: OrderStatus) -> None:
    assert may_follow(status, status)


@pytest.mark.req("R-ORDER-2")
@pytest.mark.parametrize(
    ("old", "legal"),
    [
        ("pending", {"pending", "unshipped", "cancelled"}),
        ("unshipped", {"unshipped", "partially_shipped", "shipped", "delivered", "cancelled"}),
        ("partially_shipped", {"partially_shipped", "shipped", "delivered"}),
        ("shipped", {"shipped", "delivered"}),
        ("delivered", {"delivered"}),
        ("cancelled", {"cancelled"}),
    ],
)
def test_what_may_follow(old: str, legal: set[str]) -> None:
    assert {new.value for new in OrderStatus if may_follow(OrderStatus(old), new)} == legal


@given(STATUSES, TIMES, TIMES)
def test_times_go_with_the_status(status: OrderStatus, shipped: datetime | None, delivered: datetime | None) -> None:
    assume(find_contradiction(status, NOW - timedelta(days=30), shipped, delivered) is None)
    filled = fill_times(status, shipped, delivered, None, NOW)
    completed = completed_at(replace(STATE, status=status, shipped_at=filled[0], delivered_at=filled[1]))
    assert (completed is not None) == (status in (OrderStatus.SHIPPED, OrderStatus.DELIVERED))
    if delivered is not None:
        assert completed == delivered


def test_a_time_that_is_not_told_stays_as_it_was() -> None:
    day = NOW - timedelta(days=3)
    shipped = replace(STATE, status=OrderStatus.SHIPPED, shipped_at=day)
    assert fill_times(OrderStatus.SHIPPED, None, None, shipped, NOW) == (day, None)
    assert fill_times(OrderStatus.DELIVERED, None, None, shipped, NOW) == (day, NOW)
    delivered = replace(shipped, status=OrderStatus.DELIVERED, delivered_at=day)
    assert fill_times(OrderStatus.DELIVERED, None, None, delivered, NOW) == (day, day)


@pytest.mark.parametrize(
    ("status", "shipped", "delivered", "field"),
    [
        ("unshipped", 1, None, "shipped_at"),
        ("shipped", None, 1, "delivered_at"),
        ("shipped", -1, None, "shipped_at"),
        ("delivered", 2, 1, "delivered_at"),
        ("delivered", None, -1, "delivered_at"),
    ],
)
def test_times_that_cannot_be(status: str, shipped: int | None, delivered: int | None, field: str) -> None:
    times = [None if days is None else NOW + timedelta(days=days) for days in (shipped, delivered)]
    found = find_contradiction(OrderStatus(status), NOW, times[0], times[1])
    assert found is not None
    assert found[0] == field


@pytest.mark.parametrize("change", [{"marketplace_id": "N"}, {"buyer_id": "c"}, {"seller_id": "t"}])
def test_an_order_stays_between_the_same_parties(change: dict[str, str]) -> None:
    assert belongs_to_same(STATE, replace(STATE, status=OrderStatus.SHIPPED))
    assert not belongs_to_same(
        STATE,
        replace(
            STATE,
            marketplace_id=change.get("marketplace_id", "M"),
            buyer_id=change.get("buyer_id", "b"),
            seller_id=change.get("seller_id", "s"),
        ),
    )
