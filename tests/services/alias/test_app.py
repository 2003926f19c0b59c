"""The whole service over a real bus: events in, events out."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import httpx2
import pytest
from fastapi import FastAPI

from services.alias.app import create_app
from services.alias.settings import Settings
from shared.bus import MemoryBus
from shared.contracts.alias import AliasIssued, MessageAddressed
from shared.contracts.facts import Requirement
from shared.contracts.vocabulary import Role
from shared.db import Database
from shared.events import E, Event, Record, decode_event, encode_event
from tests.infrastructure.waiting import until
from tests.services.alias.world import party, recorded, submitted
from tests.services.migrated import list_causes


class Running:
    """A started alias service, and what it tells on the bus."""

    def __init__(self, app: FastAPI, bus: MemoryBus) -> None:
        self.app, self.bus = app, bus
        self.records: list[Record] = []

    async def take(self, records: Sequence[Record]) -> None:
        self.records.extend(records)

    async def tell(self, *events: Event) -> None:
        await self.bus.publish([encode_event(event, "gateway") for event in events])

    def told(self, contract: type[E]) -> list[E]:
        return [decode_event(record, contract) for record in self.records if record.event_type == contract.type]


@asynccontextmanager
async def run(database: Database, tmp_path: Path) -> AsyncIterator[Running]:
    bus = MemoryBus(["alias", "listener"])
    settings = Settings(database_url=database.url, data_dir=tmp_path, consumer_backoff_seconds=0.01)
    running = Running(create_app(settings, bus), bus)
    listening = asyncio.create_task(bus.consume("listener", ["alias.events"], running.take))
    async with running.app.router.lifespan_context(running.app):
        yield running
    listening.cancel()
    with suppress(asyncio.CancelledError):
        await listening


@pytest.mark.req("R-ALIAS-1")
async def test_the_first_order_issues_the_pairs_aliases(database: Database, tmp_path: Path) -> None:
    async with run(database, tmp_path) as running:
        await running.tell(recorded(), recorded())
        await until(lambda: running.told(AliasIssued), "the aliases to be told")
    [issued] = running.told(AliasIssued)
    assert len(issued.buyer_alias) == len(issued.seller_alias) == 35


async def test_a_message_that_is_ahead_of_its_parties_waits_and_then_goes_on(
    database: Database, tmp_path: Path
) -> None:
    ahead = submitted(requirement=Requirement(buyer_version=2, seller_version=1))
    other = submitted("b2", "s1")
    async with run(database, tmp_path) as running:
        await running.tell(party(Role.BUYER, "b1"), party(Role.SELLER, "s1"), party(Role.BUYER, "b2"))
        # The message's batch stays in hand; the state that it needs comes with its own.
        await running.tell(ahead, other, party(Role.BUYER, "b1", version=2))
        await until(lambda: len(running.told(MessageAddressed)) == 2, "both messages to be addressed")
    assert [told.message for told in running.told(MessageAddressed)] == [other.message, ahead.message]
    assert await list_causes(database) == []


async def test_a_message_about_nobody_dies_and_names_nobody(database: Database, tmp_path: Path) -> None:
    async with run(database, tmp_path) as running:
        await running.tell(submitted("nobody", "s1"))
    assert await list_causes(database) == ["NotYetKnown: buyer in version 0"]


async def test_repeats_of_a_record_change_nothing(database: Database, tmp_path: Path) -> None:
    records = [encode_event(e, "gateway") for e in (party(Role.BUYER, "b1"), party(Role.SELLER, "s1"), submitted())]
    async with run(database, tmp_path) as running:
        for _ in range(3):
            await running.bus.publish(records)
        await until(lambda: running.told(MessageAddressed), "the message to be addressed")
    assert len(running.told(MessageAddressed)) == len(running.told(AliasIssued)) == 1


async def test_it_is_ready_once_its_database_is_migrated(database: Database, tmp_path: Path) -> None:
    async with run(database, tmp_path) as running:
        transport = httpx2.ASGITransport(running.app)
        async with httpx2.AsyncClient(transport=transport, base_url="http://alias") as client:
            response = await client.get("/health/ready")
    assert response.json() == {"status": "ready", "checks": {"database": "ok", "bus": "ok", "migrations": "ok"}}
