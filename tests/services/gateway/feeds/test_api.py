"""Feeds through the API: files in, reports out."""

import asyncio
import json
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import httpx2
import pytest

from services.gateway.feeds import processing, store
from services.gateway.feeds.domain import FeedFormat, FeedKind, FeedState
from services.gateway.feeds.models import Feed
from services.gateway.feeds.retrying import MOST_TRIES, Failures
from services.gateway.feeds.service import MOST_WAITING
from services.gateway.orders import store as orders
from shared.blobs import BlobNotFound
from shared.contracts.gateway import AdjustmentRecorded, OrderChanged, ShipmentConfirmed
from tests.infrastructure.waiting import until
from tests.services.gateway.conftest import Running
from tests.services.gateway.world import BUYER, MARKETPLACE, ORDER, OTHER_ORDER, OTHER_SELLER, SELLER, order_body

pytestmark = pytest.mark.req("R-ORDER-3")
TSV, CSV, LINES = "text/tab-separated-values", "text/csv; charset=utf-8", "application/x-ndjson"
ORDERS = [f"333-0000001-{number:07}" for number in range(1, 6)]
AT = "2026-03-02T10:00:00Z"


def table(*rows: str) -> str:
    return "\n".join(row.replace("|", "\t") for row in rows) + "\n"


async def send(
    running: Running, content: str | bytes, media_type: str = TSV, *, kind: str = "shipments", who: str = SELLER
) -> httpx2.Response:
    return await running.world.client.post(
        "/v1/feeds",
        params={"kind": kind},
        content=content,
        headers={"Authorization": f"Bearer {running.world.tokens[who]}", "Content-Type": media_type},
    )


async def work(running: Running, response: httpx2.Response, who: str = SELLER) -> dict[str, Any]:
    """Return the feed once it is done."""
    assert response.status_code == 202, response.text
    path = f"/v1/feeds/{response.json()['id']}"

    async def done() -> dict[str, Any] | None:
        found: dict[str, Any] = await running.world.ok(who, "GET", path)
        return found if found["state"] == "done" else None

    found: dict[str, Any] | None = await until(done, "the feed to be done")
    assert found is not None
    return found


async def report(running: Running, feed: dict[str, Any], who: str = SELLER) -> list[dict[str, Any]]:
    page = await running.world.ok(who, "GET", f"/v1/feeds/{feed['id']}/problems")
    items: list[dict[str, Any]] = page["items"]
    return items


async def put_orders(running: Running, count: int = 5, **changes: Any) -> None:  # noqa: ANN401 - any field
    for order_id in ORDERS[:count]:
        await running.world.ok("operator", "PUT", f"/v1/orders/{order_id}", order_body(**changes))


def make_feed(seller_id: str, blob: str, written: FeedFormat) -> Feed:
    return Feed(
        feed_id=uuid4(),
        seller_id=seller_id,
        kind=FeedKind.SHIPMENTS,
        written=written,
        blob=blob,
        state=FeedState.RECEIVED,
        rows=10_000,
        received_at=datetime.now(UTC),
    )


async def test_good_rows_are_recorded_and_every_bad_one_is_named(anywhere: Running) -> None:
    await put_orders(anywhere)
    await anywhere.world.ok("operator", "PUT", "/v1/orders/333-0000001-0000009", order_body(status="pending"))
    feed = await work(
        anywhere,
        await send(
            anywhere,
            table(
                "order-id|shipment-id|shipped-at|carrier|tracking-number|sku|quantity",
                f"{ORDERS[0]}|p1|{AT}|GLS|AB1||",
                f"{ORDERS[1]}|p1|{AT}|Piccione|AB2||",
                "",
                f"333-0000001-0000009|p1|{AT}|GLS|||",
                f"{OTHER_ORDER}|p1|{AT}|GLS|||",
                f"{ORDERS[2]}|p1|yesterday|GLS||A-1|two",
                f"{ORDERS[3]}|p1|{AT}|GLS||Z-9|1",
                f"{ORDERS[3]}|p2|{AT}|GLS|a|b|c|d|e",
                f"|p1|{AT}|GLS|||",
                f"{ORDERS[4]}|p1|{AT}|dhl|AB3|A-1|1",
            ),
        ),
    )
    assert (feed["rows"], feed["rows_done"], feed["progress"]) == (9, 9, 1)
    assert (feed["recorded"], feed["unchanged"], feed["refused"]) == (2, 0, 7)
    assert feed["done_at"] is not None
    problems = await report(anywhere, feed)
    assert [(found["row"], found["field"]) for found in problems] == [
        (3, "carrier"),
        (5, "status"),
        (6, "order_id"),
        (7, "shipped_at"),
        (7, "quantity"),
        (8, "sku"),
        (9, "row"),
        (10, "order_id"),
    ]
    assert all(found["problem"] and found["advice"] for found in problems)
    assert problems[1]["order_id"] == "333-0000001-0000009"
    assert "pending" in problems[1]["problem"]
    assert [told.order.order_id for told in await anywhere.told(ShipmentConfirmed)] == [ORDERS[0], ORDERS[4]]
    shipped = await anywhere.world.ok(SELLER, "GET", "/v1/orders", params={"status": "shipped"})
    assert {order["id"] for order in shipped["items"]} == {ORDERS[0], ORDERS[4]}


async def test_the_same_feed_twice_does_nothing_twice_and_a_mended_one_does_the_rest(running: Running) -> None:
    await put_orders(running, 3)
    rows = ["order_id,shipment_id,shipped_at,carrier", f"{ORDERS[0]},p1,{AT},GLS", f"{ORDERS[1]},p1,{AT},Gls!"]
    first = await work(running, await send(running, "\r\n".join(rows), CSV))
    assert (first["recorded"], first["refused"]) == (1, 1)
    again = await work(running, await send(running, "\r\n".join(rows), CSV))
    assert (again["recorded"], again["unchanged"], again["refused"]) == (0, 1, 1)
    mended = [*rows[:2], rows[2].replace("Gls!", "GLS")]
    third = await work(running, await send(running, "\n".join(mended), CSV))
    assert (third["recorded"], third["unchanged"], third["refused"]) == (1, 1, 0)
    assert len(await running.told(ShipmentConfirmed)) == 2
    assert len({feed["id"] for feed in (first, again, third)}) == 3


async def test_rows_with_one_shipment_id_are_one_parcel(running: Running) -> None:
    items = [{"sku": sku, "title": "T", "quantity": 2} for sku in ("A", "B")]
    await put_orders(running, 3, items=items)
    head = "order_id;shipment_id;shipped_at;carrier;tracking_number;sku;quantity"
    rows = [
        head,
        f"{ORDERS[0]};p1;{AT};UPS;1Z9;A;2",
        f"{ORDERS[1]};p1;{AT};UPS;;A;1",
        f"{ORDERS[0]};p1;{AT};UPS;1Z9;B;1",
        f"{ORDERS[2]};p1;{AT};UPS;1;A;1",
        f"{ORDERS[2]};p1;{AT};UPS;2;B;1",
        f"{ORDERS[1]};p2;{AT};UPS;;A;1",
        f"{ORDERS[1]};p2;{AT};UPS;;B;3",
    ]
    feed = await work(running, await send(running, "\n".join(rows), CSV))
    assert (feed["rows"], feed["recorded"], feed["refused"]) == (7, 2, 2)
    problems = await report(running, feed)
    assert [(found["row"], found["field"]) for found in problems] == [(6, "tracking_number"), (8, "quantity")]
    assert "row 5" in problems[0]["problem"]
    order = await running.world.ok(SELLER, "GET", f"/v1/orders/{ORDERS[0]}")
    assert order["status"] == "partially_shipped"
    assert order["shipments"][0]["items"] == [{"sku": "A", "quantity": 2}, {"sku": "B", "quantity": 1}]


async def test_lines_of_json_carry_parcels_whole(running: Running) -> None:
    await put_orders(running, 2, items=[{"sku": "A", "title": "T", "quantity": 2}])
    parcel = {"shipment_id": "p1", "shipped_at": AT, "carrier": "SDA", "items": [{"sku": "A", "quantity": 1}]}
    lines = [
        json.dumps({"order_id": ORDERS[0], **parcel}),
        "",
        "{broken",
        "[1]",
        json.dumps({"order_id": ORDERS[1], **parcel, "items": [{"sku": "A", "quantity": "1"}], "colour": 1}),
    ]
    feed = await work(running, await send(running, "\n".join(lines), LINES))
    assert (feed["rows"], feed["recorded"], feed["refused"]) == (4, 1, 3)
    assert [(found["row"], found["field"]) for found in await report(running, feed)] == [
        (3, "row"),
        (4, "row"),
        (5, "quantity"),
        (5, "colour"),
    ]


@pytest.mark.req("R-POLICY-8")
async def test_adjustments_come_by_file_too(anywhere: Running) -> None:
    await put_orders(anywhere, 3)
    rows = [
        "order_id|adjustment_id|reason|amount|currency|adjusted_at",
        f"{ORDERS[0]}|r1|NoInventory|19.90|EUR|{AT}",
        f"{ORDERS[1]}|r1|CouldNotShip|5|EUR|{AT}",
        f"{ORDERS[1]}|r2|CustomerReturn|5|EUR|{AT}",
        f"{ORDERS[2]}|r1|Whatever|5,00|euro|{AT}",
        f"{ORDERS[2]}|r1|PriceError||EUR|{AT}",
    ]
    for recorded, unchanged in ((2, 0), (0, 2)):
        feed = await work(anywhere, await send(anywhere, table(*rows), kind="adjustments"))
        assert (feed["kind"], feed["recorded"], feed["unchanged"]) == ("adjustments", recorded, unchanged)
        assert [(found["row"], found["field"]) for found in await report(anywhere, feed)] == [
            (4, "reason"),
            (5, "reason"),
            (5, "currency"),
            (5, "amount"),
            (6, "amount"),
        ]
    told = await anywhere.told(AdjustmentRecorded)
    assert [(event.order.order_id, event.adjustment.reason) for event in told] == [
        (ORDERS[0], "NoInventory"),
        (ORDERS[1], "CouldNotShip"),
    ]


@pytest.mark.req("R-PRIVACY-4")
@pytest.mark.parametrize(
    ("content", "media_type", "status", "said"),
    [
        ("", TSV, 422, "no rows"),
        ("order_id\tshipment_id\tshipped_at\tcarrier\n", TSV, 422, "no rows"),
        ("order_id\tshipment_id\tshipped_at\n1\t2\t3\n", TSV, 422, "carrier"),
        ("order_id\tshipment_id\tshipped_at\tcarrier\tmood\n", TSV, 422, "number 5"),
        ("order_id,shipment_id,shipped_at,carrier,carrier\n", CSV, 422, "twice"),
        ('order_id,shipment_id,shipped_at,carrier\n"a,b\n', CSV, 422, "does not end"),
        ("caf\xe9".encode("latin-1"), TSV, 422, "UTF-8"),
        ("{}\n" * 10_001, LINES, 422, "10000 rows"),
        ("x", "application/json", 415, "text/csv"),
        ("x" * (5 * 1024 * 1024 + 1), TSV, 413, "larger"),
    ],
)
async def test_a_file_that_cannot_be_read_is_refused_whole(
    running: Running, content: str | bytes, media_type: str, status: int, said: str
) -> None:
    refused = await send(running, content, media_type)
    assert refused.status_code == status
    assert said in refused.json()["detail"]
    assert (await running.world.ok(SELLER, "GET", "/v1/feeds"))["items"] == []


async def test_a_kind_must_be_one(running: Running) -> None:
    assert (await send(running, "x", kind="jokes")).status_code == 422


@pytest.mark.req("R-PRIVACY-3")
async def test_feeds_are_ones_own(running: Running) -> None:
    await put_orders(running, 1)
    rows = table("order_id|shipment_id|shipped_at|carrier", f"{ORDERS[0]}|p1|{AT}|GLS")
    foreign = await work(running, await send(running, rows, who=OTHER_SELLER), OTHER_SELLER)
    assert (foreign["recorded"], foreign["refused"]) == (0, 1)
    path = f"/v1/feeds/{foreign['id']}"
    for place in (path, f"{path}/problems", f"{path}/report"):
        assert (await running.world.call(SELLER, "GET", place)).status_code == 404
        assert (await running.world.call(BUYER, "GET", place)).status_code == 403
        assert (await running.world.call("operator", "GET", place)).status_code == 200
    assert (await send(running, rows, who=BUYER)).status_code == 403
    assert (await running.world.ok(SELLER, "GET", "/v1/feeds"))["items"] == []
    own = await work(running, await send(running, rows, who="operator"), "operator")
    assert (own["recorded"], own["seller_id"]) == (1, None)


async def test_past_feeds_and_reports_come_in_pages(anywhere: Running) -> None:
    header = "order_id|shipment_id|shipped_at|carrier"
    feeds = [
        await work(anywhere, await send(anywhere, table(header, *(["x|y|z|w"] * (number + 1))))) for number in range(3)
    ]
    first = await anywhere.world.ok(SELLER, "GET", "/v1/feeds", params={"limit": "2"})
    rest = await anywhere.world.ok(SELLER, "GET", "/v1/feeds", params={"limit": "2", "cursor": first["next"]})
    assert [feed["id"] for feed in first["items"] + rest["items"]] == [feed["id"] for feed in reversed(feeds)]
    assert rest["next"] is None
    kinds = await anywhere.world.ok(SELLER, "GET", "/v1/feeds", params={"kind": "adjustments", "state": "done"})
    assert kinds["items"] == []
    whole = await report(anywhere, feeds[2])
    path, seen, cursor = f"/v1/feeds/{feeds[2]['id']}/problems", [], "0"
    while cursor:
        page = await anywhere.world.ok(SELLER, "GET", path, params={"limit": "2", "cursor": cursor})
        seen += page["items"]
        cursor = page["next"]
    assert seen == whole


async def test_the_report_is_a_file_too(anywhere: Running) -> None:
    lines = [json.dumps({"order_id": "=1+1", "+row": number}) for number in range(600)]
    feed = await work(anywhere, await send(anywhere, "\n".join(lines), LINES))
    answer = await anywhere.world.call(SELLER, "GET", f"/v1/feeds/{feed['id']}/report")
    assert answer.headers["content-type"].startswith(TSV)
    assert feed["id"] in answer.headers["content-disposition"]
    head, *rows = (line.split("\t") for line in answer.text.splitlines())
    assert head == ["row", "order_id", "field", "problem", "advice"]
    # Five fields are wrong or missing in each.
    assert [row[0] for row in rows] == [str(number) for number in range(1, 601) for _ in range(5)]
    assert {row[1] for row in rows} == {"'=1+1"}
    assert {row[2] for row in rows} == {"shipped_at", "carrier", "order_id", "shipment_id", "'+row"}
    assert {len(row) for row in rows} == {5}
    assert (await anywhere.world.call(OTHER_SELLER, "GET", f"/v1/feeds/{feed['id']}/report")).status_code == 404


async def test_a_feed_is_worked_through_in_steps_that_are_told_once(anywhere: Running) -> None:
    """Two workers at once, each step committed with its place: nothing is lost and nothing done twice."""
    rows = [{"order_id": ORDER, "adjustment_id": f"r{number}", "reason": "PriceError"} for number in range(120)]
    lines = "\n".join(json.dumps({**row, "amount": "1", "currency": "EUR", "adjusted_at": AT}) for row in rows)
    sent = await send(anywhere, lines, LINES, kind="adjustments")
    await asyncio.gather(*(processing.process_next(anywhere.gateway, set(), Failures()) for _ in range(2)))
    feed = await work(anywhere, sent)
    assert (feed["recorded"], feed["refused"], feed["rows_done"]) == (100, 20, 120)
    told = await anywhere.told(AdjustmentRecorded)
    assert len({event.adjustment.adjustment_id for event in told}) == len(told) == 100
    assert {found["field"] for found in await report(anywhere, feed)} == {"order_id"}


async def test_what_is_gone_ends_the_feed_with_a_word(running: Running) -> None:
    feed = make_feed(SELLER, "feeds/00/" + "0" * 32, FeedFormat.TSV)
    async with running.gateway.database.transaction() as session:
        session.add(feed)

    async def done() -> list[dict[str, Any]]:
        return await report(running, {"id": feed.feed_id})

    (problem,) = await until(done, "the report")
    assert "Send the file again" in problem["advice"]
    assert await running.told(OrderChanged) == []


async def lose_marketplace(running: Running, order_id: str) -> None:
    """Break an order's row in a way that no feed can: its marketplace is gone."""
    async with running.gateway.database.transaction() as session:
        order = await orders.get_order(session, order_id)
        assert order is not None
        order.marketplace_id = "GONE"


async def test_a_feed_that_fails_does_not_keep_others_waiting(running: Running) -> None:
    await put_orders(running, 2)
    await lose_marketplace(running, ORDERS[0])
    rows = ["order_id|shipment_id|shipped_at|carrier", f"{ORDERS[0]}|p1|{AT}|GLS", f"{ORDERS[1]}|p1|{AT}|GLS"]
    broken = await send(running, table(*rows[:2]))
    feed = await work(running, await send(running, table(rows[0], rows[2])))
    assert feed["recorded"] == 1
    stuck = await running.world.ok(SELLER, "GET", f"/v1/feeds/{broken.json()['id']}")
    assert (stuck["state"], stuck["rows_done"]) == ("received", 0)
    async with running.gateway.database.transaction() as session:
        order = await orders.get_order(session, ORDERS[0])
        assert order is not None
        order.marketplace_id = MARKETPLACE
    assert (await work(running, broken))["recorded"] == 1


async def test_a_sender_has_so_many_feeds_waiting(running: Running) -> None:
    """The worker has long feeds before it, of which it cannot do even one in the time of a request."""
    blob = await running.gateway.blobs.put("feeds", b"{}\n" * 10_000)
    async with running.gateway.database.transaction() as session:
        for _ in range(MOST_WAITING):
            session.add(make_feed(OTHER_SELLER, blob, FeedFormat.JSON_LINES))
    rows = table("order_id|shipment_id|shipped_at|carrier", f"{ORDER}|p1|{AT}|GLS")
    refused = await send(running, rows, who=OTHER_SELLER)
    assert (refused.status_code, refused.headers["Retry-After"]) == (429, "10")
    assert (await send(running, rows)).status_code == 202


async def test_old_feeds_are_forgotten_with_their_files(running: Running) -> None:
    feed = await work(running, await send(running, table("order_id|shipment_id|shipped_at|carrier", "a|b|c|d")))
    async with running.gateway.database.transaction() as session:
        row = await store.get_feed(session, UUID(feed["id"]))
        assert row is not None
        blob, row.done_at = row.blob, datetime.now(UTC) - timedelta(days=91)
    assert await running.gateway.blobs.get(blob)
    assert not await processing.purge_feeds(running.gateway)
    assert (await running.world.call(SELLER, "GET", f"/v1/feeds/{feed['id']}")).status_code == 404
    with pytest.raises(BlobNotFound):
        await running.gateway.blobs.get(blob)


async def test_a_feed_that_failed_too_often_is_ended_with_a_word(running: Running) -> None:
    await put_orders(running, 1)
    await lose_marketplace(running, ORDERS[0])
    broken = await send(running, table("order_id|shipment_id|shipped_at|carrier", f"{ORDERS[0]}|p1|{AT}|GLS"))
    assert broken.status_code == 202
    failures = Failures()
    for _ in range(MOST_TRIES):
        failures.note(UUID(broken.json()["id"]), 0.0)
    assert await processing.process_next(running.gateway, set(), failures)
    feed = await work(running, broken)
    assert feed["recorded"] == 0
    (problem,) = await report(running, feed)
    assert "Tell the marketplace" in problem["advice"]


async def test_an_order_id_nested_deeply_is_refused_like_any_other(running: Running) -> None:
    """Somewhere below a thousand levels lies what can be read and not turned into a text any more."""
    await put_orders(running, 1)
    good = {"order_id": ORDERS[0], "shipment_id": "p1", "shipped_at": AT, "carrier": "GLS"}
    depths = range(900, 1000)
    lines = ['{"order_id": ' + "[" * depth + "]" * depth + ', "shipment_id": "p"}' for depth in depths]
    feed = await work(running, await send(running, "\n".join([*lines, json.dumps(good)]), LINES))
    assert (feed["recorded"], feed["refused"]) == (1, len(depths))
