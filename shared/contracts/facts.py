"""What events carry of marketplaces, orders, messages, their contents and decisions: one model for each."""

from datetime import datetime
from uuid import UUID

from pydantic import AwareDatetime

from shared.contracts.vocabulary import (
    Carrier,
    Channel,
    Direction,
    Fulfilment,
    Kind,
    OrderStatus,
    Reason,
    Role,
    Severity,
    Trait,
    Verdict,
)
from shared.events import Fact


class MarketplaceFacts(Fact):
    """A storefront for one country. `alias_domain` holds its aliases; `time_zone` is an IANA name."""

    marketplace_id: str
    name: str
    alias_domain: str
    language: str
    time_zone: str
    storefront_domains: tuple[str, ...]


class ItemFacts(Fact):
    """One line of an order."""

    sku: str
    title: str
    quantity: int
    traits: tuple[Trait, ...] = ()


class MessagingPause(Fact):
    """A seller takes no messages from new buyers in a marketplace; from and until None: since ever, for ever."""

    marketplace_id: str
    since: AwareDatetime | None = None
    until: AwareDatetime | None = None


class AdjustmentFacts(Fact):
    """Money given back on an order, with the marketplace's reason code, such as `NoInventory`.

    `adjustment_id` is the id it was recorded under one by one or by a feed; None where it came with the whole order.
    """

    reason: str
    amount: str
    currency: str
    adjusted_at: AwareDatetime
    adjustment_id: str | None = None


class ShippedItem(Fact):
    """How many pieces of an order's line are in a parcel."""

    sku: str
    quantity: int


class ShipmentFacts(Fact):
    """A parcel of an order, as its sender confirmed it."""

    shipment_id: str
    items: tuple[ShippedItem, ...]
    carrier: Carrier
    tracking_number: str | None = None
    shipped_at: AwareDatetime


class OrderFacts(Fact):
    """An order as far as messages need it. `version` grows by one with every change."""

    order_id: str
    version: int
    marketplace: MarketplaceFacts
    buyer_id: str
    seller_id: str
    status: OrderStatus
    fulfilment: Fulfilment
    items: tuple[ItemFacts, ...]
    business: bool = False
    purchase_order_number: str | None = None
    adjustments: tuple[AdjustmentFacts, ...] = ()
    return_requested: bool = False
    placed_at: AwareDatetime
    ship_by: AwareDatetime | None = None
    delivered_at: AwareDatetime | None = None
    completed_at: AwareDatetime | None = None


class Sealed(Fact):
    """Personal data; `box` opens only with the master key and its purpose (`shared.crypto`)."""

    box: str


class SealedContent(Fact):
    """A message's `Content`, sealed: in `box` when small, else in the blob store under `blob`."""

    box: str | None = None
    blob: str | None = None


class AttachmentContent(Fact):
    """An attachment inside sealed content: where its sealed bytes lie, and what inspection saw in them."""

    blob: str
    name: str
    media_type: str
    size: int
    problems: tuple[str, ...] = ()
    content_id: str | None = None


class Content(Fact):
    """What a message says. Sealed wherever it travels or rests.

    `text` and `html` are the new part; `quoted_text` and `quoted_html` the history a mail client put below.
    """

    subject: str
    text: str
    html: str | None = None
    quoted_text: str = ""
    quoted_html: str = ""
    attachments: tuple[AttachmentContent, ...] = ()


class Requirement(Fact):
    """What the gateway knew when it accepted a message; a projection older than this waits."""

    order_version: int = 0
    buyer_version: int = 0
    seller_version: int = 0


class MessageFacts(Fact):
    """What all events of one message carry. `answers` is the message it was written in answer to, where known."""

    message_id: UUID
    thread_id: UUID
    marketplace: MarketplaceFacts
    buyer_id: str
    seller_id: str
    order_id: str | None
    direction: Direction
    kind: Kind
    channel: Channel
    reason: Reason | None
    language: str
    accepted_at: AwareDatetime
    presale: bool = False
    answers: UUID | None = None
    requirement: Requirement = Requirement()

    @property
    def sender_role(self) -> Role:
        """The side that wrote it."""
        return Role.SELLER if self.direction is Direction.SELLER_TO_BUYER else Role.BUYER


class Addressing(Fact):
    """Both sides of a message: aliases in clear, real addresses sealed (purpose `address`)."""

    buyer_alias: str
    seller_alias: str
    business_name: str
    recipient: Sealed
    seller: Sealed
    seller_language: str


class FindingFacts(Fact):
    """One rule's verdict. `start` and `end` are offsets in the original `field`; the text is sealed."""

    rule: str
    severity: Severity
    field: str
    start: int
    end: int
    message: str
    advice: str


class OverrideFacts(Fact):
    """That an operator decided otherwise than the rules, or at discretion (R-POLICY-10); why is for operators only."""

    by: str
    overridden_at: AwareDatetime


class DecisionFacts(Fact):
    """What the gate decided, under which rule set, and why; `override` where an operator decided instead."""

    verdict: Verdict
    rule_set: str
    decided_at: datetime
    findings: tuple[FindingFacts, ...] = ()
    override: OverrideFacts | None = None
