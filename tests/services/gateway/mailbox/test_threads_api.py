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
    bounced,
    delivered,
    order_body,
    rejected,
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


@pytest.mark.req("R-INBOX-1")
async def test_received_and_sent_are_what_each_reader_got_and_what_arrived(anywhere: Running) -> None:
    world = anywhere.world
    sent = await world.send()
    for who in (SELLER, BUYER, "operator"):
        assert (await listed(anywhere, who, direction="received"), await listed(anywhere, who, direction="sent")) == (
            [],
            [],
        )
    await anywhere.approve(sent)
    assert await listed(anywhere, BUYER, direction="received") == [THREAD]
    assert await listed(anywhere, SELLER, direction="sent") == []
    await anywhere.tell(delivered(sent))
    assert await listed(anywhere, SELLER, direction="sent") == [THREAD]
    assert await listed(anywhere, "operator", direction="sent") == [THREAD]
    assert await listed(anywhere, BUYER, direction="sent") == []
    refused = await world.answer(BUYER, order_id=ORDER)
    await anywhere.tell(rejected(refused))
    assert await listed(anywhere, SELLER, direction="received") == []
    answer = await world.answer(BUYER, order_id=ORDER)
    await anywhere.approve(answer)
    assert await listed(anywhere, SELLER, direction="received") == [THREAD]
    await anywhere.tell(bounced(sent, "550 5.1.1 no such user"))
    assert await listed(anywhere, SELLER, direction="sent") == []


@pytest.mark.req("R-INBOX-1", "R-INBOX-4")
async def test_reported_threads_are_shown_to_who_reported_them(anywhere: Running) -> None:
    await two_threads(anywhere)
    page = await anywhere.world.ok(SELLER, "GET", "/v1/messages", params={"thread_id": str(THREAD)})
    message = page["items"][0]["id"]
    await anywhere.world.ok(SELLER, "POST", f"/v1/messages/{message}:mark", {"mark": "reported"})
    assert await listed(anywhere, SELLER, reported="true") == [THREAD]
    assert await listed(anywhere, SELLER, reported="false") == [SECOND]
    assert await listed(anywhere, "operator", reported="true") == [THREAD]
    assert await listed(anywhere, BUYER, reported="true") == []
    assert await listed(anywhere, BUYER, reported="false") == [THREAD]


LISTINGS: dict[str, dict[str, str]] = {
    "response_needed": {"response_needed": "true"},
    "unread": {"unread": "true"},
    "received": {"direction": "received"},
    "sent": {"direction": "sent"},
    "archived": {"archived": "true"},
    "reported": {"reported": "true"},
    "all": {"archived": "any"},
}


async def counted(running: Running, who: str, **params: str) -> dict[str, int]:
    """Return the counts, having held each against its listing."""
    counts: dict[str, int] = await running.world.ok(who, "GET", "/v1/threads:counts", params=params)
    assert counts.keys() == LISTINGS.keys()
    for name, filters in LISTINGS.items():
        if counts[name] is not None:
            assert counts[name] == len(await listed(running, who, **filters, **params)), (who, name)
    return counts


@pytest.mark.req("R-INBOX-1")
async def test_counts_say_how_long_the_listings_are(anywhere: Running) -> None:
    world = anywhere.world
    nothing = dict.fromkeys(LISTINGS, 0)
    assert await counted(anywhere, SELLER) == nothing
    assert await counted(anywhere, BUYER) == nothing | {"archived": None}
    await two_threads(anywhere)
    asked = await world.send()
    await anywhere.approve(asked)
    reported = (await world.ok(SELLER, "GET", "/v1/messages", params={"thread_id": str(SECOND)}))["items"][0]["id"]
    await world.ok(SELLER, "POST", f"/v1/messages/{reported}:mark", {"mark": "reported"})
    opened = TurnOpened(
        thread_id=THREAD,
        seller_id=SELLER,
        marketplace_id=MARKETPLACE,
        message_id=uuid4(),
        opened_at=datetime.now(UTC),
    )
    await anywhere.tell(delivered(asked), opened)
    expected = nothing | {"response_needed": 1, "unread": 1, "received": 2, "sent": 1, "reported": 1, "all": 2}
    assert await counted(anywhere, SELLER) == expected
    assert await counted(anywhere, "operator") == expected | {"archived": None}
    assert await counted(anywhere, SELLER, marketplace_id=MARKETPLACE) == expected
    assert await counted(anywhere, SELLER, marketplace_id="other") == nothing
    of_buyer = {"response_needed": 1, "unread": 1, "received": 1, "all": 1, "archived": None}
    assert await counted(anywhere, BUYER) == nothing | of_buyer
    await world.ok(SELLER, "PATCH", f"/v1/threads/{THREAD}", {"archived": True})
    left = {"unread": 1, "received": 1, "archived": 1, "reported": 1, "all": 2}
    assert await counted(anywhere, SELLER) == nothing | left
    await world.ok(SELLER, "PATCH", f"/v1/threads/{SECOND}", {"deleted": True})
    assert await counted(anywhere, SELLER) == nothing | {"archived": 1, "all": 1}


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
