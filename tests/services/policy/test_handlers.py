"""The whole service over a real bus: events in, decisions out."""

import asyncio
from collections.abc import Sequence
from contextlib import suppress

import pytest
from structlog.testing import capture_logs

from services.policy.app import create_app
from services.policy.gate.compiled import is_compiled
from services.policy.handlers import HANDLERS
from shared.bus import MemoryBus
from shared.contracts.gateway import OrderRecorded
from shared.contracts.policy import MessageApproved, MessageRejected
from shared.contracts.vocabulary import Role
from shared.events import Record, decode_event, encode_event
from tests.infrastructure.waiting import until
from tests.services.policy.world import QUESTION, World, message, order, party


@pytest.mark.req("R-POLICY-1")
async def test_messages_come_out_approved_or_rejected_in_order(world: World) -> None:
    taken: list[Record] = []

    async def take(records: Sequence[Record]) -> None:
        taken.extend(records)

    clean, dirty = await world.address(message()), await world.address(message(), f"{QUESTION} rossi@example.com")
    told = [party(Role.BUYER, "b1"), party(Role.SELLER, "s1"), OrderRecorded(order=order()), clean, dirty]
    bus = MemoryBus(["policy", "listener"])
    app = create_app(world.settings, bus)
    listening = asyncio.create_task(bus.consume("listener", ["policy.events"], take))
    async with app.router.lifespan_context(app):
        await bus.publish([encode_event(event, "tests") for event in told])
        await until(lambda: len(taken) == 2, "both decisions")
    listening.cancel()
    with suppress(asyncio.CancelledError):
        await listening
    approved, rejected = taken
    assert decode_event(approved, MessageApproved).message == clean.message
    assert decode_event(rejected, MessageRejected).message == dirty.message
    assert {record.key for record in taken} == {str(clean.message.thread_id)}


async def test_it_says_at_its_start_whether_its_loops_are_compiled(world: World) -> None:
    app = create_app(world.settings, MemoryBus(["policy"]))
    with capture_logs() as lines:
        async with app.router.lifespan_context(app):
            pass
    assert {"event": "policy.starting", "compiled": is_compiled(), "log_level": "info"} in lines


def test_it_hears_of_all_that_decisions_stand_on() -> None:
    heard = {contract.type for contract in HANDLERS}
    assert heard >= {"party.changed.v1", "order.recorded.v1", "order.changed.v1", "message.addressed.v1"}
    assert not {contract.topic for contract in HANDLERS} & {"policy.events"}
