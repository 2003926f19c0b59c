"""The stream as a client sees it: a real server, a real connection."""

import asyncio
import json
import os
import signal
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx2
import pytest

from services.gateway.app import create_app
from shared.bus import MemoryBus
from shared.runtime import serve
from tests.infrastructure.process import free_port
from tests.services.gateway.apps.registered import let_in
from tests.services.gateway.conftest import Running, Settled, make_settings
from tests.services.gateway.world import BUYER, ORDER, OTHER_SELLER, SELLER, THREAD, World, order_body, rejected

pytestmark = pytest.mark.req("R-INBOX-7")


@pytest.fixture
async def served(settled: Settled, tmp_path: Path) -> AsyncIterator[Running]:
    """Give the gateway behind a real server, with callers that connect to it."""
    (tmp_path / "gateway.db").write_bytes(settled.path.read_bytes())
    bus = MemoryBus(["gateway"])
    app = create_app(make_settings(f"sqlite:///{tmp_path}/gateway.db", tmp_path), bus)
    port = free_port()
    up = asyncio.Event()

    async def started() -> None:
        up.set()

    serving = asyncio.create_task(serve([(app, "127.0.0.1", port)], started=started))
    await asyncio.wait_for(up.wait(), 10)
    async with httpx2.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=20) as client:
        world = World(client)
        world.tokens |= settled.tokens
        yield Running(app, bus, world)
        if not serving.done():
            os.kill(os.getpid(), signal.SIGTERM)
        await asyncio.wait_for(serving, 10)


@asynccontextmanager
async def listening(running: Running, who: str, **headers: str) -> AsyncIterator[AsyncIterator[dict[str, Any]]]:
    """Open a stream and give its events, each with `id`, `event` and `data`; the stream listens on entry."""
    token = {"Authorization": f"Bearer {running.world.tokens[who]}"}
    async with running.world.client.stream("GET", "/v1/events", headers=token | headers) as response:
        assert response.status_code == 200
        assert response.headers["content-type"].startswith("text/event-stream")
        lines = response.aiter_lines()
        assert await anext(lines) == ": alive"
        yield _events(lines)


async def _events(lines: AsyncIterator[str]) -> AsyncIterator[dict[str, Any]]:
    event: dict[str, Any] = {}
    async for line in lines:
        name, _, value = line.partition(": ")
        if name:
            event[name] = value
        elif "data" in event:
            yield event | {"data": json.loads(event["data"])}
            event = {}


async def test_changes_stream_as_they_happen(served: Running) -> None:
    async with listening(served, SELLER) as events:
        message = await served.world.send()
        submitted = await anext(events)
        assert submitted["event"] == submitted["data"]["type"] == "message.submitted"
        assert submitted["data"]["message_id"] == str(message)
        assert submitted["data"]["thread_id"] == str(THREAD)
        assert submitted["data"]["links"]["message"].endswith(f"/v1/messages/{message}")
        assert "buyer_id" not in submitted["data"]
        await served.tell(rejected(message))
        assert (await anext(events))["event"] == "message.rejected"


@pytest.mark.req("R-PRIVACY-3")
async def test_nobody_hears_what_is_not_theirs(served: Running) -> None:
    async with listening(served, BUYER) as buyer, listening(served, OTHER_SELLER) as other:
        message = await served.world.send()
        await served.approve(message)
        assert (await anext(buyer))["event"] == "message.received"
        theirs = await served.world.send(SELLER)
        await served.tell(rejected(theirs))
        await served.world.ok("operator", "PUT", f"/v1/orders/{ORDER}", order_body(status="shipped"))
        heard = await anext(buyer)
        assert (heard["event"], heard["data"]["order_id"]) == ("order.changed", ORDER)
        own = order_body(seller_id=OTHER_SELLER)
        await served.world.ok("operator", "PUT", "/v1/orders/777-0000007-0000007", own)
        assert (await anext(other))["data"]["order_id"] == "777-0000007-0000007"


async def test_a_stream_goes_on_where_it_broke_off(served: Running) -> None:
    async with listening(served, SELLER) as events:
        first = await served.world.send(text="uno")
        heard = await anext(events)
    assert heard["data"]["message_id"] == str(first)
    second = await served.world.send(text="due")
    async with listening(served, SELLER, **{"Last-Event-ID": heard["id"]}) as events:
        missed = await anext(events)
    assert missed["data"]["message_id"] == str(second)
    assert int(missed["id"]) > int(heard["id"])


async def test_operators_hear_everything_and_who_it_concerns(served: Running) -> None:
    async with listening(served, "operator") as events:
        await served.world.send()
        assert (await anext(events))["data"]["seller_id"] == SELLER


@pytest.mark.req("R-PRIVACY-3")
async def test_a_stream_ends_with_the_token_that_opened_it(served: Running) -> None:
    world = served.world
    made = await world.ok("operator", "POST", "/v1/tokens", {"role": "seller", "subject": SELLER})
    world.tokens["leaver"] = made["token"]
    app = await let_in(world)
    async with listening(served, "leaver") as leaver, listening(served, "app") as its, listening(served, SELLER) as own:
        await world.send(text="uno")
        for events in (leaver, its, own):
            assert (await anext(events))["event"] == "message.submitted"
        await world.call("operator", "DELETE", f"/v1/tokens/{made['id']}")
        await world.call("operator", "DELETE", f"/v1/apps/{app['client_id']}")
        await world.send(text="due")
        assert [event async for event in leaver] == [event async for event in its] == []
        assert (await anext(own))["event"] == "message.submitted"


@pytest.mark.parametrize("last", ["-1", "x", "1" * 19])
async def test_a_place_that_is_none_is_refused(running: Running, last: str) -> None:
    response = await running.world.call(SELLER, "GET", "/v1/events", headers={"Last-Event-ID": last})
    assert (response.status_code, response.json()["errors"][0]["field"]) == (422, "header.Last-Event-ID")


async def test_a_caller_with_too_many_streams_is_told(served: Running) -> None:
    limit = served.gateway.settings.listeners_per_caller
    async with asyncio.TaskGroup() as group:
        release = asyncio.Event()
        opened = [asyncio.Event() for _ in range(limit)]

        async def hold(ready: asyncio.Event) -> None:
            async with listening(served, SELLER):
                ready.set()
                await release.wait()

        for ready in opened:
            group.create_task(hold(ready))
        for ready in opened:
            await ready.wait()
        response = await served.world.call(SELLER, "GET", "/v1/events")
        assert (response.status_code, response.json()["limit"]) == (429, limit)
        release.set()


async def test_a_stop_does_not_wait_for_open_streams(served: Running) -> None:
    async with listening(served, SELLER) as events:
        started = time.monotonic()
        os.kill(os.getpid(), signal.SIGTERM)
        assert [event async for event in events] == []
        assert time.monotonic() - started < 2
