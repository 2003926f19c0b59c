"""The alias service, put together."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from fastapi import FastAPI

from services.alias.handlers import HANDLERS, prepare
from services.alias.metrics import AliasMetrics
from services.alias.service import Directory
from services.alias.settings import Settings
from shared.bus import Bus
from shared.consumer import BatchWork, Consumer
from shared.db import Database
from shared.http import create_http_app
from shared.migrations import require_current
from shared.runtime import Service, check_bus

MIGRATIONS = Path(__file__).parent / "migrations"


def create_app(settings: Settings, bus: Bus) -> FastAPI:
    """Build the alias service; its lifespan runs relay and consumer."""
    metrics = AliasMetrics()
    database = Database(settings.database_url, service="alias", pool=settings.database_pool)
    directory = Directory(settings.address_length, metrics)
    consumer = Consumer(database, HANDLERS, directory, metrics, settings.patience(), BatchWork(prepare))
    service = Service("alias", settings, database, bus, metrics, consumer)

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        async with service.running():
            yield

    return create_http_app(
        title="Tramite alias",
        description="Aliases and the real addresses behind them. Speaks by events only.",
        metrics=metrics,
        lifespan=lifespan,
        checks={
            "database": database.check,
            "bus": lambda: check_bus(bus),
            "migrations": lambda: require_current(database, MIGRATIONS),
        },
    )
