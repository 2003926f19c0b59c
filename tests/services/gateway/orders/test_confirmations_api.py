"""Shipments and adjustments, one by one, through the API."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from shared.contracts.gateway import AdjustmentRecorded, OrderChanged, ShipmentConfirmed
from shared.contracts.vocabulary import OrderStatus
from tests.services.gateway.apps.registered import let_in
from tests.services.gateway.conftest import Running
from tests.services.gateway.world import BUYER, MARKETPLACE, ORDER, OTHER_SELLER, SELLER, order_body

pytestmark = pytest.mark.req("R-ORDER-3")
SHIPMENT = f"/v1/orders/{ORDER}/shipments/parcel-1"
ADJUSTMENT = f"/v1/orders/{ORDER}/adjustments/refund-1"
PARCEL = {"shipped_at": "2026-03-02T10:00:00Z", "carrier": "poste  italiane", "tracking_number": "AB123456789IT"}
REFUND = {"reason": "NoInventory", "amount": "19.90", "currency": "EUR", "adjusted_at": "2026-03-02T10:00:00Z"}
ITEMS = [{"sku": "A-1", "title": "Tazza", "quantity": 2}, {"sku": "B-2", "title": "Piatto", "quantity": 1}]


async def put_order(running: Running, **changes: Any) -> None:  # noqa: ANN401 - any field of the body
    await running.world.ok("operator", "PUT", f"/v1/orders/{ORDER}", order_body(**changes))


async def test_a_shipment_ships_the_order_and_is_told_once(anywhere: Running) -> None:
    world = anywhere.world
    first = await world.call(SELLER, "PUT", SHIPMENT, PARCEL)
    assert first.status_code == 201, first.text
    order = first.json()
    assert (order["status"], order["shipped_at"], order["version"]) == ("shipped", PARCEL["shipped_at"], 2)
    assert order["shipments"] == [
        {**PARCEL, "shipment_id": "parcel-1", "carrier": "Poste Italiane", "items": [{"sku": "A-1", "quantity": 1}]}
    ]
    again = await world.call(SELLER, "PUT", SHIPMENT, PARCEL)
    assert (again.status_code, again.json()) == (200, order)
    named = PARCEL | {"items": [{"sku": "A-1", "quantity": 1}]}
    assert (await world.call(SELLER, "PUT", SHIPMENT, named)).status_code == 200
    (told,) = await anywhere.told(ShipmentConfirmed)
    assert (told.order.order_id, told.order.status, told.order.version) == (ORDER, OrderStatus.SHIPPED, 2)
    assert (told.complete, told.business_name, told.buyer_version) == (True, "Bottega Verde Mare", 1)
    assert told.shipment.tracking_number == "AB123456789IT"
    assert len(await anywhere.told(OrderChanged)) == 1
    # What the marketplace records of the whole order does not take the parcel back.
    await put_order(anywhere, status="delivered")
    assert (await world.ok(BUYER, "GET", f"/v1/orders/{ORDER}"))["shipments"] == order["shipments"]


async def test_an_order_is_shipped_in_parts(running: Running) -> None:
    await put_order(running, items=ITEMS)
    world = running.world
    part = PARCEL | {"items": [{"sku": "A-1", "quantity": 1}]}
    assert (await world.ok(SELLER, "PUT", SHIPMENT, part))["status"] == "partially_shipped"
    for items, field in (
        ([{"sku": "A-1", "quantity": 2}], "items.0.quantity"),
        ([{"sku": "A-1", "quantity": 1}, {"sku": "A-1", "quantity": 1}], "items.1.quantity"),
        ([{"sku": "C-3", "quantity": 1}], "items.0.sku"),
    ):
        refused = await world.call(SELLER, "PUT", f"{SHIPMENT}-b", PARCEL | {"items": items})
        assert (refused.status_code, refused.json()["errors"][0]["field"]) == (422, field)
    rest = await world.ok(SELLER, "PUT", f"{SHIPMENT}-b", PARCEL)
    assert rest["status"] == "shipped"
    assert rest["shipments"][1]["items"] == [{"sku": "A-1", "quantity": 1}, {"sku": "B-2", "quantity": 1}]
    assert [told.complete for told in await running.told(ShipmentConfirmed)] == [False, True]
    nothing = await world.call(SELLER, "PUT", f"{SHIPMENT}-c", PARCEL)
    assert (nothing.status_code, nothing.json()["type"]) == (409, "/problems/nothing-left-to-ship")


@pytest.mark.req("R-ORDER-1", "R-ORDER-2")
@pytest.mark.parametrize("status", ["pending", "cancelled", "delivered"])
async def test_an_order_that_ships_nothing_is_refused_by_name(running: Running, status: str) -> None:
    order_id = "111-0000003-0000003"
    await running.world.ok("operator", "PUT", f"/v1/orders/{order_id}", order_body(status=status))
    refused = await running.world.call(SELLER, "PUT", f"/v1/orders/{order_id}/shipments/p", PARCEL)
    problem = refused.json()
    assert (refused.status_code, problem["type"]) == (409, "/problems/illegal-transition")
    assert (problem["status_before"], problem["status_wanted"]) == (status, "shipped")
    assert status in problem["detail"]
    assert (await running.world.ok(SELLER, "GET", f"/v1/orders/{order_id}"))["status"] == status
    assert await running.told(ShipmentConfirmed) == []


async def test_what_the_marketplace_ships_its_seller_does_not_confirm(running: Running) -> None:
    await put_order(running, fulfilment="marketplace")
    refused = await running.world.call(SELLER, "PUT", SHIPMENT, PARCEL)
    assert (refused.status_code, refused.json()["type"]) == (409, "/problems/marketplace-fulfilled")
    assert (await running.world.ok("operator", "PUT", SHIPMENT, PARCEL))["status"] == "shipped"


async def test_an_id_says_one_thing(running: Running) -> None:
    world = running.world
    await world.ok(SELLER, "PUT", SHIPMENT, PARCEL)
    await world.ok(SELLER, "PUT", ADJUSTMENT.replace("refund-1", "r"), REFUND | {"reason": "PriceError"})
    for path, body in (
        (SHIPMENT, PARCEL | {"tracking_number": "XY1"}),
        (SHIPMENT, PARCEL | {"items": [{"sku": "A-1", "quantity": 2}]}),
        (ADJUSTMENT.replace("refund-1", "r"), REFUND | {"reason": "PriceError", "amount": "20.00"}),
    ):
        refused = await world.call(SELLER, "PUT", path, body)
        assert (refused.status_code, refused.json()["type"]) == (409, "/problems/recorded-otherwise")
    assert len(await running.told(ShipmentConfirmed)) == len(await running.told(AdjustmentRecorded)) == 1


async def test_many_at_once_are_one(anywhere: Running) -> None:
    answers = await asyncio.gather(*(anywhere.world.call(SELLER, "PUT", SHIPMENT, PARCEL) for _ in range(5)))
    assert sorted(answer.status_code for answer in answers) == [200, 200, 200, 200, 201]
    assert len(await anywhere.told(ShipmentConfirmed)) == 1


@pytest.mark.req("R-PRIVACY-3")
async def test_only_ones_own_orders_are_confirmed_and_only_with_the_scope(running: Running) -> None:
    world = running.world
    for path, body in ((SHIPMENT, PARCEL), (ADJUSTMENT, REFUND)):
        assert (await world.call(OTHER_SELLER, "PUT", path, body)).status_code == 404
        assert (await world.call(BUYER, "PUT", path, body)).status_code == 403
        assert (await world.call(None, "PUT", path, body)).status_code == 401
    reader = {"role": "seller", "subject": SELLER, "scopes": ["orders:read"]}
    world.tokens["reader"] = (await world.ok("operator", "POST", "/v1/tokens", reader))["token"]
    assert (await world.call("reader", "PUT", SHIPMENT, PARCEL)).status_code == 403
    assert await running.told(OrderChanged) == []


@pytest.mark.req("R-PRIVACY-4")
@pytest.mark.parametrize(
    ("path", "changes", "field"),
    [
        (SHIPMENT, {"carrier": "Write to me@shop.example"}, "carrier"),
        (SHIPMENT, {"tracking_number": "www.shop.example"}, "tracking_number"),
        (SHIPMENT, {"shipped_at": "2026-02-01T10:00:00Z"}, "shipped_at"),
        (SHIPMENT, {"shipped_at": "2199-02-01T10:00:00Z"}, "shipped_at"),
        (SHIPMENT, {"items": []}, "items"),
        (SHIPMENT, {"note": "Hello"}, "note"),
        (ADJUSTMENT, {"reason": "BadMood"}, "reason"),
        (ADJUSTMENT, {"amount": "0.00"}, "amount"),
        (ADJUSTMENT, {"amount": "-1"}, "amount"),
        (ADJUSTMENT, {"amount": "0.001"}, "amount"),
        (ADJUSTMENT, {"amount": "19.9", "currency": "JPY"}, "amount"),
        (ADJUSTMENT, {"amount": "1.2345", "currency": "KWD"}, "amount"),
        (ADJUSTMENT, {"currency": "ERU"}, "currency"),
        (ADJUSTMENT, {"adjusted_at": "2026-02-01T10:00:00Z"}, "adjusted_at"),
    ],
)
async def test_a_bad_confirmation_names_its_field(
    running: Running, path: str, changes: dict[str, Any], field: str
) -> None:
    body = (PARCEL if path == SHIPMENT else REFUND) | changes
    refused = await running.world.call(SELLER, "PUT", path, body)
    assert (refused.status_code, refused.json()["errors"][0]["field"]) == (422, field), refused.text
    assert await running.told(OrderChanged) == []


@pytest.mark.req("R-POLICY-8")
async def test_an_adjustment_stands_on_the_order_and_is_told_once(anywhere: Running) -> None:
    world = anywhere.world
    for status in (201, 200):
        answer = await world.call(SELLER, "PUT", ADJUSTMENT, REFUND)
        assert (answer.status_code, answer.json()["adjustments"]) == (status, [REFUND | {"adjustment_id": "refund-1"}])
    (told,) = await anywhere.told(AdjustmentRecorded)
    assert (told.adjustment.reason, told.adjustment.amount) == ("NoInventory", "19.90")
    assert [adjustment.reason for adjustment in told.order.adjustments] == ["NoInventory"]
    (changed,) = await anywhere.told(OrderChanged)
    assert changed.order.adjustments == told.order.adjustments
    # The marketplace tells the whole order with the same refund: it is still one.
    await put_order(anywhere, adjustments=[REFUND])
    assert len((await world.ok(SELLER, "GET", f"/v1/orders/{ORDER}"))["adjustments"]) == 1
    await put_order(anywhere)
    assert len((await world.ok(SELLER, "GET", f"/v1/orders/{ORDER}"))["adjustments"]) == 1


@pytest.mark.parametrize(
    ("status", "reason", "code"),
    [
        ("pending", "PriceError", 409),
        ("unshipped", "NoInventory", 201),
        ("cancelled", "CouldNotShip", 201),
        ("shipped", "NoInventory", 409),
        ("unshipped", "CustomerReturn", 409),
        ("delivered", "CustomerReturn", 201),
        ("delivered", "GeneralAdjustment", 201),
    ],
)
async def test_a_reason_must_fit_what_became_of_the_order(
    running: Running, status: str, reason: str, code: int
) -> None:
    order_id = "111-0000003-0000003"
    await running.world.ok("operator", "PUT", f"/v1/orders/{order_id}", order_body(status=status))
    path = f"/v1/orders/{order_id}/adjustments/r"
    answer = await running.world.call(SELLER, "PUT", path, REFUND | {"reason": reason})
    assert answer.status_code == code
    if code == 409:
        problem = answer.json()
        assert (problem["type"], problem["errors"][0]["field"]) == ("/problems/illegal-adjustment", "reason")
        assert reason in problem["detail"]
        assert status in problem["detail"]


@pytest.mark.req("R-PRIVACY-3")
async def test_an_app_confirms_with_the_scope(running: Running) -> None:
    await let_in(running.world, ["orders:read", "orders:confirm"])
    assert (await running.world.call("app", "PUT", SHIPMENT, PARCEL)).status_code == 201
    await let_in(running.world, ["orders:read"])
    assert (await running.world.call("app", "PUT", ADJUSTMENT, REFUND)).status_code == 403


@pytest.mark.req("R-ORDER-4")
@pytest.mark.parametrize(
    ("fulfilment", "status", "seen"),
    [
        ("seller", "pending", True),
        ("seller", "unshipped", True),
        ("seller", "shipped", True),
        ("seller", "delivered", False),
        ("seller", "cancelled", False),
        ("marketplace", "unshipped", False),
        ("marketplace", "shipped", False),
    ],
)
async def test_the_telephone_number_shows_only_to_who_ships_until_delivery(
    running: Running,
    fulfilment: str,
    status: str,
    seen: bool,  # noqa: FBT001 - pytest passes it
) -> None:
    order_id, phone = "111-0000004-0000004", "+39 055 123456"
    body = order_body(fulfilment=fulfilment, status=status, phone=phone)
    for _ in range(2):
        recorded = await running.world.ok("operator", "PUT", f"/v1/orders/{order_id}", body)
        assert recorded["version"] == 1
    expected = phone if seen else None
    order = await running.world.ok(SELLER, "GET", f"/v1/orders/{order_id}")
    assert order["phone"] == expected
    listed = await running.world.ok(SELLER, "GET", "/v1/orders")
    assert {item["phone"] for item in listed["items"] if item["id"] == order_id} == {expected}
    async with running.gateway.database.reading() as session:
        rows = (await (await session.connection()).exec_driver_sql("SELECT value FROM outbox")).all()
        stored = (await (await session.connection()).exec_driver_sql("SELECT * FROM orders")).all()
    for written in (phone, "055 123456", "055123456"):
        assert written not in str(rows)
        assert written not in str(stored)


@pytest.mark.req("R-ORDER-4")
async def test_the_telephone_number_goes_with_the_delivery(running: Running) -> None:
    await put_order(running, phone="+39 055 123456")
    shipped = await running.world.ok(SELLER, "PUT", SHIPMENT, PARCEL)
    assert shipped["phone"] == "+39 055 123456"
    await put_order(running, phone="+39 055 123456", status="delivered")
    async with running.gateway.database.reading() as session:
        rows = (await (await session.connection()).exec_driver_sql("SELECT phone_box FROM orders")).all()
    assert {box for (box,) in rows} == {None}


async def test_a_business_order_keeps_its_number_and_marketplace_when_shipped(running: Running) -> None:
    await put_order(running, business=True, purchase_order_number="PO 1")
    order = await running.world.ok(SELLER, "PUT", SHIPMENT, PARCEL)
    assert (order["purchase_order_number"], order["marketplace_id"]) == ("PO 1", MARKETPLACE)


async def test_a_parcel_cannot_be_from_the_day_after_tomorrow(running: Running) -> None:
    later = (datetime.now(UTC) + timedelta(days=2)).isoformat()
    assert (await running.world.call(SELLER, "PUT", SHIPMENT, PARCEL | {"shipped_at": later})).status_code == 422
