"""Late shipments: warned of, then cancelled, at times that the test chooses."""

import asyncio
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.gateway.live import store as live
from services.gateway.live.domain import Audience
from services.gateway.orders import store as orders
from services.gateway.orders.deadlines import enforce_deadlines
from services.gateway.orders.domain import Deadlines
from shared.contracts.gateway import OrderChanged, OrderLapsed, ShipmentDue
from shared.contracts.vocabulary import Fulfilment, OrderStatus
from tests.services.gateway.conftest import Running
from tests.services.gateway.orders.test_domain import STATE
from tests.services.gateway.world import ORDER, OTHER_SELLER, SELLER, order_body

pytestmark = pytest.mark.req("R-ORDER-5")
# Far off, so that the service's own rounds, which go by the real time, find nothing to do.
SHIP_BY = datetime.fromisoformat("2126-03-05T12:00:00Z")
DAY = timedelta(days=1)
PATH = f"/v1/orders/{ORDER}"
PARCEL = {"shipped_at": "2026-03-02T10:00:00Z", "carrier": "GLS"}
DAYS = st.integers(-10, 40)
DEADLINES = Deadlines(7 * DAY, 3 * DAY, DAY)


async def record(running: Running, **changes: Any) -> None:  # noqa: ANN401 - any field of the body
    await running.world.ok("operator", "PUT", PATH, order_body(ship_by=SHIP_BY.isoformat(), **changes))


async def enforce(running: Running, now: datetime) -> None:
    assert not await enforce_deadlines(running.gateway, now)


async def list_news(running: Running) -> list[str]:
    async with running.gateway.database.reading() as session:
        return [change.type for change in await live.list_changes(session, 0, 100, Audience(seller_id=SELLER))]


async def test_the_seller_is_warned_before_and_the_order_cancelled_after(anywhere: Running) -> None:
    await record(anywhere)
    end = SHIP_BY + 7 * DAY
    order = await anywhere.world.ok(SELLER, "GET", PATH)
    assert (datetime.fromisoformat(order["confirm_shipment_by"]), order["warned_at"]) == (end, None)
    await enforce(anywhere, end - 3 * DAY - timedelta(seconds=1))
    assert await anywhere.told(ShipmentDue) == []
    warned_at = end - 3 * DAY
    for _ in range(2):
        await enforce(anywhere, warned_at)
    (told,) = await anywhere.told(ShipmentDue)
    assert (told.order.order_id, told.confirm_by, told.warned_at) == (ORDER, end, warned_at)
    assert (await list_news(anywhere))[-1] == "order.shipment_due"
    order = await anywhere.world.ok(SELLER, "GET", PATH)
    assert (order["status"], datetime.fromisoformat(order["warned_at"])) == ("unshipped", warned_at)
    await enforce(anywhere, end - timedelta(seconds=1))
    assert await anywhere.told(OrderLapsed) == []
    for _ in range(2):
        await enforce(anywhere, end)
    (lapsed,) = await anywhere.told(OrderLapsed)
    assert (lapsed.order.status, lapsed.lapsed_at, lapsed.business_name) == (
        OrderStatus.CANCELLED,
        end,
        "Bottega Verde Mare",
    )
    order = await anywhere.world.ok(SELLER, "GET", PATH)
    assert (order["status"], order["confirm_shipment_by"]) == ("cancelled", None)
    assert (await anywhere.told(OrderChanged))[-1].order.status is OrderStatus.CANCELLED


async def test_a_confirmed_order_is_left_alone(running: Running) -> None:
    await record(running)
    await enforce(running, SHIP_BY + 5 * DAY)
    await running.world.ok(SELLER, "PUT", f"{PATH}/shipments/p", PARCEL)
    await enforce(running, SHIP_BY + 90 * DAY)
    assert (await running.world.ok(SELLER, "GET", PATH))["status"] == "shipped"
    assert await running.told(OrderLapsed) == []


@pytest.mark.parametrize(
    "changes",
    [
        {"status": "pending"},
        {"fulfilment": "marketplace"},
        {"status": "shipped"},
        {"status": "cancelled"},
    ],
)
async def test_who_has_nothing_to_confirm_is_not_warned(running: Running, changes: dict[str, str]) -> None:
    order_id = "111-0000009-0000009"
    body = order_body(ship_by=SHIP_BY.isoformat(), **changes)
    await running.world.ok("operator", "PUT", f"/v1/orders/{order_id}", body)
    for days in (5, 90):
        await enforce(running, SHIP_BY + days * DAY)
    assert await running.told(ShipmentDue) == []
    order = await running.world.ok(SELLER, "GET", f"/v1/orders/{order_id}")
    assert (order["status"], order["confirm_shipment_by"]) == (changes.get("status", "unshipped"), None)


async def test_what_is_partly_on_its_way_is_warned_of_and_not_cancelled(running: Running) -> None:
    await record(running, items=[{"sku": "A-1", "title": "Tazza", "quantity": 2}])
    part = PARCEL | {"items": [{"sku": "A-1", "quantity": 1}]}
    await running.world.ok(SELLER, "PUT", f"{PATH}/shipments/p", part)
    for days in (5, 90):
        await enforce(running, SHIP_BY + days * DAY)
    (told,) = await running.told(ShipmentDue)
    assert told.order.status is OrderStatus.PARTIALLY_SHIPPED
    assert (await running.world.ok(SELLER, "GET", PATH))["status"] == "partially_shipped"


async def test_a_late_warning_moves_the_end(running: Running) -> None:
    """Nobody is cancelled without having been warned a day before, even if the service was away for weeks."""
    await record(running)
    now = SHIP_BY + 30 * DAY
    await enforce(running, now)
    (told,) = await running.told(ShipmentDue)
    assert told.confirm_by == now + DAY
    await enforce(running, now + DAY - timedelta(seconds=1))
    assert await running.told(OrderLapsed) == []
    await enforce(running, now + DAY)
    assert len(await running.told(OrderLapsed)) == 1


async def test_another_ship_by_date_is_another_promise(running: Running) -> None:
    await record(running)
    await enforce(running, SHIP_BY + 5 * DAY)
    later = SHIP_BY + 10 * DAY
    await running.world.ok("operator", "PUT", PATH, order_body(ship_by=later.isoformat()))
    await enforce(running, SHIP_BY + 8 * DAY)
    assert await running.told(OrderLapsed) == []
    await enforce(running, later + 4 * DAY)
    assert [told.confirm_by for told in await running.told(ShipmentDue)] == [SHIP_BY + 7 * DAY, later + 7 * DAY]


async def test_several_instances_warn_once(anywhere: Running) -> None:
    await record(anywhere)
    await asyncio.gather(*(enforce_deadlines(anywhere.gateway, SHIP_BY + 5 * DAY) for _ in range(3)))
    assert len(await anywhere.told(ShipmentDue)) == 1


async def test_the_console_lists_what_must_be_confirmed_soon(anywhere: Running) -> None:
    await record(anywhere)
    world = anywhere.world
    body = order_body(ship_by=SHIP_BY.isoformat(), status="shipped")
    await world.ok("operator", "PUT", "/v1/orders/111-0000009-0000009", body)
    end = SHIP_BY + 7 * DAY
    for moment, expected in ((end, []), (end + timedelta(seconds=1), [ORDER])):
        page = await world.ok(SELLER, "GET", "/v1/orders", params={"confirm_before": moment.isoformat()})
        assert [order["id"] for order in page["items"]] == expected
    page = await world.ok(OTHER_SELLER, "GET", "/v1/orders", params={"confirm_before": "2027-01-01T00:00:00Z"})
    assert page["items"] == []


async def test_the_console_compares_the_deadline_that_was_given(anywhere: Running) -> None:
    """An order warned of late may be confirmed for longer, and is listed by that."""
    await record(anywhere)
    warned_at = SHIP_BY + 30 * DAY
    await enforce(anywhere, warned_at)
    end = datetime.fromisoformat((await anywhere.world.ok(SELLER, "GET", PATH))["confirm_shipment_by"])
    assert end == warned_at + DAY
    for moment, expected in ((end, []), (end + timedelta(seconds=1), [ORDER])):
        page = await anywhere.world.ok(SELLER, "GET", "/v1/orders", params={"confirm_before": moment.isoformat()})
        assert [order["id"] for order in page["items"]] == expected


async def test_an_order_that_fails_stops_no_other(anywhere: Running) -> None:
    """Its row is broken in a way that no caller makes; it comes first, and again in the next round."""
    await record(anywhere)
    broken = [f"111-0000009-{number:07}" for number in range(51)]
    for order_id in broken:
        body = order_body(ship_by=(SHIP_BY - DAY).isoformat())
        await anywhere.world.ok("operator", "PUT", f"/v1/orders/{order_id}", body)
    async with anywhere.gateway.database.transaction() as session:
        for order_id in broken:
            order = await orders.get_order(session, order_id)
            assert order is not None
            order.marketplace_id = "GONE"
    now = SHIP_BY + 5 * DAY
    for _ in range(2):
        failed: set[str] = set()
        rounds = [await enforce_deadlines(anywhere.gateway, now, failed) for _ in range(3)]
        assert rounds == [True, False, False]
        assert failed == set(broken)
    assert [told.order.order_id for told in await anywhere.told(ShipmentDue)] == [ORDER]


@given(
    st.sampled_from(OrderStatus), st.sampled_from(Fulfilment), st.integers(-10, 40), st.none() | st.integers(-10, 40)
)
def test_no_order_lapses_without_a_warning_a_day_before(
    status: OrderStatus, fulfilment: Fulfilment, day: int, warned_day: int | None
) -> None:
    state = replace(STATE, status=status, fulfilment=fulfilment, ship_by=SHIP_BY)
    now = SHIP_BY + day * DAY
    warned_at = None if warned_day is None else SHIP_BY + warned_day * DAY
    if DEADLINES.is_lapsed(state, warned_at, now):
        assert warned_at is not None
        assert now - warned_at >= DAY
        assert day >= 7
        assert (status, fulfilment) == (OrderStatus.UNSHIPPED, Fulfilment.SELLER)
    assert not (DEADLINES.is_lapsed(state, warned_at, now) and DEADLINES.is_due(state, warned_at, now))
