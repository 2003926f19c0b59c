"""The policy service, put together."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import structlog
from fastapi import FastAPI

from services.policy.api import create_router
from services.policy.blocks import api as blocks
from services.policy.gate.compiled import is_compiled
from services.policy.gate.rule import RuleError
from services.policy.gate.ruleset import PACKAGED, RuleSet
from services.policy.gathering import Limits
from services.policy.handlers import HANDLERS
from services.policy.metrics import PolicyMetrics
from services.policy.overrides import api as overrides
from services.policy.preparation import prepare
from services.policy.service import Gate
from services.policy.settings import Settings
from services.policy.standing import api as standing_api
from services.policy.standing import service as standing
from shared.blobs import BlobStore
from shared.bus import Bus
from shared.consumer import BatchWork, Consumer
from shared.db import Database
from shared.http import create_http_app, require_service_token
from shared.migrations import require_current
from shared.runtime import Service, check_bus

MIGRATIONS = Path(__file__).parent / "migrations"
_log = structlog.get_logger()


def create_app(settings: Settings, bus: Bus) -> FastAPI:
    """Build the policy service; its lifespan runs relay and consumer."""
    metrics = PolicyMetrics()
    database = Database(settings.database_url, service="policy", pool=settings.database_pool)
    gate = create_gate(settings, metrics)
    consumer = Consumer(database, HANDLERS, gate, metrics, settings.patience(), BatchWork(prepare))
    service = Service("policy", settings, database, bus, metrics, consumer)

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        _log.info("policy.starting", compiled=is_compiled())
        works = {"standing": lambda: standing.watch(database, gate.steps, settings.standing_seconds)}
        async with service.running(works):
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
    for router in (
        create_router(database, gate),
        standing_api.create_router(database, gate.steps),
        blocks.create_router(database),
        overrides.create_router(database, gate),
    ):
        app.include_router(router, dependencies=[require_service_token(settings.internal_token())])
    return app


def create_gate(settings: Settings, metrics: PolicyMetrics) -> Gate:
    """Load the configured rule sets; raises `RuleError` naming the file where one cannot be used."""
    return Gate(
        rules=RuleSet.load(settings.rules or PACKAGED),
        shadow=_load_shadow(settings.shadow_rules) if settings.shadow_rules else None,
        limits=Limits(
            quota_base=settings.quota_base,
            quota_per_order=settings.quota_per_order,
            important_tag=settings.important_tag,
        ),
        blobs=BlobStore(settings.blob_location(), settings.key_ring()),
        metrics=metrics,
        steps=settings.steps(),
    )


def _load_shadow(folder: Path) -> RuleSet | None:
    """Load rules on trial; where they cannot be used the log says so, and messages go on without them."""
    try:
        return RuleSet.load(folder)
    except (RuleError, OSError) as error:
        _log.error("shadow.unusable", folder=str(folder), error=type(error).__name__, cause=str(error))
        return None
