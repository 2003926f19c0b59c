from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest

from services.cli.installation import NAMES, load_service
from services.demo.mailboxes import Mailboxes, MaildirMailboxes
from shared import migrations
from shared.db import Database
from tests.infrastructure.kafka.broker import KafkaBroker
from tests.infrastructure.smtp import FarSide
from tests.journeys.installation import FarSideMailboxes, Installation, all_in_one, distributed

FreshDatabase = Callable[[], Awaitable[str]]


@pytest.fixture
async def one_process(tmp_path: Path) -> AsyncIterator[tuple[Installation, Mailboxes]]:
    """The all-in-one, started."""
    async with all_in_one(tmp_path) as installation:
        yield installation, MaildirMailboxes(installation.mail_dir)


@pytest.fixture
async def five_processes(
    tmp_path: Path, kafka: KafkaBroker, fresh_database: FreshDatabase, far_side: FarSide, topic_prefix: str
) -> AsyncIterator[tuple[Installation, Mailboxes]]:
    """Five processes on Kafka and PostgreSQL."""
    databases = await migrate_databases(fresh_database)
    async with distributed(tmp_path, databases, kafka.bootstrap, topic_prefix, far_side.url) as installation:
        yield installation, FarSideMailboxes(far_side)


@pytest.fixture
async def ten_processes(
    tmp_path: Path, kafka: KafkaBroker, fresh_database: FreshDatabase, far_side: FarSide, topic_prefix: str
) -> AsyncIterator[tuple[Installation, Mailboxes]]:
    """Two of each service on Kafka and PostgreSQL."""
    databases = await migrate_databases(fresh_database)
    async with distributed(
        tmp_path, databases, kafka.bootstrap, topic_prefix, far_side.url, twins=NAMES
    ) as installation:
        yield installation, FarSideMailboxes(far_side)


async def migrate_databases(fresh_database: FreshDatabase) -> dict[str, str]:
    """Make and migrate one database per service."""
    urls = {name: await fresh_database() for name in NAMES}
    for name, url in urls.items():
        database = Database(url, service=name)
        await migrations.upgrade(database, load_service(name).migrations)
        await database.close()
    return urls
