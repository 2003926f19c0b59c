"""Idempotency keys and waiting for the decision."""

import asyncio
import time
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.gateway.mailbox.sending import read_wait, wait_decided
from shared.contracts.gateway import MessageSubmitted
from tests.services.gateway.conftest import Running
from tests.services.gateway.world import BUYER, ORDER, OTHER_SELLER, SELLER, message_body, order_body, rejected

KEY = {"Idempotency-Key": "a-key-of-mine"}


@pytest.mark.req("R-PRIVACY-4")
async def test_the_same_key_is_the_same_message(running: Running) -> None:
    world = running.world
    first = await world.call(SELLER, "POST", "/v1/messages", message_body(), headers=KEY)
    again = await world.call(SELLER, "POST", "/v1/messages", message_body(), headers=KEY)
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.json() == again.json()
    assert ("Idempotency-Replayed" in first.headers, again.headers["Idempotency-Replayed"]) == (False, "true")
    assert len(await running.told(MessageSubmitted)) == 1


async def test_a_repeat_is_answered_even_where_a_first_one_would_not_be(running: Running) -> None:
    world = running.world
    first = await world.ok(SELLER, "POST", "/v1/messages", message_body(), headers=KEY)
    await running.tell(rejected(UUID(first["id"])))
    again = await world.ok(SELLER, "POST", "/v1/messages", message_body(), headers=KEY)
    assert (again["id"], again["status"]) == (first["id"], "rejected")


async def test_another_body_under_the_same_key_is_a_conflict(running: Running) -> None:
    world = running.world
    await world.ok(SELLER, "POST", "/v1/messages", message_body(), headers=KEY)
    response = await world.call(SELLER, "POST", "/v1/messages", message_body(text="altro"), headers=KEY)
    assert (response.status_code, response.json()["errors"][0]["field"]) == (409, "Idempotency-Key")
    assert len(await running.told(MessageSubmitted)) == 1


async def test_keys_are_each_caller_s_own(running: Running) -> None:
    world = running.world
    theirs = "555-0000005-0000005"
    await world.ok("operator", "PUT", f"/v1/orders/{theirs}", order_body(seller_id=OTHER_SELLER))
    first = await world.ok(SELLER, "POST", "/v1/messages", message_body(), headers=KEY)
    other = await world.ok(OTHER_SELLER, "POST", "/v1/messages", message_body(order_id=theirs), headers=KEY)
    assert first["id"] != other["id"]


async def test_many_at_once_with_one_key_are_one_message(anywhere: Running) -> None:
    answers = await asyncio.gather(
        *(anywhere.world.ok(SELLER, "POST", "/v1/messages", message_body(), headers=KEY) for _ in range(8))
    )
    assert len({answer["id"] for answer in answers}) == 1
    assert len(await anywhere.told(MessageSubmitted)) == 1


@pytest.mark.parametrize("key", ["", "x" * 129, "a b", "caf\u00e9"])
async def test_a_key_is_short_and_printable(running: Running, key: str) -> None:
    headers = {
        b"Idempotency-Key": key.encode("latin-1"),
        b"Authorization": f"Bearer {running.world.tokens[SELLER]}".encode(),
    }
    response = await running.world.client.post("/v1/messages", json=message_body(), headers=headers)
    assert (response.status_code, response.json()["errors"][0]["field"]) == (422, "header.Idempotency-Key")


async def test_waiting_ends_with_the_decision(anywhere: Running) -> None:
    world = anywhere.world
    request = asyncio.create_task(
        world.call(SELLER, "POST", "/v1/messages", message_body(), headers={"Prefer": "wait=20"})
    )
    message = None
    while message is None:
        await asyncio.sleep(0)
        message = next(iter((await world.ok(SELLER, "GET", "/v1/messages"))["items"]), None)
    assert not request.done()
    decided_at = time.monotonic()
    await anywhere.tell(rejected(UUID(message["id"])))
    response = await request
    assert time.monotonic() - decided_at < 5
    assert (response.json()["status"], response.headers["Preference-Applied"]) == ("rejected", "wait=20")


async def test_waiting_ends_with_the_time(running: Running) -> None:
    started = time.monotonic()
    response = await running.world.call(SELLER, "POST", "/v1/messages", message_body(), headers={"Prefer": "wait=1"})
    assert response.json()["status"] == "submitted"
    assert 1 <= time.monotonic() - started < 5


async def test_waiting_ends_when_the_service_stops(running: Running) -> None:
    message = await running.world.send()
    waiting = asyncio.create_task(wait_decided(running.gateway, message, 30))
    await asyncio.sleep(0)
    started = time.monotonic()
    running.app.state.stopping.set()
    assert await waiting == "submitted"
    assert time.monotonic() - started < 2


async def test_who_does_not_ask_does_not_wait(running: Running) -> None:
    response = await running.world.call(SELLER, "POST", "/v1/messages", message_body())
    assert "Preference-Applied" not in response.headers


@pytest.mark.parametrize(
    ("prefer", "seconds"),
    [
        (None, None),
        ("", None),
        ("wait=5", 5),
        ("WAIT = 5", 5),
        ('wait="5"', 5),
        ("respond-async, wait=5", 5),
        ("wait=99", 30),
        ("wait=0", 0),
        ("wait=-1", None),
        ("wait=soon", None),
        ("await=5", None),
        ("wait=5x", None),
    ],
)
def test_reading_the_preference(prefer: str | None, seconds: int | None) -> None:
    assert read_wait(prefer) == seconds


@given(st.text(max_size=200))
def test_no_preference_waits_longer_than_allowed(prefer: str) -> None:
    assert 0 <= (read_wait(prefer) or 0) <= 30


async def test_buyers_keys_work_too(running: Running) -> None:
    body = {"order_id": ORDER, "text": "Dov'è?"}
    first = await running.world.ok(BUYER, "POST", "/v1/messages", body, headers=KEY)
    assert await running.world.ok(BUYER, "POST", "/v1/messages", body, headers=KEY) == first
