import secrets
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from services.cli.installation import NAMES, load_service
from services.demo.mailboxes import Mailboxes, MaildirMailboxes
from shared import migrations
from shared.db import Database
from tests.infrastructure.kafka.broker import KafkaBroker
from tests.infrastructure.postgres import PostgresServer
from tests.infrastructure.smtp import FarSide
from tests.journeys.installation import FarSideMailboxes, Installation, all_in_one, distributed

Running = tuple[Installation, Mailboxes]


@pytest.fixture
def uncounted(monkeypatch: pytest.MonkeyPatch) -> None:
    """Count no lines in processes that are started: what is killed would tell nobody, and starts at half the speed."""
    monkeypatch.delenv("COVERAGE_PROCESS_CONFIG", raising=False)


@pytest.fixture
async def one_process(tmp_path: Path) -> AsyncIterator[Running]:
    """The all-in-one, started."""
    async with all_in_one(tmp_path) as installation:
        yield installation, MaildirMailboxes(installation.mail_dir)


@pytest.fixture(scope="module")
async def processes(
    tmp_path_factory: pytest.TempPathFactory, kafka: KafkaBroker, postgres: PostgresServer
) -> AsyncIterator[Running]:
    """Five processes on Kafka and PostgreSQL; one set for all tests, as starting them takes longest."""
    databases = {name: postgres.url_of(await postgres.create_database()) for name in NAMES}
    for name, url in databases.items():
        database = Database(url, service=name)
        await migrations.upgrade(database, load_service(name).migrations)
        await database.close()
    folder = tmp_path_factory.mktemp("processes")
    namespace = f"t{secrets.token_hex(6)}-"
    async with (
        FarSide() as far_side,
        distributed(folder, databases, kafka.bootstrap, namespace, far_side.url) as installation,
    ):
        yield installation, FarSideMailboxes(far_side)
