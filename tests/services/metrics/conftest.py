from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from shared.db import Database
from tests.infrastructure.postgres import PostgresServer
from tests.services.migrated import ENGINES, choose_server, open_migrated


@pytest.fixture(params=ENGINES)
def server(request: pytest.FixtureRequest) -> PostgresServer | None:
    return choose_server(request)


@pytest.fixture
async def database(server: PostgresServer | None, tmp_path: Path) -> AsyncIterator[Database]:
    """The metrics service's database, on both engines."""
    async with open_migrated("metrics", server, tmp_path) as opened:
        yield opened
