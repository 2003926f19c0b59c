"""What a change is and whom it concerns. Pure."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID


class ChangeType(StrEnum):
    """What happened, as listeners read it in the event's name."""

    MESSAGE_SUBMITTED = "message.submitted"
    MESSAGE_APPROVED = "message.approved"
    MESSAGE_REJECTED = "message.rejected"
    MESSAGE_DEFERRED = "message.deferred"
    MESSAGE_DELIVERED = "message.delivered"
    MESSAGE_BOUNCED = "message.bounced"
    MESSAGE_RECEIVED = "message.received"
    MESSAGE_MARKED = "message.marked"
    RESPONSE_NEEDED = "thread.response_needed"
    RESPONSE_OVERDUE = "thread.response_overdue"
    RESPONSE_SETTLED = "thread.response_settled"
    THREAD_FILED = "thread.filed"
    ORDER_RECORDED = "order.recorded"
    ORDER_CHANGED = "order.changed"
    SHIPMENT_DUE = "order.shipment_due"


@dataclass(frozen=True, slots=True)
class News:
    """A change to tell. The parties named are those who may hear of it; operators hear of every one."""

    type: ChangeType
    at: datetime
    seller_id: str | None = None
    buyer_id: str | None = None
    thread_id: UUID | None = None
    message_id: UUID | None = None
    order_id: str | None = None


@dataclass(frozen=True, slots=True)
class Audience:
    """Who listens: one seller, one buyer, or (neither named) an operator."""

    seller_id: str | None = None
    buyer_id: str | None = None

    def hears(self, seller_id: str | None, buyer_id: str | None) -> bool:
        """Tell whether a change that concerns these parties is for this listener."""
        if self.seller_id is not None:
            return seller_id == self.seller_id
        if self.buyer_id is not None:
            return buyer_id == self.buyer_id
        return True
