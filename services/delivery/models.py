"""Tables of the delivery service. No real address stands in any of them: keyed hashes and sealed boxes only."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from sqlalchemy import JSON, BigInteger, Index, Integer, MetaData, Text, UniqueConstraint
from sqlalchemy.orm import registry
from sqlmodel import Field, SQLModel

from services.delivery.operations.domain import QueueAction, QueueState
from shared.contracts.vocabulary import Role
from shared.db import NAMING, UtcDateTime, named
from shared.inbox import add_reliability_tables

__all__ = [
    "Alias",
    "Base",
    "Identifier",
    "Intake",
    "IntakeOutcome",
    "MailKind",
    "Party",
    "QueueAction",
    "QueueChange",
    "QueueState",
    "QueuedMail",
    "Sender",
    "ThreadedMessage",
]


class IntakeOutcome(StrEnum):
    """What a stored mail was."""

    RECEIVED = "received"
    AUTOMATIC = "automatic"
    REPORT = "report"


class MailKind(StrEnum):
    """What a queued mail carries: a party's message, or what we have to tell ourselves."""

    MESSAGE = "message"
    NOTICE = "notice"
    CONFIRMATION = "confirmation"
    STANDING = "standing"
    UPDATE = "update"


class Base(SQLModel, registry=registry(metadata=MetaData(naming_convention=NAMING))):
    """All tables of this service, and no other's."""


class Party(Base, table=True):
    """A seller or buyer as `party.changed` last told."""

    __tablename__ = "parties"

    role: Role = Field(primary_key=True, sa_type=named(Role))
    party_id: str = Field(primary_key=True, max_length=64)
    version: int
    language: str = Field(max_length=16)
    address_box: str
    bounce_notices: bool


class Sender(Base, table=True):
    """The keyed hash of an address that may write in a party's name."""

    __tablename__ = "senders"

    address_hash: str = Field(primary_key=True, max_length=64)
    role: Role = Field(primary_key=True, sa_type=named(Role))
    party_id: str = Field(primary_key=True, max_length=64)


Index("ix_senders_party", Sender.__table__.c.party_id, Sender.__table__.c.role)  # type: ignore[attr-defined]  # SQLModel hides it


class Alias(Base, table=True):
    """An alias the door takes mail for: it stands for `role`, and only the other side may write to it."""

    __tablename__ = "aliases"

    address: str = Field(primary_key=True, max_length=64)
    thread_id: UUID = Field(index=True)
    marketplace_id: str = Field(max_length=64)
    buyer_id: str = Field(max_length=64)
    seller_id: str = Field(max_length=64)
    role: Role = Field(sa_type=named(Role))
    retired_at: datetime | None = Field(default=None, sa_type=UtcDateTime)


class Intake(Base, table=True):
    """A mail that was answered with 250. `fingerprint` recognises the same mail when it is brought again.

    As it came in it lies sealed in `raw_box`, a large one in `raw_blob`. These and `part_blobs` (its attachments, if
    `parts_kept`) are emptied when they are purged by age.
    """

    __tablename__ = "intake"
    __table_args__ = (UniqueConstraint("fingerprint"),)

    mail_id: UUID = Field(primary_key=True)
    fingerprint: str = Field(max_length=64)
    outcome: IntakeOutcome = Field(sa_type=named(IntakeOutcome))
    detail: str = Field(max_length=64)
    thread_id: UUID | None = Field(default=None, index=True)
    message_id: UUID | None = None
    raw_box: str | None = Field(default=None, sa_type=Text)
    raw_blob: str | None = Field(default=None, max_length=64)
    part_blobs: list[str] = Field(sa_type=JSON)
    parts_kept: bool
    size: int
    received_at: datetime = Field(sa_type=UtcDateTime, index=True)


class ThreadedMessage(Base, table=True):
    """A message's place among the mails of its thread, and its Message-ID on both sides.

    `own_identifier` is what its recipient's mail client knows it by; `foreign_box` seals what its writer's client named
    it, where it came by mail.
    """

    __tablename__ = "threaded_messages"
    __table_args__ = (Index("ix_threaded_messages_thread", "thread_id", "created_at"),)

    message_id: UUID = Field(primary_key=True)
    thread_id: UUID
    writer: Role = Field(sa_type=named(Role))
    parent_id: UUID | None = None
    subject_hash: str = Field(max_length=64)
    own_identifier: str | None = Field(default=None, max_length=255)
    foreign_box: str | None = Field(default=None, sa_type=Text)
    created_at: datetime = Field(sa_type=UtcDateTime)


class Identifier(Base, table=True):
    """The keyed hash of a Message-ID that some client in the thread may answer to."""

    __tablename__ = "identifiers"

    thread_id: UUID = Field(primary_key=True)
    identifier_hash: str = Field(primary_key=True, max_length=64)
    message_id: UUID


class QueuedMail(Base, table=True):
    """A mail on its way out. `facts`, `addressing` and `content` are JSON of the contracts' types, with sealed boxes.

    They are None where the mail is about no message; then `message_id` names what it is about. `notice_box` seals what
    our own mails say. `destination` is a keyed hash of the recipient's domain.

    A claimed mail is a waiting one whose `due_at` was moved into the future: when its sender dies it comes up again.
    """

    __tablename__ = "queue"
    __table_args__ = (
        Index("ix_queue_state_due_at", "state", "due_at"),
        Index("ix_queue_message", "message_id"),
        Index("ix_queue_settled_at", "settled_at"),
    )

    queue_id: UUID = Field(primary_key=True)
    kind: MailKind = Field(sa_type=named(MailKind))
    message_id: UUID
    facts: str | None = Field(default=None, sa_type=Text)
    addressing: str | None = Field(default=None, sa_type=Text)
    content: str | None = Field(default=None, sa_type=Text)
    recipient_box: str = Field(sa_type=Text)
    destination: str = Field(max_length=64)
    notice_box: str | None = Field(default=None, sa_type=Text)
    ancestry_box: str = Field(sa_type=Text)
    traceparent: str = Field(max_length=64)
    identifier: str = Field(max_length=255)
    state: QueueState = Field(sa_type=named(QueueState))
    attempts: int = 0
    queued_at: datetime = Field(sa_type=UtcDateTime)
    due_at: datetime = Field(sa_type=UtcDateTime)
    claim: UUID | None = None
    settled_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    last_reply: str = Field(default="", max_length=500)


class QueueChange(Base, table=True):
    """The audit: which operator did what with a mail of the queue, when and why."""

    __tablename__ = "queue_changes"

    change_id: int | None = Field(default=None, primary_key=True, sa_type=BigInteger().with_variant(Integer, "sqlite"))
    queue_id: UUID = Field(index=True)
    action: QueueAction = Field(sa_type=named(QueueAction))
    reason: str = Field(max_length=500)
    changed_by: str = Field(max_length=100)
    changed_at: datetime = Field(sa_type=UtcDateTime)


add_reliability_tables(Base.metadata)
