"""What the gateway tells: parties, orders, messages as they came in, and marks set on them."""

from typing import ClassVar
from uuid import UUID

from pydantic import AwareDatetime

from shared.contracts.facts import (
    AdjustmentFacts,
    MarketplaceFacts,
    MessageFacts,
    MessagingPause,
    OrderFacts,
    Sealed,
    SealedContent,
    ShipmentFacts,
)
from shared.contracts.vocabulary import Mark, Role
from shared.events import Event

TOPIC = "gateway.events"


class PartyChanged(Event):
    """A seller or buyer was recorded or changed; carries the whole state, `version` grows by one each time.

    `address` is the buyer's real address or the seller's customer-service address (purpose `address`).
    `sender_hashes` are keyed hashes of every address that may write in this party's name. `bounce_notices` says whether
    the party is told by mail that a message of its own did not arrive (R-MAIL-9); `messaging_off` where and when a
    seller takes no messages from new buyers (R-INBOX-8).
    """

    type: ClassVar[str] = "party.changed.v1"
    topic: ClassVar[str] = TOPIC
    keyed_by: ClassVar[str] = "party_id"

    party_id: str
    role: Role
    version: int
    language: str
    address: Sealed
    sender_hashes: tuple[str, ...]
    business_name: str = ""
    opted_out: bool = False
    bounce_notices: bool = True
    messaging_off: tuple[MessagingPause, ...] = ()


class SenderRequested(Event):
    """A seller wants to write from one more address: a link goes there, whose reader confirms it (R-MAIL-2).

    `request_id` is what the link stands for until `expires_at`; the mail goes out in the name of `marketplace`.
    """

    type: ClassVar[str] = "sender.requested.v1"
    topic: ClassVar[str] = TOPIC
    keyed_by: ClassVar[str] = "seller_id"

    request_id: UUID
    seller_id: str
    business_name: str
    language: str
    address: Sealed
    marketplace: MarketplaceFacts
    requested_at: AwareDatetime
    expires_at: AwareDatetime


class OrderRecorded(Event):
    """An order was recorded for the first time."""

    type: ClassVar[str] = "order.recorded.v1"
    topic: ClassVar[str] = TOPIC
    keyed_by: ClassVar[str] = "order.order_id"

    order: OrderFacts


class OrderChanged(Event):
    """An order changed; carries the whole new state."""

    type: ClassVar[str] = "order.changed.v1"
    topic: ClassVar[str] = TOPIC
    keyed_by: ClassVar[str] = "order.order_id"

    order: OrderFacts


class ShipmentConfirmed(Event):
    """A parcel of an order was confirmed, and the buyer is to hear of it (R-ORDER-3).

    `order` is the order with it; `complete` says that nothing is left to ship. Whoever knows an older version of the
    buyer than `buyer_version` waits.
    """

    type: ClassVar[str] = "shipment.confirmed.v1"
    topic: ClassVar[str] = TOPIC
    keyed_by: ClassVar[str] = "order.order_id"

    order: OrderFacts
    shipment: ShipmentFacts
    complete: bool
    business_name: str
    buyer_version: int
    confirmed_at: AwareDatetime


class AdjustmentRecorded(Event):
    """Money is given back on an order, and the buyer is to hear of it and why (R-ORDER-3)."""

    type: ClassVar[str] = "adjustment.recorded.v1"
    topic: ClassVar[str] = TOPIC
    keyed_by: ClassVar[str] = "order.order_id"

    order: OrderFacts
    adjustment: AdjustmentFacts
    business_name: str
    buyer_version: int
    recorded_at: AwareDatetime


class ShipmentDue(Event):
    """A shipment is not confirmed yet: its seller is to be warned that it must be until `confirm_by` (R-ORDER-5)."""

    type: ClassVar[str] = "shipment.due.v1"
    topic: ClassVar[str] = TOPIC
    keyed_by: ClassVar[str] = "order.order_id"

    order: OrderFacts
    seller_version: int
    confirm_by: AwareDatetime
    warned_at: AwareDatetime


class OrderLapsed(Event):
    """An order was cancelled, as its shipment was not confirmed in time; both sides are to hear of it (R-ORDER-5)."""

    type: ClassVar[str] = "order.lapsed.v1"
    topic: ClassVar[str] = TOPIC
    keyed_by: ClassVar[str] = "order.order_id"

    order: OrderFacts
    business_name: str
    buyer_version: int
    seller_version: int
    lapsed_at: AwareDatetime


class MessageSubmitted(Event):
    """A message was accepted, by whatever door, and waits for its aliases and the gate."""

    type: ClassVar[str] = "message.submitted.v1"
    topic: ClassVar[str] = TOPIC
    keyed_by: ClassVar[str] = "message.thread_id"

    message: MessageFacts
    content: SealedContent


class MessageMarked(Event):
    """A party said something about a message it got: no response needed, reported, or took that back."""

    type: ClassVar[str] = "message.marked.v1"
    topic: ClassVar[str] = TOPIC
    keyed_by: ClassVar[str] = "thread_id"

    message_id: UUID
    thread_id: UUID
    seller_id: str
    marketplace_id: str
    by: Role
    mark: Mark
    marked_at: AwareDatetime


class SenderBlocked(Event):
    """A party (`by`) takes no more messages from the other side of a thread (R-INBOX-5)."""

    type: ClassVar[str] = "sender.blocked.v1"
    topic: ClassVar[str] = TOPIC
    keyed_by: ClassVar[str] = "thread_id"

    thread_id: UUID
    marketplace_id: str
    seller_id: str
    buyer_id: str
    by: Role
    changed_at: AwareDatetime


class SenderUnblocked(Event):
    """A party takes messages from the other side of a thread again."""

    type: ClassVar[str] = "sender.unblocked.v1"
    topic: ClassVar[str] = TOPIC
    keyed_by: ClassVar[str] = "thread_id"

    thread_id: UUID
    marketplace_id: str
    seller_id: str
    buyer_id: str
    by: Role
    changed_at: AwareDatetime
