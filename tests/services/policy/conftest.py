from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.infrastructure.postgres import PostgresServer
from tests.services.migrated import ENGINES, choose_server, open_migrated
from tests.services.policy.world import World


@pytest.fixture(params=ENGINES)
def server(request: pytest.FixtureRequest) -> PostgresServer | None:
    return choose_server(request)


@pytest.fixture
async def world(server: PostgresServer | None, tmp_path: Path) -> AsyncIterator[World]:
    """The policy service over its own database, on both engines."""
    async with open_migrated("policy", server, tmp_path) as database:
        yield World(database, tmp_path)
