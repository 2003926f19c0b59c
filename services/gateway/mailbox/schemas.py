"""HTTP bodies about threads and messages."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import Field, field_validator

from services.gateway.fields import Answer, Body, Identifier, Line, OrderId, Text
from services.gateway.filing.domain import Priority
from services.gateway.mailbox.domain import Status
from shared.contracts.vocabulary import Channel, Direction, Kind, Mark, Reason, Severity, Verdict

LONGEST_SUBJECT = 200
LONGEST_TEXT = 20_000
LONGEST_HTML = 200_000


class MessageBody(Body):
    """A message to send. It says whom it is for by one of `order_id`, `thread_id`, `in_reply_to`.

    A buyer without an order names `marketplace_id` and `seller_id` instead.
    """

    order_id: OrderId | None = Field(None, description="The order it is about")
    thread_id: UUID | None = Field(None, description="The thread it belongs to")
    in_reply_to: UUID | None = Field(None, description="The message it answers")
    marketplace_id: Identifier | None = Field(None, description="Of a buyer's message before any order")
    seller_id: Identifier | None = Field(None, description="Of a buyer's message before any order")
    reason: Reason | None = Field(None, description="Why a seller writes; needed when it is no answer")
    subject: Annotated[Line, Field(min_length=1, max_length=LONGEST_SUBJECT)] | None = Field(
        None, description="Made from reason and order id, in the buyer's language, if left out"
    )
    text: Annotated[Text, Field(min_length=1, max_length=LONGEST_TEXT)]
    html: Annotated[Text, Field(min_length=1, max_length=LONGEST_HTML)] | None = Field(
        None, description="The same for those who read HTML; judged like the text, sanitised on the way out"
    )

    @field_validator("text")
    @classmethod
    def _says_something(cls, text: str) -> str:
        if not text.strip():
            raise ValueError("must not be blank")
        return text


class AcceptedAnswer(Answer):
    """A message that was taken and cannot get lost any more."""

    id: UUID
    status: Status = Field(description="When `Prefer: wait` was sent: the status after waiting")
    thread_id: UUID
    links: dict[str, str]


class StepAnswer(Answer):
    """One step of a message's way."""

    status: Status
    at: datetime
    attempt: int | None = Field(None, description="Number of the delivery attempt, from 1")
    reply_code: str | None = Field(None, description="The far side's SMTP codes, such as `550 5.1.1`")
    next_attempt_at: datetime | None = None


class FindingAnswer(Answer):
    """One rule's verdict on the message."""

    rule: str
    severity: Severity
    field: str = Field(description="subject, text, html, attachment or message")
    span: tuple[int, int] = Field(description="From and to, in characters of the field as it was sent")
    excerpt: str = Field(description="The words it is about, at most 80 characters; empty where it is about none")
    message: str
    advice: str


class AttachmentAnswer(Answer):
    """An attachment."""

    name: str
    media_type: str
    size: int


class MessageAnswer(Answer):
    """A message as the caller may see it. Authors see what they sent, recipients what the gate let pass."""

    id: UUID
    thread_id: UUID
    marketplace_id: str
    seller_id: str
    buyer_id: str | None = Field(description="Null for sellers")
    buyer_alias: str | None
    order_id: str | None
    direction: Direction
    kind: Kind
    channel: Channel
    reason: Reason | None
    presale: bool = Field(description="No order exists yet between the two")
    in_reply_to: UUID | None
    accepted_at: datetime
    status: Status
    mark: Mark | None
    marked_at: datetime | None
    links: dict[str, str]


class MessageDetail(MessageAnswer):
    """A message, what it says, its way so far and, for its author and operators, what the gate found."""

    subject: str
    text: str
    html: str | None
    attachments: list[AttachmentAnswer]
    history: list[StepAnswer] = Field(description="Every step with its time, earliest first")
    rule_set: str | None = Field(description="Version of the rules that decided; null for recipients")
    findings: list[FindingAnswer] = Field(description="Empty for recipients")


class ThreadAnswer(Answer):
    """A thread as the caller may see it."""

    id: UUID
    marketplace_id: str
    seller_id: str
    buyer_id: str | None = Field(description="Null for sellers")
    buyer_alias: str | None
    last_message_at: datetime
    unread: int = Field(description="Messages of the other side since the caller last read the thread")
    response_needed_since: datetime | None = Field(description="Since when a buyer waits for the seller; else null")
    response_overdue: bool = Field(description="The buyer has waited longer than the target time")
    folder_id: UUID | None = Field(None, description="The seller's own, like the next three; others do not see them")
    priority: Priority | None = None
    archived: bool | None = None
    labels: list[str] | None = None
    links: dict[str, str]


class ThreadCounts(Answer):
    """How many threads each listing of the caller holds; archived ones count in `archived` and `all` alone."""

    response_needed: int = Field(description="As `GET /v1/threads?response_needed=true` lists")
    unread: int = Field(description="As `unread=true` lists")
    received: int = Field(description="As `direction=received` lists")
    sent: int = Field(description="As `direction=sent` lists")
    archived: int | None = Field(description="As `archived=true` lists; null for others than sellers, who archive none")
    reported: int = Field(description="As `reported=true` lists")
    all: int = Field(description="As `archived=any` lists")


class ThreadDetail(ThreadAnswer):
    """A thread and its messages, newest first."""

    messages: list[MessageDetail]
    next: str | None = Field(description="Give it as `cursor` for older messages; null at the beginning")


class MarkBody(Body):
    """What the receiver of a message says of it."""

    mark: Mark = Field(description="`reported` takes it out of the response times, like `no_response_needed`")


class MendedAnswer(Answer):
    """The message as the gate would let it pass."""

    subject: str
    text: str
    html: str | None


class PreviewAnswer(Answer):
    """What would become of a message; nothing was sent, kept or counted."""

    verdict: Verdict
    rule_set: str
    findings: list[FindingAnswer]
    kind: Kind
    content: MendedAnswer
    mail: str = Field(description="The mail as it would leave, recipient replaced by a placeholder (RFC 5322)")
