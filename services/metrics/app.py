"""The metrics service, put together."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

from fastapi import FastAPI

from services.metrics.api import create_router
from services.metrics.handlers import HANDLERS, conclude, prepare
from services.metrics.metrics import ResponseMetrics
from services.metrics.service import Stopwatch
from services.metrics.settings import Settings
from shared.bus import Bus
from shared.consumer import BatchWork, Consumer
from shared.db import Database
from shared.http import create_http_app, require_service_token
from shared.migrations import require_current
from shared.runtime import Service, check_bus

MIGRATIONS = Path(__file__).parent / "migrations"


def create_app(settings: Settings, bus: Bus) -> FastAPI:
    """Build the metrics service; its lifespan runs relay, consumer and the watch for overdue turns."""
    metrics = ResponseMetrics()
    database = Database(settings.database_url, service="metrics", pool=settings.database_pool)
    stopwatch = Stopwatch(database, metrics, timedelta(hours=settings.target_hours))
    consumer = Consumer(database, HANDLERS, stopwatch, metrics, settings.patience(), BatchWork(prepare, conclude))
    service = Service("metrics", settings, database, bus, metrics, consumer)

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        async with service.running({"overdue": stopwatch.watch_overdue}):
            yield

    app = create_http_app(
        title="Tramite metrics",
        description="Response turns and the numbers made of them.",
        metrics=metrics,
        lifespan=lifespan,
        checks={
            "database": database.check,
            "bus": lambda: check_bus(bus),
            "migrations": lambda: require_current(database, MIGRATIONS),
        },
    )
    app.include_router(
        create_router(database, stopwatch), dependencies=[require_service_token(settings.internal_token())]
    )
    return app
