"""The gateway, put together."""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path

import httpx2
from fastapi import FastAPI

from services.gateway.access import api as access
from services.gateway.accounts import api as accounts
from services.gateway.apps import api as apps
from services.gateway.apps import service as apps_service
from services.gateway.apps import token_api as app_tokens
from services.gateway.apps.token_request import LARGEST_BODY
from services.gateway.context import Gateway
from services.gateway.feeds import api as feeds
from services.gateway.feeds.processing import process_feeds, purge_feeds
from services.gateway.filing import api as filing
from services.gateway.handlers import HANDLERS
from services.gateway.insight import api as insight
from services.gateway.links import api as links
from services.gateway.live import api as live
from services.gateway.live.hub import Hub
from services.gateway.mail import api as mail
from services.gateway.mailbox import api as messages
from services.gateway.mailbox import blocking
from services.gateway.mailbox import threads_api as threads
from services.gateway.mailbox.preparation import prepare
from services.gateway.mailbox.sending import forget_requests
from services.gateway.metrics import GatewayMetrics
from services.gateway.orders import api as orders
from services.gateway.orders import confirmations_api as confirmations
from services.gateway.orders.deadlines import watch_deadlines
from services.gateway.peers import Peers
from services.gateway.policing import api as policing
from services.gateway.senders import api as senders
from services.gateway.senders.service import forget_expired
from services.gateway.settings import Settings
from shared.blobs import BlobStore
from shared.bus import Bus
from shared.consumer import BatchWork, Consumer
from shared.db import Database
from shared.http import create_http_app
from shared.links import Links
from shared.migrations import require_current
from shared.runtime import Service, Work, check_bus, purge_hourly

MIGRATIONS = Path(__file__).parent / "migrations"
_ROUTERS = (
    messages,
    threads,
    blocking,
    live,
    orders,
    confirmations,
    feeds,
    filing,
    accounts,
    senders,
    links,
    insight,
    policing,
    mail,
    access,
    apps,
    app_tokens,
)
_DESCRIPTION = """\
Buyer-seller messaging for marketplaces.

Send `Authorization: Bearer trm_…`. Sellers and buyers see only what is theirs: what is somebody else's is answered
like what does not exist. Every error is a problem document (RFC 9457) that names the fields. Listings come in pages:
give `next` as `cursor` until it is null. Times are RFC 3339, in UTC.
"""


def create_app(
    settings: Settings, bus: Bus, transports: Mapping[str, httpx2.AsyncBaseTransport] | None = None
) -> FastAPI:
    """Build the gateway; its lifespan runs relay, consumer and the live hub.

    `transports` lets services of the same process be asked without a socket (see `Peers`).
    """
    metrics = GatewayMetrics()
    database = Database(settings.database_url, service="gateway", pool=settings.database_pool)
    keys = settings.key_ring()
    hub = Hub(database, metrics, settings.listeners_per_caller)
    gateway = Gateway(
        settings=settings,
        database=database,
        keys=keys,
        blobs=BlobStore(settings.blob_location(), keys),
        metrics=metrics,
        hub=hub,
        peers=Peers(settings, metrics, transports),
        operator_token=settings.operator_secret(),
        links=Links.of(keys, settings.public_url),
    )
    consumer = Consumer(database, HANDLERS, gateway, metrics, settings.patience(), BatchWork(prepare))
    service = Service("gateway", settings, database, bus, metrics, consumer)

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        purges: dict[str, Callable[[], Awaitable[object]]] = {
            "live-purge": lambda: hub.purge(settings.retention_days),
            "requests-purge": lambda: forget_requests(gateway),
            "senders-purge": lambda: forget_expired(gateway),
            "feeds-purge": lambda: purge_feeds(gateway),
            "apps-purge": lambda: apps_service.forget_expired(database),
        }
        works: dict[str, Work] = {
            "live": hub.run,
            "feeds": lambda: process_feeds(gateway),
            "deadlines": lambda: watch_deadlines(gateway),
            **{name: partial(purge_hourly, purge) for name, purge in purges.items()},
        }
        async with service.running(works):
            try:
                yield
            finally:
                hub.stopping.set()
                await gateway.peers.close()

    app = create_http_app(
        title="Tramite",
        description=_DESCRIPTION,
        metrics=metrics,
        lifespan=lifespan,
        checks={
            "database": database.check,
            "bus": lambda: check_bus(bus),
            "migrations": lambda: require_current(database, MIGRATIONS),
        },
        body_limits={app_tokens.PATH: LARGEST_BODY, feeds.PATH: feeds.LARGEST_FEED},
    )
    hub.stopping = app.state.stopping
    app.state.gateway = gateway
    # As their routers made them: `include_router` would build each route a second time, at the first request.
    app.router.routes.extend(route for feature in _ROUTERS for route in feature.router.routes)
    return app
