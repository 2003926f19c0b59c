"""Threads: the message centre's view."""

from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest

from shared.contracts.alias import AliasIssued
from shared.contracts.metrics import TurnOpened
from shared.contracts.vocabulary import identify_thread
from tests.services.gateway.conftest import Running
from tests.services.gateway.world import (
    ALIASES,
    BUYER,
    BUYER_ALIAS,
    MARKETPLACE,
    ORDER,
    OTHER_BUYER,
    SELLER,
    THREAD,
    order_body,
)

SECOND_ORDER = "111-0000003-0000003"
SECOND = identify_thread(MARKETPLACE, SELLER, OTHER_BUYER)


async def two_threads(running: Running) -> None:
    """The seller has a thread with each buyer: the first older and read, the second newer and unread."""
    world = running.world
    await world.ok("operator", "PUT", f"/v1/orders/{SECOND_ORDER}", order_body(buyer_id=OTHER_BUYER))
    await running.tell(
        ALIASES,
        AliasIssued(
            thread_id=SECOND,
            marketplace_id=MARKETPLACE,
            buyer_id=OTHER_BUYER,
            seller_id=SELLER,
            buyer_alias="other@market.example.com",
            seller_alias="another@market.example.com",
        ),
    )
    for buyer, order_id in ((BUYER, ORDER), (OTHER_BUYER, SECOND_ORDER)):
        await running.approve(await world.answer(buyer, order_id=order_id))
    await world.ok(SELLER, "POST", f"/v1/threads/{THREAD}:read")


async def listed(running: Running, who: str, **params: str) -> list[UUID]:
    page = await running.world.ok(who, "GET", "/v1/threads", params=params)
    return [UUID(item["id"]) for item in page["items"]]


@pytest.mark.req("R-INBOX-1")
async def test_threads_are_filtered(anywhere: Running) -> None:
    await two_threads(anywhere)
    assert await listed(anywhere, SELLER) == [SECOND, THREAD]
    for params, expected in (
        ({"unread": "true"}, [SECOND]),
        ({"unread": "false"}, [THREAD]),
        ({"order_id": ORDER}, [THREAD]),
        ({"buyer_alias": BUYER_ALIAS}, [THREAD]),
        ({"marketplace_id": "other"}, []),
        ({"status": "approved"}, [SECOND, THREAD]),
        ({"status": "rejected"}, []),
        ({"since": "2026-01-01T00:00:00Z"}, [SECOND, THREAD]),
        ({"until": "2026-01-01T00:00:00Z"}, []),
        ({"response_needed": "false"}, [SECOND, THREAD]),
    ):
        assert await listed(anywhere, SELLER, **params) == expected, params
    assert await listed(anywhere, BUYER) == [THREAD]
    assert set(await listed(anywhere, "operator")) == {THREAD, SECOND}


@pytest.mark.req("R-INBOX-1")
async def test_those_that_need_a_response_come_longest_waiting_first(anywhere: Running) -> None:
    await two_threads(anywhere)
    now = datetime.now(UTC)
    for thread_id, hours in ((SECOND, 3), (THREAD, 7)):
        opened = TurnOpened(
            thread_id=thread_id,
            seller_id=SELLER,
            marketplace_id=MARKETPLACE,
            message_id=uuid4(),
            opened_at=now - timedelta(hours=hours),
        )
        await anywhere.tell(opened)
    assert await listed(anywhere, SELLER, response_needed="true") == [THREAD, SECOND]
    world = anywhere.world
    first = await world.ok(SELLER, "GET", "/v1/threads", params={"response_needed": "true", "limit": "1"})
    params = {"response_needed": "true", "limit": "1", "cursor": first["next"]}
    rest = await world.ok(SELLER, "GET", "/v1/threads", params=params)
    assert [UUID(page["items"][0]["id"]) for page in (first, rest)] == [THREAD, SECOND]
    assert rest["next"] is None
    mixed = await world.call(SELLER, "GET", "/v1/threads", params={"cursor": first["next"]})
    assert mixed.status_code == 422


async def test_threads_are_paged_newest_first(anywhere: Running) -> None:
    await two_threads(anywhere)
    for who in (SELLER, "operator"):
        first = await anywhere.world.ok(who, "GET", "/v1/threads", params={"limit": "1"})
        rest = await anywhere.world.ok(who, "GET", "/v1/threads", params={"limit": "1", "cursor": first["next"]})
        assert [UUID(page["items"][0]["id"]) for page in (first, rest)] == [SECOND, THREAD]


@pytest.mark.req("R-INBOX-9")
async def test_a_thread_is_read_page_by_page_and_marked_read(running: Running) -> None:
    world = running.world
    sent = [await world.send(text=f"numero {number}") for number in range(3)]
    for message in sent:
        await running.approve(message)
    undecided = await world.send(text="ancora in esame")
    thread = await world.ok(BUYER, "GET", f"/v1/threads/{THREAD}", params={"limit": "2"})
    assert (thread["unread"], [message["text"] for message in thread["messages"]]) == (3, ["numero 2", "numero 1"])
    older = await world.ok(BUYER, "GET", f"/v1/threads/{THREAD}", params={"cursor": thread["next"]})
    assert ([message["text"] for message in older["messages"]], older["next"]) == (["numero 0"], None)
    own = await world.ok(SELLER, "GET", f"/v1/threads/{THREAD}")
    assert own["messages"][0]["id"] == str(undecided)
    assert (await world.ok(BUYER, "POST", f"/v1/threads/{THREAD}:read"))["unread"] == 0
    assert (await world.ok(BUYER, "GET", f"/v1/threads/{THREAD}"))["unread"] == 0


async def test_a_thread_without_anything_to_see_is_not_there(running: Running) -> None:
    await running.world.send()
    for method, path in (("GET", f"/v1/threads/{THREAD}"), ("POST", f"/v1/threads/{THREAD}:read")):
        assert (await running.world.call(BUYER, method, path)).status_code == 404
    assert (await running.world.call(SELLER, "GET", f"/v1/threads/{THREAD}")).status_code == 200
