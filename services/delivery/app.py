"""The delivery service, put together."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import timedelta
from functools import partial
from pathlib import Path

from fastapi import FastAPI

from services.delivery.authenticity.service import Authenticity
from services.delivery.bounces.domain import BounceAddresses
from services.delivery.bounces.service import Reports
from services.delivery.handlers import HANDLERS, Delivery, prepare
from services.delivery.inbound.directory import Directory
from services.delivery.inbound.door import Door
from services.delivery.inbound.purging import purge_intake
from services.delivery.inbound.recipients import Recipients
from services.delivery.inbound.service import Intake, Scrutiny
from services.delivery.metrics import DeliveryMetrics
from services.delivery.operations import api as operations
from services.delivery.outbound.api import create_router
from services.delivery.outbound.composition import Composer
from services.delivery.outbound.dispatch import Dispatcher, Pace, purge_queue
from services.delivery.outbound.maildir import MaildirTransport
from services.delivery.outbound.service import Queue, Retries
from services.delivery.outbound.signing import Signer
from services.delivery.outbound.smtp import RelayAddress, SmtpTransport
from services.delivery.outbound.transport import Transport
from services.delivery.settings import Settings
from services.delivery.threads.service import Threads
from shared.blobs import BlobStore
from shared.bus import Bus
from shared.consumer import BatchWork, Consumer
from shared.db import Database
from shared.http import create_http_app, require_service_token
from shared.links import Links
from shared.migrations import require_current
from shared.runtime import Service, Work, check_bus, purge_hourly

MIGRATIONS = Path(__file__).parent / "migrations"


def create_app(settings: Settings, bus: Bus) -> FastAPI:
    """Build the delivery service; its lifespan runs relay, consumer, the queue's worker and the SMTP door.

    `app.state.door` tells the door's port while it is open.
    """
    metrics = DeliveryMetrics()
    keys = settings.key_ring()
    blobs = BlobStore(settings.blob_location(), keys)
    database = Database(settings.database_url, service="delivery", pool=settings.database_pool)
    threads = Threads(keys)
    bounce_addresses = BounceAddresses.of(keys, settings.delivery_report_days)
    retries = Retries(
        timedelta(seconds=settings.delivery_first_retry_seconds), timedelta(days=settings.delivery_give_up_days)
    )
    wake = asyncio.Event()
    queue = Queue(keys, blobs, threads, metrics, retries, wake.set)
    links = Links.of(keys, settings.public_url)
    composer = Composer(keys, blobs, bounce_addresses, links, settings.link_days, Signer.of(settings.dkim_folder))
    transport = choose_transport(settings)
    pace = Pace(
        settings.delivery_connections,
        settings.delivery_connections_per_domain,
        settings.delivery_claim_seconds,
        settings.delivery_poll_seconds,
    )
    dispatcher = Dispatcher(database, queue, composer, transport, pace, wake)
    scrutiny = Scrutiny(Authenticity.of(settings, metrics), links)
    intake = Intake(database, keys, blobs, threads, Reports(queue, metrics), scrutiny)
    recipients = Recipients(database, keys, bounce_addresses)
    door = Door(settings, recipients, intake, metrics)
    consumer = Consumer(
        database, HANDLERS, Delivery(Directory(), queue), metrics, settings.patience(), BatchWork(prepare)
    )
    service = Service("delivery", settings, database, bus, metrics, consumer)

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        # The door closes first, while the intake behind it still writes.
        # A settled mail is needed as long as reports on it may come.
        days = max(settings.retention_days, settings.delivery_report_days)
        purges: dict[str, Callable[[], Awaitable[object]]] = {
            "queue.purge": lambda: purge_queue(database, days),
            "intake.purge": lambda: purge_intake(database, blobs, settings.raw_mail_days, settings.attachment_days),
        }
        works: dict[str, Work] = {
            "dispatcher": dispatcher.run,
            "intake": intake.writer.run,
            "recipients": recipients.lookups.run,
            **{name: partial(purge_hourly, purge) for name, purge in purges.items()},
        }
        try:
            async with service.running(works), door.open():
                yield
        finally:
            await transport.close()

    app = create_http_app(
        title="Tramite delivery",
        description="Mail in and out: the SMTP door, the outbound queue, delivery reports.",
        metrics=metrics,
        lifespan=lifespan,
        checks={
            "database": database.check,
            "bus": lambda: check_bus(bus),
            "migrations": lambda: require_current(database, MIGRATIONS),
        },
    )
    app.state.door = door
    for router in (create_router(composer), operations.create_router(database, queue)):
        app.include_router(router, dependencies=[require_service_token(settings.internal_token())])
    return app


def choose_transport(settings: Settings) -> Transport:
    """Return the way mails leave: the relay that is set, else Maildirs under the data folder."""
    if relay := settings.smtp_relay.get_secret_value():
        return SmtpTransport(
            RelayAddress.parse(relay),
            local_hostname=settings.smtp_hostname,
            answer_seconds=settings.delivery_send_seconds,
            certificates=settings.smtp_relay_certificates,
        )
    return MaildirTransport(settings.data_dir / "mail")
