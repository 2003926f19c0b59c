"""Orders, parties and messages as the policy service hears of them, and its real gate over its own database."""

from base64 import b64encode
from datetime import UTC, datetime, timedelta
from functools import cache, cached_property
from pathlib import Path
from uuid import UUID, uuid4

from services.policy.gate.ruleset import RuleSet
from services.policy.gathering import Limits
from services.policy.handlers import HANDLERS
from services.policy.metrics import PolicyMetrics
from services.policy.service import Gate
from services.policy.settings import Settings
from shared.blobs import BlobStore
from shared.consumer import Consumer, Patience
from shared.contracts.alias import MessageAddressed
from shared.contracts.facts import (
    Addressing,
    AdjustmentFacts,
    Content,
    ItemFacts,
    MarketplaceFacts,
    MessageFacts,
    OrderFacts,
    Sealed,
)
from shared.contracts.gateway import OrderRecorded, PartyChanged
from shared.contracts.policy import MessageApproved, MessageRejected
from shared.contracts.vocabulary import Direction, Fulfilment, OrderStatus, Reason, Role, Trait, identify_thread
from shared.crypto import KeyRing, generate_key
from shared.db import Database
from shared.events import Event, encode_event
from tests.services.migrated import read_told

KEYS = KeyRing.parse(f"k1:{generate_key()}", generate_key())
ORDER_ID = "123-1234567-1234567"
NOW = datetime.now(UTC).replace(microsecond=0)
ITALY = MarketplaceFacts(
    marketplace_id="APJ6JRA9NG5V4",
    name="Amazon.it",
    alias_domain="marketplace.amazon.it",
    language="it",
    time_zone="Europe/Rome",
    storefront_domains=("amazon.it",),
)
QUESTION = "Buongiorno, quale colore preferisce per l'incisione sul suo ordine? Ci serve per completarlo."


def order(status: OrderStatus = OrderStatus.UNSHIPPED, *traits: Trait, **changes: object) -> OrderFacts:
    facts = {
        "order_id": ORDER_ID,
        "version": 1,
        "marketplace": ITALY,
        "buyer_id": "b1",
        "seller_id": "s1",
        "status": status,
        "fulfilment": Fulfilment.SELLER,
        "items": (ItemFacts(sku="SKU", title="Tazza", quantity=1, traits=traits),),
        "placed_at": NOW - timedelta(days=3),
    }
    return OrderFacts.model_validate(facts | changes)


def adjustment(reason: str) -> AdjustmentFacts:
    return AdjustmentFacts(reason=reason, amount="10.00", currency="EUR", adjusted_at=NOW - timedelta(hours=1))


def party(role: Role, party_id: str, version: int = 1, **changes: object) -> PartyChanged:
    facts = {
        "party_id": party_id,
        "role": role,
        "version": version,
        "language": "it",
        "address": Sealed(box=KEYS.seal_text(f"{party_id}@real.example", "address")),
        "sender_hashes": (KEYS.hash_address(f"{party_id}@real.example"),),
    }
    return PartyChanged.model_validate(facts | changes)


def message(reason: Reason | None = Reason.REQUEST_ORDER_INFORMATION, **changes: object) -> MessageFacts:
    facts = {
        "message_id": uuid4(),
        "thread_id": identify_thread(ITALY.marketplace_id, "s1", "b1"),
        "marketplace": ITALY,
        "buyer_id": "b1",
        "seller_id": "s1",
        "order_id": ORDER_ID,
        "direction": Direction.SELLER_TO_BUYER,
        "kind": "proactive",
        "channel": "api",
        "reason": reason,
        "language": "it",
        "accepted_at": NOW,
    }
    return MessageFacts.model_validate(facts | changes)


class World:
    """A policy service without its bus: events are handed to its consumer, what it tells is read from its outbox."""

    def __init__(self, database: Database, folder: Path, **settings: object) -> None:
        self.database, self.folder = database, folder
        self.blobs = BlobStore(f"file://{folder}/blobs", KEYS)
        chosen: dict[str, object] = {
            "database_url": database.url,
            "data_dir": folder,
            "master_keys": ",".join(f"{key_id}:{_encode(key)}" for key_id, key in KEYS.keys.items()),
            "lookup_key": _encode(KEYS.lookup_key),
            "service_token": "let-me-in",
        }
        self.settings = Settings.model_validate(chosen | settings)

    @cached_property
    def gate(self) -> Gate:
        """The gate with the shipped rules."""
        chosen = self.settings
        limits = Limits(chosen.quota_base, chosen.quota_per_order, chosen.important_tag)
        return Gate(_load_rules(), None, limits, self.blobs, PolicyMetrics(), chosen.steps())

    def consumer(self, attempts: int = 4) -> Consumer[Gate]:
        """Return an instance of the service's consumer."""
        return Consumer(self.database, HANDLERS, self.gate, self.gate.metrics, Patience(attempts, 0.01))

    async def hear(self, *events: Event, consumer: Consumer[Gate] | None = None) -> None:
        await (consumer or self.consumer()).handle([encode_event(event, "tests") for event in events])

    async def introduce(self, facts: OrderFacts | None = None, *, opted_out: bool = False) -> None:
        """Let the service know buyer, seller and their order."""
        known = [
            party(Role.BUYER, "b1", opted_out=opted_out),
            party(Role.SELLER, "s1"),
            OrderRecorded(order=facts or order()),
        ]
        await self.hear(*known)

    async def address(
        self, facts: MessageFacts, text: str = QUESTION, subject: str = "Il suo ordine"
    ) -> MessageAddressed:
        return MessageAddressed(
            message=facts,
            content=await self.blobs.seal_content(Content(subject=subject, text=text)),
            addressing=Addressing(
                buyer_alias="a@marketplace.amazon.it",
                seller_alias="b@marketplace.amazon.it",
                business_name="Bottega Rossi",
                recipient=Sealed(box="x"),
                seller=Sealed(box="x"),
                seller_language="it",
            ),
        )

    async def judge(self, facts: MessageFacts, text: str = QUESTION, subject: str = "Il suo ordine") -> set[str] | None:
        """Let a message be decided; return the rules that stopped it, or None if there is no decision."""
        await self.hear(await self.address(facts, text, subject))
        return (await self.decisions()).get(facts.message_id)

    async def decisions(self) -> dict[UUID, set[str]]:
        """Return of every decided message the rules that stopped it."""
        approved = await read_told(self.database, MessageApproved)
        rejected = await read_told(self.database, MessageRejected)
        assert not {told.message.message_id for told in approved} & {told.message.message_id for told in rejected}
        return {told.message.message_id: set() for told in approved} | {
            told.message.message_id: {f.rule for f in told.decision.findings if f.severity == "block"}
            for told in rejected
        }


@cache
def _load_rules() -> RuleSet:
    return RuleSet.load()


def _encode(key: bytes) -> str:

    return b64encode(key).decode()
