"""What the delivery service tells: mail that came in, and what became of mail that went out."""

from typing import ClassVar
from uuid import UUID

from pydantic import AwareDatetime

from shared.contracts.facts import MessageFacts, SealedContent
from shared.contracts.vocabulary import Direction
from shared.events import Event

TOPIC = "delivery.events"


class MailReceived(Event):
    """A mail to an alias was stored, from the alias's rightful counterpart; it becomes a message.

    `answers` is the message that the mail's In-Reply-To or References point at, where known.
    """

    type: ClassVar[str] = "mail.received.v1"
    topic: ClassVar[str] = TOPIC
    keyed_by: ClassVar[str] = "thread_id"

    mail_id: UUID
    thread_id: UUID
    marketplace_id: str
    buyer_id: str
    seller_id: str
    direction: Direction
    content: SealedContent
    received_at: AwareDatetime
    answers: UUID | None = None


class MessageDelivered(Event):
    """The recipient's side took the mail."""

    type: ClassVar[str] = "message.delivered.v1"
    topic: ClassVar[str] = TOPIC
    keyed_by: ClassVar[str] = "message.thread_id"

    message: MessageFacts
    delivered_at: AwareDatetime
    attempt: int
    reply: str


class MessageDeferred(Event):
    """The recipient's side could not take the mail yet; it is tried again at `next_attempt_at`."""

    type: ClassVar[str] = "message.deferred.v1"
    topic: ClassVar[str] = TOPIC
    keyed_by: ClassVar[str] = "message.thread_id"

    message: MessageFacts
    deferred_at: AwareDatetime
    next_attempt_at: AwareDatetime
    attempt: int
    reply: str


class MessageBounced(Event):
    """The mail will never arrive: refused for good, or given up after the retry time (R-MAIL-4)."""

    type: ClassVar[str] = "message.bounced.v1"
    topic: ClassVar[str] = TOPIC
    keyed_by: ClassVar[str] = "message.thread_id"

    message: MessageFacts
    bounced_at: AwareDatetime
    attempt: int
    reply: str
