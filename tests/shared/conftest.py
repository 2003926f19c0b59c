from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from shared.db import Database
from tests.infrastructure.postgres import PostgresServer
from tests.shared import notes


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def server(request: pytest.FixtureRequest) -> PostgresServer | None:
    """The run's PostgreSQL, or None for SQLite."""
    return request.getfixturevalue("postgres") if request.param == "postgresql" else None


@pytest.fixture
async def database(server: PostgresServer | None, tmp_path: Path) -> AsyncIterator[Database]:
    """An empty database with the notes service's tables, on both engines."""
    name = await server.create_database() if server else ""
    opened = Database(server.url_of(name) if server else f"sqlite:///{tmp_path}/notes.db", service="notes", pool=5)
    await notes.create_tables(opened)
    yield opened
    await opened.close()
    if server:
        await server.drop_database(name)
