"""Every service's migrations, on both engines: forward from nothing, to just what the models say."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from sqlalchemy import text

from services.cli.installation import NAMES, InstalledService, load_service
from shared import migrations
from shared.db import Database
from tests.infrastructure.postgres import PostgresServer
from tests.services.migrated import ENGINES, choose_server


@pytest.fixture(params=NAMES)
def service(request: pytest.FixtureRequest) -> InstalledService:
    return load_service(request.param)


@pytest.fixture(params=ENGINES)
def server(request: pytest.FixtureRequest) -> PostgresServer | None:
    return choose_server(request)


@pytest.fixture
async def url(server: PostgresServer | None, tmp_path: Path) -> AsyncIterator[str]:
    """The address of an empty database."""
    name = await server.create_database() if server else ""
    yield server.url_of(name) if server else f"sqlite:///{tmp_path}/empty.db"
    if server:
        await server.drop_database(name)


async def test_forward_from_nothing_to_what_the_models_say_and_again(service: InstalledService, url: str) -> None:
    database = Database(url, service=service.name)
    assert not await migrations.is_current(database, service.migrations)
    with pytest.raises(RuntimeError, match="tramite migrate"):
        await migrations.require_current(database, service.migrations)
    assert await migrations.find_differences(database, service.metadata) != []
    for _ in range(2):
        await migrations.upgrade(database, service.migrations)
        await migrations.require_current(database, service.migrations)
        assert await migrations.find_differences(database, service.metadata) == []
    await database.close()


async def test_several_that_migrate_at_once_do_it_once(service: InstalledService, url: str) -> None:
    databases = [Database(url, service=service.name) for _ in range(3)]
    await asyncio.gather(*(migrations.upgrade(database, service.migrations) for database in databases))
    assert await migrations.find_differences(databases[0], service.metadata) == []
    async with databases[0].reading() as session:
        revisions = (await (await session.connection()).execute(text("SELECT version_num FROM alembic_version"))).all()
    assert len(revisions) == 1
    for database in databases:
        await database.close()


def test_there_is_one_revision_to_begin_with(service: InstalledService) -> None:
    assert len(list((service.migrations / "versions").glob("*.py"))) == 1
