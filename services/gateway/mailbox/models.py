"""Tables of threads and messages. What messages say is sealed."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import JSON, BigInteger, Index, Integer, LargeBinary, Text
from sqlmodel import Field

from services.gateway.base import Base
from services.gateway.mailbox.domain import Status
from shared.contracts.vocabulary import Channel, Direction, Kind, Mark, Reason
from shared.db import UtcDateTime, named


class Thread(Base, table=True):
    """The conversation of one buyer and one seller in one marketplace.

    `seller_last_at` and `buyer_last_at` are the times of the newest message that each side may see; a side that may
    see none does not see the thread.
    """

    __tablename__ = "threads"
    __table_args__ = (
        Index("ix_threads_seller_id_seller_last_at", "seller_id", "seller_last_at", "thread_id"),
        Index("ix_threads_buyer_id_buyer_last_at", "buyer_id", "buyer_last_at", "thread_id"),
        Index("ix_threads_seller_id_response_needed_since", "seller_id", "response_needed_since", "thread_id"),
        Index("ix_threads_last_at", "last_at", "thread_id"),
    )

    thread_id: UUID = Field(primary_key=True)
    marketplace_id: str = Field(max_length=64)
    buyer_id: str = Field(max_length=64)
    seller_id: str = Field(max_length=64)
    last_at: datetime = Field(sa_type=UtcDateTime)
    seller_last_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    buyer_last_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    seller_unread: int = 0
    buyer_unread: int = 0
    response_needed_since: datetime | None = Field(default=None, sa_type=UtcDateTime)
    response_overdue: bool = False


class Message(Base, table=True):
    """A message as it came in, what the gate made of it, and how far it has come.

    `shown` says that the other side may see it: the gate let it pass, and what it let pass is known here. `passed_*`
    is that, where it differs from what came in.
    """

    __tablename__ = "messages"
    __table_args__ = (
        Index("ix_messages_thread_id_accepted_at", "thread_id", "accepted_at", "message_id"),
        Index("ix_messages_seller_id_accepted_at", "seller_id", "accepted_at", "message_id"),
        Index("ix_messages_buyer_id_accepted_at", "buyer_id", "accepted_at", "message_id"),
        Index("ix_messages_accepted_at", "accepted_at", "message_id"),
    )

    message_id: UUID = Field(primary_key=True)
    thread_id: UUID
    marketplace_id: str = Field(max_length=64)
    buyer_id: str = Field(max_length=64)
    seller_id: str = Field(max_length=64)
    order_id: str | None = Field(default=None, max_length=19, index=True)
    direction: Direction = Field(sa_type=named(Direction))
    kind: Kind = Field(sa_type=named(Kind))
    channel: Channel = Field(sa_type=named(Channel))
    reason: Reason | None = Field(default=None, sa_type=named(Reason))
    language: str = Field(max_length=16)
    presale: bool
    answers: UUID | None = None
    accepted_at: datetime = Field(sa_type=UtcDateTime)
    status: Status = Field(sa_type=named(Status))
    content_box: str | None = Field(default=None, sa_type=Text)
    content_blob: str | None = Field(default=None, max_length=200)
    shown: bool = False
    passed_box: str | None = Field(default=None, sa_type=Text)
    passed_blob: str | None = Field(default=None, max_length=200)
    rule_set: str | None = Field(default=None, max_length=100)
    findings: list[dict[str, Any]] = Field(sa_type=JSON)
    mark: Mark | None = Field(default=None, sa_type=named(Mark))
    marked_at: datetime | None = Field(default=None, sa_type=UtcDateTime)


class MessageWords(Base, table=True):
    """Keyed hashes of the words of a message, packed; `passed`: of what the gate let pass, where it mended it."""

    __tablename__ = "message_words"

    thread_id: UUID = Field(primary_key=True)
    message_id: UUID = Field(primary_key=True)
    passed: bool = Field(primary_key=True)
    words: bytes = Field(sa_type=LargeBinary)


class Step(Base, table=True):
    """One step of a message's way, as it was told."""

    __tablename__ = "steps"

    step_id: int | None = Field(default=None, primary_key=True, sa_type=BigInteger().with_variant(Integer, "sqlite"))
    message_id: UUID = Field(index=True)
    status: Status = Field(sa_type=named(Status))
    at: datetime = Field(sa_type=UtcDateTime)
    attempt: int | None = None
    reply_code: str | None = Field(default=None, max_length=20)
    next_attempt_at: datetime | None = Field(default=None, sa_type=UtcDateTime)


class RememberedRequest(Base, table=True):
    """A request with an `Idempotency-Key`: whose, a keyed hash of what it asked, and the message it made."""

    __tablename__ = "remembered_requests"

    caller: str = Field(primary_key=True, max_length=80)
    key: str = Field(primary_key=True, max_length=128)
    fingerprint: str = Field(max_length=64)
    message_id: UUID
    made_at: datetime = Field(sa_type=UtcDateTime, index=True)
