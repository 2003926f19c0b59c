"""What an order is with one more parcel or refund."""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.gateway.orders.domain import OrderState, completed_at, count_left, may_follow
from services.gateway.orders.errors import IllegalAdjustment, IllegalTransition, NothingLeft, TooManyConfirmations
from services.gateway.orders.schemas import ShippedItemBody
from services.gateway.orders.shipments import MOST_CONFIRMATIONS, add_adjustment, add_shipment, choose_items
from shared.contracts.facts import AdjustmentFacts, ItemFacts, ShipmentFacts, ShippedItem
from shared.contracts.vocabulary import AdjustmentReason, Carrier, OrderStatus
from shared.problems import Invalid
from tests.services.gateway.orders.test_domain import NOW, STATE

pytestmark = pytest.mark.req("R-ORDER-3")
SKUS = st.sampled_from("ABC")
LINES = st.lists(st.builds(ItemFacts, sku=SKUS, title=st.just("T"), quantity=st.integers(1, 5)), min_size=1, max_size=4)
PARCELS = st.lists(st.lists(st.builds(ShippedItemBody, sku=SKUS, quantity=st.integers(1, 4)), min_size=1), max_size=6)
LATER = NOW + timedelta(days=1)


def ship(state: OrderState, items: tuple[ShippedItem, ...], name: str = "p") -> OrderState:
    parcel = ShipmentFacts(shipment_id=name, items=items, carrier=Carrier.GLS, shipped_at=LATER)
    return add_shipment(state, parcel, LATER)


@pytest.mark.req("R-ORDER-1")
@given(LINES, PARCELS)
def test_parcels_hold_what_was_ordered_and_never_more(
    lines: list[ItemFacts], parcels: list[list[ShippedItemBody]]
) -> None:
    state = replace(STATE, items=tuple(lines))
    ordered = count_left(state)
    for parcel in parcels:
        before = state
        try:
            state = ship(state, choose_items(state, parcel))
        except (Invalid, NothingLeft):
            assert state is before
            continue
        assert may_follow(before.status, state.status)
        assert sum(count_left(before).values()) > sum(count_left(state).values())
    sent = sum(piece.quantity for parcel in state.shipments for piece in parcel.items)
    assert sent + sum(count_left(state).values()) == sum(ordered.values())
    assert (state.status is OrderStatus.SHIPPED) is (not count_left(state))
    if state.status is OrderStatus.SHIPPED:
        assert completed_at(state) == LATER
        with pytest.raises(NothingLeft):
            choose_items(state, None)
        return
    state = ship(state, choose_items(state, None))
    assert (state.status, count_left(state)) == (OrderStatus.SHIPPED, {})


@pytest.mark.parametrize("status", ["pending", "cancelled", "delivered"])
def test_what_ships_nothing_says_so(status: str) -> None:
    state = replace(STATE, status=OrderStatus(status), items=(ItemFacts(sku="A", title="T", quantity=1),))
    with pytest.raises(IllegalTransition, match=status):
        choose_items(state, None)


@given(st.sampled_from(OrderStatus), st.sampled_from(AdjustmentReason))
def test_money_goes_back_for_what_was_paid(status: OrderStatus, reason: AdjustmentReason) -> None:
    state = replace(STATE, status=status)
    refund = AdjustmentFacts(reason=reason, amount="1", currency="EUR", adjusted_at=LATER, adjustment_id="r")
    try:
        after = add_adjustment(state, refund, reason, LATER)
    except IllegalAdjustment:
        assert (status, reason) != (OrderStatus.UNSHIPPED, AdjustmentReason.NO_INVENTORY)
        return
    assert status is not OrderStatus.PENDING
    assert after.status is status
    assert after.all_adjustments == (refund,)


def test_there_are_only_so_many() -> None:
    item = (ShippedItem(sku="A", quantity=1),)
    state = replace(STATE, items=(ItemFacts(sku="A", title="T", quantity=1000),))
    refund = AdjustmentFacts(reason="PriceError", amount="1", currency="EUR", adjusted_at=LATER)
    for number in range(MOST_CONFIRMATIONS):
        state = ship(state, item, str(number))
        state = add_adjustment(state, refund, AdjustmentReason.PRICE_ERROR, LATER)
    with pytest.raises(TooManyConfirmations):
        ship(state, item)
    with pytest.raises(TooManyConfirmations):
        add_adjustment(state, refund, AdjustmentReason.PRICE_ERROR, LATER)
