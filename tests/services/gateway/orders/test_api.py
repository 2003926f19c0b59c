"""Orders through the API."""

import asyncio
from typing import Any

import pytest

from shared.contracts.gateway import OrderChanged, OrderRecorded
from shared.contracts.vocabulary import Trait
from tests.services.gateway.conftest import Running
from tests.services.gateway.world import (
    ALIASES,
    BUYER,
    BUYER_ALIAS,
    MARKETPLACE,
    ORDER,
    OTHER_BUYER,
    OTHER_ORDER,
    OTHER_SELLER,
    SELLER,
    THREAD,
    order_body,
)

PATH = f"/v1/orders/{ORDER}"


@pytest.mark.req("R-ORDER-1")
async def test_an_order_is_recorded_and_told(running: Running) -> None:
    body = order_body(
        items=[{"sku": "B-2", "title": "Anello inciso", "quantity": 2, "traits": ["handmade", "customised"]}],
        adjustments=[
            {"reason": "NoInventory", "amount": "19.90", "currency": "EUR", "adjusted_at": "2026-03-02T10:00:00Z"}
        ],
        return_requested=True,
        fulfilment="marketplace",
    )
    created = await running.world.call("operator", "PUT", "/v1/orders/111-0000005-0000005", body)
    assert created.status_code == 201
    told = (await running.told(OrderRecorded))[-1].order
    assert (told.order_id, told.version, told.marketplace.marketplace_id) == ("111-0000005-0000005", 1, MARKETPLACE)
    assert told.items[0].traits == (Trait.CUSTOMISED, Trait.HANDMADE)
    assert told.adjustments[0].reason == "NoInventory"
    assert told.return_requested
    answer = created.json()
    body["adjustments"] = [{**body["adjustments"][0], "adjustment_id": None}]
    for name, value in body.items():
        assert answer[name] == value or name == "items", name


@pytest.mark.req("R-ORDER-1")
async def test_the_same_put_changes_nothing(running: Running) -> None:
    for _ in range(2):
        same = await running.world.call("operator", "PUT", PATH, order_body())
        assert (same.status_code, same.json()["version"]) == (200, 1)
    assert await running.told(OrderChanged) == []
    changed = await running.world.ok("operator", "PUT", PATH, order_body(status="shipped"))
    assert (changed["version"], changed["completed_at"]) == (2, changed["shipped_at"])
    again = await running.world.ok("operator", "PUT", PATH, order_body(status="shipped"))
    assert again == changed
    (told,) = await running.told(OrderChanged)
    assert (told.order.version, told.order.completed_at) == (2, told.order.completed_at)
    assert told.order.completed_at is not None


async def test_completion_is_the_delivery(running: Running) -> None:
    body = order_body(status="delivered", shipped_at="2026-03-02T10:00:00Z", delivered_at="2026-03-04T10:00:00+01:00")
    answer = await running.world.ok("operator", "PUT", PATH, body)
    assert answer["completed_at"] == answer["delivered_at"] == "2026-03-04T09:00:00Z"


@pytest.mark.req("R-ORDER-1", "R-ORDER-2")
async def test_an_illegal_transition_names_both(running: Running) -> None:
    pending = "111-0000006-0000006"
    await running.world.ok("operator", "PUT", f"/v1/orders/{pending}", order_body(status="pending"))
    response = await running.world.call("operator", "PUT", f"/v1/orders/{pending}", order_body(status="shipped"))
    assert response.status_code == 409
    problem = response.json()
    assert (problem["type"], problem["errors"][0]["field"]) == ("/problems/illegal-transition", "status")
    assert (problem["status_before"], problem["status_wanted"]) == ("pending", "shipped")
    assert "pending" in problem["detail"]
    assert "shipped" in problem["detail"]
    assert (await running.world.ok("operator", "GET", f"/v1/orders/{pending}"))["status"] == "pending"


async def test_an_order_never_changes_hands(running: Running) -> None:
    response = await running.world.call("operator", "PUT", PATH, order_body(buyer_id=OTHER_BUYER))
    assert (response.status_code, response.json()["errors"][0]["field"]) == (409, "order_id")


@pytest.mark.req("R-ORDER-6")
async def test_a_business_order_carries_its_purchase_order_number(running: Running) -> None:
    answer = await running.world.ok("operator", "PUT", PATH, order_body(business=True, purchase_order_number="PO 1"))
    assert (answer["business"], answer["purchase_order_number"]) == (True, "PO 1")
    assert (await running.told(OrderChanged))[-1].order.purchase_order_number == "PO 1"


@pytest.mark.req("R-PRIVACY-4")
@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"marketplace_id": "nowhere"}, "marketplace_id"),
        ({"buyer_id": "nobody"}, "buyer_id"),
        ({"seller_id": "nobody"}, "seller_id"),
        ({"status": "lost"}, "status"),
        ({"items": []}, "items"),
        ({"items": [{"sku": "A", "title": "T", "quantity": 0}]}, "items.0.quantity"),
        ({"items": [{"sku": "A", "title": "T", "quantity": "1"}]}, "items.0.quantity"),
        ({"items": [{"sku": "A", "title": "T", "quantity": 1, "traits": ["magic"]}]}, "items.0.traits.0"),
        ({"items": [{"sku": "A", "title": "T", "quantity": 1, "price": 3}]}, "items.0.price"),
        ({"placed_at": "2026-03-01"}, "placed_at"),
        ({"shipped_at": "2026-03-02T00:00:00Z"}, "shipped_at"),
        ({"status": "delivered", "delivered_at": "2026-02-01T00:00:00Z"}, "delivered_at"),
        ({"purchase_order_number": "PO"}, "purchase_order_number"),
        ({"business": 1}, "business"),
        ({"adjustments": [{"reason": "x y"}]}, "adjustments.0.reason"),
        ({"adjustments": [{"amount": "0.001", "currency": "EUR"}]}, "adjustments.0.amount"),
    ],
)
async def test_a_bad_order_names_its_field(running: Running, changes: dict[str, Any], field: str) -> None:
    path = "/v1/orders/111-0000007-0000007"
    response = await running.world.call("operator", "PUT", path, order_body(**changes))
    assert response.status_code == 422, response.text
    assert field in [error["field"] for error in response.json()["errors"]]
    assert (await running.world.call("operator", "GET", path)).status_code == 404


@pytest.mark.req("R-ORDER-2", "R-ALIAS-1")
async def test_orders_are_found_by_alias_date_and_status(anywhere: Running) -> None:
    world = anywhere.world
    await anywhere.tell(ALIASES)
    second = "111-0000002-0000002"
    await world.ok(
        "operator", "PUT", f"/v1/orders/{second}", order_body(placed_at="2026-03-09T10:00:00Z", status="pending")
    )
    for params, expected in (
        ({}, [second, ORDER]),
        ({"buyer_alias": BUYER_ALIAS}, [second, ORDER]),
        ({"buyer_alias": "unknown@market.example.com"}, []),
        ({"status": "pending"}, [second]),
        ({"placed_after": "2026-03-09T10:00:00Z"}, [second]),
        ({"placed_before": "2026-03-09T10:00:00Z"}, [ORDER]),
    ):
        page = await world.ok(SELLER, "GET", "/v1/orders", params=params)
        assert [order["id"] for order in page["items"]] == expected, params
    first = await world.ok(BUYER, "GET", "/v1/orders", params={"limit": "1"})
    rest = await world.ok(BUYER, "GET", "/v1/orders", params={"limit": "1", "cursor": first["next"]})
    assert [page["items"][0]["id"] for page in (first, rest)] == [second, ORDER]
    assert rest["next"] is None
    everything = await world.ok("operator", "GET", "/v1/orders")
    assert {order["id"] for order in everything["items"]} == {ORDER, OTHER_ORDER, second}


@pytest.mark.req("R-ALIAS-1")
async def test_the_buyer_is_an_alias_to_the_seller(running: Running) -> None:
    before = await running.world.ok(SELLER, "GET", PATH)
    assert (before["buyer_alias"], before["buyer_id"], before["thread_id"]) == (None, None, str(THREAD))
    await running.tell(ALIASES)
    assert (await running.world.ok(SELLER, "GET", PATH))["buyer_alias"] == BUYER_ALIAS
    assert (await running.world.ok(BUYER, "GET", PATH))["buyer_id"] == BUYER


async def test_two_puts_at_once_are_two_versions(anywhere: Running) -> None:
    bodies = [order_body(items=[{"sku": str(number), "title": "T", "quantity": 1}]) for number in range(5)]
    answers = await asyncio.gather(*(anywhere.world.ok("operator", "PUT", PATH, body) for body in bodies))
    assert sorted(answer["version"] for answer in answers) == [2, 3, 4, 5, 6]


@pytest.mark.req("R-ORDER-1")
async def test_an_import_records_the_good_rows_and_names_the_bad(anywhere: Running) -> None:
    rows: list[Any] = [
        order_body(order_id="333-0000003-0000003"),
        order_body(order_id="333-0000001-0000001", status="lost"),
        order_body(order_id=ORDER),
        order_body(order_id="333-0000002-0000002", buyer_id="nobody"),
        order_body(order_id=ORDER, status="shipped"),
        order_body(order_id=ORDER, status="pending"),
        {"order_id": "no\u0000id", "\ud800": 1},
        {"order_id": 7},
        order_body(order_id=OTHER_ORDER),
    ]
    answer = await anywhere.world.ok("operator", "POST", "/v1/orders:import", {"orders": rows})
    results = [row["result"] for row in answer["rows"]]
    assert results == [
        "recorded",
        "refused",
        "unchanged",
        "refused",
        "changed",
        "refused",
        "refused",
        "refused",
        "refused",
    ]
    assert (answer["recorded"], answer["changed"], answer["unchanged"], answer["refused"]) == (1, 1, 1, 6)
    fields = [[error["field"] for error in row["errors"]] for row in answer["rows"]]
    assert fields[1] == ["status"]
    assert fields[3] == ["buyer_id"]
    assert fields[5] == ["status"]
    assert fields[6]
    assert fields[7][-1] == "order_id"
    assert fields[8] == ["order_id"]
    assert (await anywhere.world.ok(SELLER, "GET", "/v1/orders/333-0000003-0000003"))["version"] == 1
    assert (await anywhere.world.ok(SELLER, "GET", PATH))["status"] == "shipped"
    assert (await anywhere.world.call("operator", "GET", "/v1/orders/333-0000002-0000002")).status_code == 404


async def test_an_import_is_bounded(running: Running) -> None:
    for rows, status in (([], 422), ([order_body(order_id=ORDER)] * 501, 422)):
        response = await running.world.call("operator", "POST", "/v1/orders:import", {"orders": rows})
        assert (response.status_code, response.json()["errors"][0]["field"]) == (status, "orders")


async def test_many_orders_are_imported_at_once(running: Running) -> None:
    rows = [order_body(order_id=f"444-0000001-{number:07}") for number in range(500)]
    answer = await running.world.ok("operator", "POST", "/v1/orders:import", {"orders": rows})
    assert answer["recorded"] == 500
    assert (await running.world.ok(OTHER_SELLER, "GET", "/v1/orders"))["items"][0]["id"] == OTHER_ORDER
