"""The policy service, put together."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from fastapi import FastAPI

from services.policy.api import create_router
from services.policy.gate.ruleset import PACKAGED, RuleSet
from services.policy.handlers import HANDLERS
from services.policy.metrics import PolicyMetrics
from services.policy.service import Gate, Limits
from services.policy.settings import Settings
from shared.blobs import BlobStore
from shared.bus import Bus
from shared.consumer import Consumer
from shared.db import Database
from shared.http import create_http_app, require_service_token
from shared.migrations import require_current
from shared.runtime import Service, check_bus

MIGRATIONS = Path(__file__).parent / "migrations"


def create_app(settings: Settings, bus: Bus) -> FastAPI:
    """Build the policy service; its lifespan runs relay and consumer."""
    metrics = PolicyMetrics()
    database = Database(settings.database_url, service="policy", pool=settings.database_pool)
    gate = create_gate(settings, metrics)
    consumer = Consumer(database, HANDLERS, gate, metrics, settings.patience())
    service = Service("policy", settings, database, bus, metrics, consumer)

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        async with service.running():
            yield

    app = create_http_app(
        title="Tramite policy",
        description="The gate: rules, decisions and what they stand on.",
        metrics=metrics,
        lifespan=lifespan,
        checks={
            "database": database.check,
            "bus": lambda: check_bus(bus),
            "migrations": lambda: require_current(database, MIGRATIONS),
        },
    )
    app.include_router(create_router(database, gate), dependencies=[require_service_token(settings.internal_token())])
    return app


def create_gate(settings: Settings, metrics: PolicyMetrics) -> Gate:
    """Load the configured rule sets; raises `RuleError` naming the file where one cannot be used."""
    return Gate(
        rules=RuleSet.load(settings.rules or PACKAGED),
        shadow=RuleSet.load(settings.shadow_rules) if settings.shadow_rules else None,
        limits=Limits(
            quota_base=settings.quota_base,
            quota_per_order=settings.quota_per_order,
            important_tag=settings.important_tag,
        ),
        blobs=BlobStore(settings.blob_location(), settings.key_ring()),
        metrics=metrics,
    )
