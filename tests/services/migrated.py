"""A service's own database, migrated as in an installation, on the engine that a test asks for."""

import atexit
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import cache, partial
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
    async with place_migrated(name, server, folder) as url:
        database = Database(url, service=name, pool=25)
        try:
            yield database
        finally:
            await database.close()


@asynccontextmanager
async def place_migrated(name: str, server: PostgresServer | None, folder: Path) -> AsyncIterator[str]:
    """Give the address of an empty, migrated database of the service `name`; in `folder` if it is a file."""
    if server is None:
        shutil.copy(await find_template(name), folder / f"{name}.db")
        yield f"sqlite:///{folder}/{name}.db"
        return
    async with server.borrow_database(name, partial(_migrate, name)) as database:
        yield server.url_of(database)


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
    folder = Path(mkdtemp(prefix="tramite-migrated-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


async def find_template(name: str) -> Path:
    """Return a migrated SQLite file, made at the first call: alembic costs more than most tests."""
    path = _template_folder() / f"{name}.db"
    if not path.exists():
        await _migrate(name, f"sqlite:///{path}")
    return path


async def _migrate(name: str, url: str) -> None:
    database = Database(url, service=name)
    await migrations.upgrade(database, import_module(f"services.{name}.app").MIGRATIONS)
    await database.close()
