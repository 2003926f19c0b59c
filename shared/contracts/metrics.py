"""What the metrics service tells: response turns (R-METRICS-1)."""

from typing import ClassVar
from uuid import UUID

from pydantic import AwareDatetime

from shared.events import Event

TOPIC = "metrics.events"


class TurnOpened(Event):
    """A buyer waits for an answer since `opened_at`."""

    type: ClassVar[str] = "turn.opened.v1"
    topic: ClassVar[str] = TOPIC
    keyed_by: ClassVar[str] = "thread_id"

    thread_id: UUID
    seller_id: str
    marketplace_id: str
    message_id: UUID
    opened_at: AwareDatetime


class TurnClosed(Event):
    """The seller answered at `closed_at`, or the turn left the count (`counted` is false)."""

    type: ClassVar[str] = "turn.closed.v1"
    topic: ClassVar[str] = TOPIC
    keyed_by: ClassVar[str] = "thread_id"

    thread_id: UUID
    seller_id: str
    marketplace_id: str
    message_id: UUID
    opened_at: AwareDatetime
    closed_at: AwareDatetime
    counted: bool


class TurnOverdue(Event):
    """A buyer has waited longer than the target time, 24 hours by default."""

    type: ClassVar[str] = "turn.overdue.v1"
    topic: ClassVar[str] = TOPIC
    keyed_by: ClassVar[str] = "thread_id"

    thread_id: UUID
    seller_id: str
    marketplace_id: str
    message_id: UUID
    opened_at: AwareDatetime
