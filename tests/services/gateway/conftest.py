"""The gateway as it runs: its real app over a temporary database, with a memory bus that others' events come in by."""

import shutil
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar
from uuid import UUID, uuid4

import httpx2
import pytest
from fastapi import FastAPI
from sqlalchemy import select

from services.gateway.app import MIGRATIONS, create_app
from services.gateway.context import Gateway
from services.gateway.mailbox import store
from services.gateway.mailbox.service import sealed_content
from services.gateway.settings import Settings
from shared import migrations
from shared.bus import MemoryBus
from shared.contracts.facts import Content, FindingFacts, SealedContent
from shared.contracts.vocabulary import Direction
from shared.crypto import generate_key
from shared.db import Database
from shared.events import Event, Record, decode_event, encode_event
from shared.outbox import OUTBOX
from tests.infrastructure.postgres import PostgresServer
from tests.services.gateway.world import OPERATOR_TOKEN, World, approved, mail
from tests.services.migrated import ENGINES, choose_server

E = TypeVar("E", bound=Event)


@dataclass
class Running:
    """A started gateway."""

    app: FastAPI
    bus: MemoryBus
    world: World

    @property
    def gateway(self) -> Gateway:
        found = self.app.state.gateway
        assert isinstance(found, Gateway)
        return found

    async def told(self, contract: type[E]) -> list[E]:
        """Return what the gateway told of one kind, in order."""
        query = select(OUTBOX).where(OUTBOX.c.topic == contract.topic).order_by(OUTBOX.c.seq)
        async with self.gateway.database.reading() as session:
            rows = (await (await session.connection()).execute(query)).mappings().all()
        records = [Record(row["topic"], row["key"], row["value"], row["headers"]) for row in rows]
        return [decode_event(record, contract) for record in records if record.event_type == contract.type]

    async def came_in(self, message_id: UUID) -> SealedContent:
        """Return what a message said when it came in."""
        async with self.gateway.database.reading() as session:
            message = await store.get_message(session, message_id)
        assert message is not None
        return sealed_content(message)

    async def approve(self, message_id: UUID, *findings: FindingFacts) -> None:
        """Let the gate pass a message as it is."""
        await self.tell(approved(message_id, await self.came_in(message_id), *findings))

    async def receive(self, content: Content, direction: Direction, answers: UUID | None = None) -> UUID:
        """Let a mail come in; return the id of its message."""
        mail_id = uuid4()
        await self.tell(mail(mail_id, await self.gateway.blobs.seal_content(content), direction, answers))
        return mail_id

    async def tell(self, *events: Event) -> None:
        """Let other services tell `events`; returns when the gateway has handled them."""
        await self.bus.publish([encode_event(event, "test") for event in events])


MASTER_KEYS, LOOKUP_KEY = f"k1:{generate_key()}", generate_key()
SERVICE_TOKEN = "a-service-token-of-the-tests"


def make_settings(database_url: str, folder: Path) -> Settings:
    return Settings.model_validate(
        {
            "database_url": database_url,
            "data_dir": folder,
            "master_keys": MASTER_KEYS,
            "lookup_key": LOOKUP_KEY,
            "service_token": SERVICE_TOKEN,
            "operator_token": OPERATOR_TOKEN,
            "consumer_backoff_seconds": 0.01,
        }
    )


async def start_database(url: str) -> None:
    database = Database(url, service="gateway")
    await migrations.upgrade(database, MIGRATIONS)
    await database.close()


@dataclass
class Settled:
    """A database file in which the world is recorded, to be copied, and its tokens."""

    path: Path
    tokens: dict[str, str]


@pytest.fixture(scope="session")
async def settled(tmp_path_factory: pytest.TempPathFactory) -> Settled:
    folder = tmp_path_factory.mktemp("settled")
    path = folder / "gateway.db"
    return Settled(path, await settle(f"sqlite:///{path}", folder))


async def settle(url: str, folder: Path) -> dict[str, str]:
    """Record the world in an empty database; return its tokens."""
    await start_database(url)
    async with run_gateway(url, folder) as started:
        await started.world.settle()
    return started.world.tokens


@pytest.fixture
async def running(settled: Settled, tmp_path: Path) -> AsyncIterator[Running]:
    """Give a started gateway on SQLite with a recorded marketplace, sellers, buyers, orders and tokens."""
    async with run_copy(settled, tmp_path) as started:
        yield started


@asynccontextmanager
async def run_copy(
    settled: Settled, folder: Path, transports: Mapping[str, httpx2.AsyncBaseTransport] | None = None
) -> AsyncIterator[Running]:
    shutil.copy(settled.path, folder / "gateway.db")
    async with run_gateway(f"sqlite:///{folder}/gateway.db", folder, transports) as started:
        started.world.tokens |= settled.tokens
        yield started


@pytest.fixture(params=ENGINES)
def server(request: pytest.FixtureRequest) -> PostgresServer | None:
    return choose_server(request)


@pytest.fixture(scope="session")
def tokens_on_server() -> dict[str, str]:
    """The tokens of the world that the run's PostgreSQL keeps to be copied, once it is recorded there."""
    return {}


@pytest.fixture
async def anywhere(
    server: PostgresServer | None, settled: Settled, tokens_on_server: dict[str, str], tmp_path: Path
) -> AsyncIterator[Running]:
    """Give the same on SQLite and on PostgreSQL in turn."""

    async def fill(url: str) -> None:
        tokens_on_server.update(await settle(url, tmp_path))

    if server is None:
        async with run_copy(settled, tmp_path) as started:
            yield started
        return
    database = await server.copy_database("settled gateway", fill)
    try:
        async with run_gateway(server.url_of(database), tmp_path) as started:
            started.world.tokens |= tokens_on_server
            yield started
    finally:
        await server.drop_database(database)


@asynccontextmanager
async def run_gateway(
    url: str, folder: Path, transports: Mapping[str, httpx2.AsyncBaseTransport] | None = None
) -> AsyncIterator[Running]:
    bus = MemoryBus(["gateway"])
    app = create_app(make_settings(url, folder), bus, transports)
    transport = httpx2.ASGITransport(app, raise_app_exceptions=False)
    async with (
        app.router.lifespan_context(app),
        httpx2.AsyncClient(transport=transport, base_url="http://gw") as client,
    ):
        yield Running(app, bus, World(client))
