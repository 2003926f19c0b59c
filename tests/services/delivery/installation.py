"""A delivery service that really runs: its own database, its door on a socket, a bus whose events the test reads."""

import asyncio
import contextlib
import shutil
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar
from uuid import UUID, uuid4

import aiosmtplib
import httpx2
from fastapi import FastAPI

from services.delivery.app import MIGRATIONS, create_app
from services.delivery.settings import Settings
from shared import migrations
from shared.blobs import BlobStore
from shared.bus import MemoryBus
from shared.contracts.facts import (
    Addressing,
    Content,
    DecisionFacts,
    FindingFacts,
    MarketplaceFacts,
    MessageFacts,
    Sealed,
)
from shared.contracts.gateway import PartyChanged
from shared.contracts.policy import MessageApproved, MessageRejected
from shared.contracts.vocabulary import Channel, Direction, Kind, Role, Severity, Verdict, identify_thread
from shared.db import Database
from shared.events import Event, Record, decode_event, encode_event
from tests.infrastructure.waiting import until
from tests.services.migrated import find_template

E = TypeVar("E", bound=Event)

DOMAIN = "marketplace.amazon.it"
BUYER_ALIAS = f"bqwertyuiop1@{DOMAIN}"
SELLER_ALIAS = f"sasdfghjkl12@{DOMAIN}"
BUYER = "mario.rossi@casa-rossi.example"
SELLER = "cura@bottega-verdi.example"
STAFF = "anna@bottega-verdi.example"
ORDER = "123-1234567-1234567"
BUSINESS = "Bottega Verdi"
MARKETPLACE = MarketplaceFacts(
    marketplace_id="APJ6JRA9NG5V4",
    name="Amazon.it",
    alias_domain=DOMAIN,
    language="it",
    time_zone="Europe/Rome",
    storefront_domains=("amazon.it",),
)
THREAD = identify_thread(MARKETPLACE.marketplace_id, "seller-1", "buyer-1")
FINDING = FindingFacts(
    rule="content.promotion",
    severity=Severity.BLOCK,
    field="text",
    start=0,
    end=5,
    message="Il messaggio contiene un buono sconto.",
    advice="Togli il buono sconto.",
)


class Installation:
    """One delivery service in a folder. `told` is what it told the bus."""

    def __init__(self, folder: Path, url: str = "", **settings: Any) -> None:  # noqa: ANN401 - any setting
        values: dict[str, Any] = {
            "database_url": url or f"sqlite:///{folder}/delivery.db",
            "data_dir": folder,
            "smtp_port": 0,
            "delivery_first_retry_seconds": 0.01,
            "delivery_poll_seconds": 0.05,
        }
        self.settings = Settings(**values | settings)
        self.keys = self.settings.key_ring()
        self.blobs = BlobStore(self.settings.blob_location(), self.keys)
        self.database = Database(self.settings.database_url, service="delivery")
        self.told: list[Record] = []
        self._bus = MemoryBus(["delivery", "listener"])
        self._app: FastAPI | None = None

    @property
    def app(self) -> FastAPI:
        """The running app."""
        assert self._app is not None
        return self._app

    @property
    def port(self) -> int:
        """Where the SMTP door listens."""
        return int(self.app.state.door.port)

    @property
    def mail_folder(self) -> Path:
        """Where the Maildirs are."""
        return self.settings.data_dir / "mail"

    @asynccontextmanager
    async def running(self) -> AsyncIterator["Installation"]:
        """Run over a migrated database, and stop; may be done again afterwards."""
        await self._migrate()
        self._bus = MemoryBus(["delivery", "listener"])
        listener = asyncio.create_task(self._bus.consume("listener", ["delivery.events"], self._listen))
        try:
            self._app = create_app(self.settings, self._bus)
            async with self._app.router.lifespan_context(self._app):
                yield self
        finally:
            listener.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await listener
            await self.database.close()

    async def tell(self, *events: Event) -> None:
        """Tell events of other services; returns when they are handled."""
        await self._bus.publish([encode_event(event, "test") for event in events])

    def heard(self, contract: type[E]) -> list[E]:
        """Return what was told so far of one kind."""
        return [decode_event(record, contract) for record in self.told if record.event_type == contract.type]

    async def hear(self, contract: type[E], count: int = 1) -> list[E]:
        """Wait for `count` events of one kind."""

        def enough() -> list[E]:
            heard = self.heard(contract)
            return heard if len(heard) >= count else []

        return await until(enough, f"{count} {contract.type}")

    async def introduce(self) -> None:
        """Make both parties known, and by an approved message that nobody waits for, their aliases."""
        await self.tell(self.buyer(), self.seller())

    def seal(self, address: str) -> Sealed:
        """Seal an address as the gateway does."""
        return Sealed(box=self.keys.seal_text(address, "address"))

    def buyer(self, version: int = 1, *senders: str, address: str = BUYER, notices: bool = True) -> PartyChanged:
        """Tell of the buyer."""
        return PartyChanged(
            party_id="buyer-1",
            role=Role.BUYER,
            version=version,
            language="it",
            address=self.seal(address),
            sender_hashes=tuple(map(self.keys.hash_address, senders or (address,))),
            bounce_notices=notices,
        )

    def seller(self, version: int = 1, *senders: str, language: str = "it", notices: bool = True) -> PartyChanged:
        """Tell of the seller."""
        return PartyChanged(
            party_id="seller-1",
            role=Role.SELLER,
            version=version,
            language=language,
            address=self.seal(SELLER),
            sender_hashes=tuple(map(self.keys.hash_address, senders or (SELLER, STAFF))),
            business_name=BUSINESS,
            bounce_notices=notices,
        )

    def addressing(self, direction: Direction, *, recipient: str = "", language: str = "it") -> Addressing:
        """Address a message as the alias service does."""
        default = BUYER if direction is Direction.SELLER_TO_BUYER else SELLER
        return Addressing(
            buyer_alias=BUYER_ALIAS,
            seller_alias=SELLER_ALIAS,
            business_name=BUSINESS,
            recipient=self.seal(recipient or default),
            seller=self.seal(SELLER),
            seller_language=language,
        )

    async def approve(
        self,
        message: MessageFacts | None = None,
        content: Content | None = None,
        *,
        recipient: str = "",
        language: str = "it",
    ) -> MessageApproved:
        """Return an approval."""
        message = message or describe_message()
        return MessageApproved(
            message=message,
            content=await self.blobs.seal_content(content or Content(subject="Il tuo ordine", text="Ecco.")),
            addressing=self.addressing(message.direction, recipient=recipient, language=language),
            decision=DecisionFacts(verdict=Verdict.APPROVED, rule_set="1", decided_at=datetime.now(UTC)),
        )

    async def reject(
        self,
        message: MessageFacts | None = None,
        findings: Sequence[FindingFacts] = (FINDING,),
        *,
        language: str = "it",
        subject: str = "Uno sconto per te",
    ) -> MessageRejected:
        """Return a rejection."""
        message = message or describe_message()
        return MessageRejected(
            message=message,
            content=await self.blobs.seal_content(Content(subject=subject, text="Il buono XYZ.")),
            addressing=self.addressing(message.direction, language=language),
            decision=DecisionFacts(
                verdict=Verdict.REJECTED, rule_set="1", decided_at=datetime.now(UTC), findings=tuple(findings)
            ),
        )

    @asynccontextmanager
    async def client(self) -> AsyncIterator[aiosmtplib.SMTP]:
        """Connect a mail client to the door."""
        client = aiosmtplib.SMTP(hostname="127.0.0.1", port=self.port, start_tls=False, timeout=20)
        await client.connect()
        try:
            yield client
        finally:
            client.close()

    async def send(self, sender: str, recipient: str, content: bytes) -> str:
        """Bring one mail to the door; return what it said, or raise the client's error."""
        async with self.client() as client:
            _, reply = await client.sendmail(sender, [recipient], content)
            return reply

    async def ask(self, method: str, path: str, **request: Any) -> httpx2.Response:  # noqa: ANN401 - httpx's arguments
        """Ask the service's HTTP door as one of our own services."""
        headers = {"Authorization": f"Bearer {self.settings.internal_token()}", **request.pop("headers", {})}
        transport = httpx2.ASGITransport(self.app)
        async with httpx2.AsyncClient(transport=transport, base_url="http://delivery") as client:
            return await client.request(method, path, headers=headers, **request)

    async def _migrate(self) -> None:
        if not self.database.is_sqlite:
            await migrations.upgrade(self.database, MIGRATIONS)
        elif not (file := self.settings.data_dir / "delivery.db").exists():
            shutil.copy(await find_template("delivery"), file)

    async def _listen(self, records: Sequence[Record]) -> None:
        self.told.extend(records)


def describe_message(
    direction: Direction = Direction.SELLER_TO_BUYER,
    *,
    message_id: UUID | None = None,
    **changes: Any,  # noqa: ANN401 - any field
) -> MessageFacts:
    """Return a message's facts, with `changes`."""
    values: dict[str, Any] = {
        "message_id": message_id or uuid4(),
        "thread_id": THREAD,
        "marketplace": MARKETPLACE,
        "buyer_id": "buyer-1",
        "seller_id": "seller-1",
        "order_id": ORDER,
        "direction": direction,
        "kind": Kind.PROACTIVE,
        "channel": Channel.API,
        "reason": None,
        "language": "it",
        "accepted_at": datetime(2026, 5, 4, 22, 30, tzinfo=UTC),
    }
    return MessageFacts(**values | changes)


def write_mail(sender: str, recipient: str, text: str = "Buongiorno,\r\nva bene.\r\n", **fields: str) -> bytes:
    """Write a mail as an ordinary client does; `fields` replace or add header fields (`in_reply_to`)."""
    header = {
        "From": f"Mario <{sender}>",
        "To": f"<{recipient}>",
        "Subject": "Re: Il tuo ordine",
        "Message-ID": f"<{uuid4().hex}@mail.casa-rossi.example>",
        "MIME-Version": "1.0",
        "Content-Type": "text/plain; charset=utf-8",
        "Content-Transfer-Encoding": "8bit",
    } | {name.replace("_", "-").title().replace("-Id", "-ID"): value for name, value in fields.items()}
    lines = "".join(f"{name}: {value}\r\n" for name, value in header.items())
    return f"{lines}\r\n{text}".encode()


def read_box(folder: Path) -> list[bytes]:
    """Return the mails of a Maildir's `new`."""
    return [path.read_bytes() for path in sorted((folder / "new").glob("*"))] if folder.exists() else []
