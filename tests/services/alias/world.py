"""Parties, messages and a directory, as the alias service gets to know them."""

from datetime import UTC, datetime
from uuid import uuid4

from services.alias.metrics import AliasMetrics
from services.alias.service import Directory
from shared.contracts.facts import MarketplaceFacts, MessageFacts, OrderFacts, Requirement, Sealed, SealedContent
from shared.contracts.gateway import MessageSubmitted, OrderRecorded, PartyChanged
from shared.contracts.vocabulary import Channel, Direction, Fulfilment, Kind, OrderStatus, Role, identify_thread
from shared.crypto import KeyRing, generate_key

KEYS = KeyRing.parse(f"k1:{generate_key()}", generate_key())
ITALY = MarketplaceFacts(
    marketplace_id="APJ6JRA9NG5V4",
    name="Amazon.it",
    alias_domain="marketplace.amazon.it",
    language="it",
    time_zone="Europe/Rome",
    storefront_domains=("amazon.it",),
)


def directory(length: int = 35) -> Directory:
    return Directory(length, AliasMetrics())


def party(role: Role, party_id: str, version: int = 1, **changes: object) -> PartyChanged:
    """Return a party whose real address is `<id>@real.example`."""
    address = Sealed(box=KEYS.seal_text(f"{party_id}@real.example", "address"))
    facts = {
        "party_id": party_id,
        "role": role,
        "version": version,
        "language": "it",
        "address": address,
        "sender_hashes": (KEYS.hash_address(f"{party_id}@real.example"),),
        "business_name": "Bottega Rossi" if role is Role.SELLER else "",
    }
    return PartyChanged.model_validate(facts | changes)


def submitted(
    buyer_id: str = "b1",
    seller_id: str = "s1",
    direction: Direction = Direction.SELLER_TO_BUYER,
    requirement: Requirement | None = None,
) -> MessageSubmitted:
    facts = MessageFacts(
        message_id=uuid4(),
        thread_id=identify_thread(ITALY.marketplace_id, seller_id, buyer_id),
        marketplace=ITALY,
        buyer_id=buyer_id,
        seller_id=seller_id,
        order_id=None,
        direction=direction,
        kind=Kind.PROACTIVE,
        channel=Channel.API,
        reason=None,
        language="it",
        accepted_at=datetime.now(UTC),
        requirement=requirement or Requirement(),
    )
    return MessageSubmitted(message=facts, content=SealedContent(box=KEYS.seal_text("Buongiorno", "content")))


def recorded(buyer_id: str = "b1", seller_id: str = "s1") -> OrderRecorded:
    return OrderRecorded(
        order=OrderFacts(
            order_id="123-1234567-1234567",
            version=1,
            marketplace=ITALY,
            buyer_id=buyer_id,
            seller_id=seller_id,
            status=OrderStatus.UNSHIPPED,
            fulfilment=Fulfilment.SELLER,
            items=(),
            placed_at=datetime.now(UTC),
        )
    )
