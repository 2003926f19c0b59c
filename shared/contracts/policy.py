"""What the gate tells: its decisions, and changes of a seller's standing."""

from typing import ClassVar

from pydantic import AwareDatetime

from shared.contracts.facts import Addressing, DecisionFacts, MarketplaceFacts, MessageFacts, SealedContent
from shared.events import Event

TOPIC = "policy.events"


class MessageApproved(Event):
    """The gate lets the message pass; `content` is the mended one where findings were fixes."""

    type: ClassVar[str] = "message.approved.v1"
    topic: ClassVar[str] = TOPIC
    keyed_by: ClassVar[str] = "message.thread_id"

    message: MessageFacts
    content: SealedContent
    addressing: Addressing
    decision: DecisionFacts


class MessageRejected(Event):
    """The gate stops the message; the findings say why."""

    type: ClassVar[str] = "message.rejected.v1"
    topic: ClassVar[str] = TOPIC
    keyed_by: ClassVar[str] = "message.thread_id"

    message: MessageFacts
    content: SealedContent
    addressing: Addressing
    decision: DecisionFacts


class StandingChanged(Event):
    """A seller's standing rose or fell: `good`, `templates_only` or `suspended`.

    `marketplace` is the one that tells the seller so: where the latest order is from, None before any.
    """

    type: ClassVar[str] = "standing.changed.v1"
    topic: ClassVar[str] = TOPIC
    keyed_by: ClassVar[str] = "seller_id"

    seller_id: str
    standing: str
    previous: str
    cause: str
    changed_by: str
    changed_at: AwareDatetime
    marketplace: MarketplaceFacts | None = None
