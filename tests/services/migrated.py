"""A service's own database, migrated as in an installation, on the engine that a test asks for."""

import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import cache
from importlib import import_module
from pathlib import Path
from tempfile import mkdtemp

import pytest
from sqlalchemy import select

from shared import inbox, migrations
from shared.db import Database
from shared.events import E, Record, decode_event
from shared.outbox import OUTBOX
from tests.infrastructure.postgres import PostgresServer

ENGINES = ["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)]


def choose_server(request: pytest.FixtureRequest) -> PostgresServer | None:
    """Return the run's PostgreSQL where the fixture's parameter asks for it, None for SQLite."""
    server: PostgresServer | None = request.getfixturevalue("postgres") if request.param == "postgresql" else None
    return server


@asynccontextmanager
async def open_migrated(name: str, server: PostgresServer | None, folder: Path) -> AsyncIterator[Database]:
    """Open an empty, migrated database of the service `name`."""
    database_name = await server.create_database() if server else ""
    if not server:
        shutil.copy(await _copy_template(name), folder / f"{name}.db")
    url = server.url_of(database_name) if server else f"sqlite:///{folder}/{name}.db"
    database = Database(url, service=name, pool=25)
    if server:
        await migrations.upgrade(database, import_module(f"services.{name}.app").MIGRATIONS)
    try:
        yield database
    finally:
        await database.close()
        if server:
            await server.drop_database(database_name)


async def read_told(database: Database, contract: type[E]) -> list[E]:
    """Return what the service has told of one kind, in order."""
    query = select(OUTBOX).where(OUTBOX.c.topic == contract.topic).order_by(OUTBOX.c.seq)
    async with database.reading() as session:
        rows = (await (await session.connection()).execute(query)).mappings().all()
    records = [Record(row["topic"], row["key"], row["value"], row["headers"]) for row in rows]
    return [decode_event(record, contract) for record in records if record.event_type == contract.type]


async def list_causes(database: Database) -> list[str]:
    """Return why dead letters died."""
    async with database.reading() as session:
        return [row["cause"] for row in await inbox.list_dead(session)]


@cache
def _template_folder() -> Path:
    return Path(mkdtemp(prefix="tramite-migrated-"))


async def _copy_template(name: str) -> Path:
    """Return a migrated SQLite file, made at the first call: alembic costs more than most tests."""
    path = _template_folder() / f"{name}.db"
    if not path.exists():
        database = Database(f"sqlite:///{path}", service=name)
        await migrations.upgrade(database, import_module(f"services.{name}.app").MIGRATIONS)
        await database.close()
    return path
