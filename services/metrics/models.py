"""Tables of the metrics service."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Index, MetaData
from sqlalchemy.orm import registry
from sqlmodel import Field, SQLModel

from services.metrics.domain import Closing
from shared.contracts.vocabulary import Direction, Mark
from shared.db import NAMING, UtcDateTime, named
from shared.inbox import add_reliability_tables


class Base(SQLModel, registry=registry(metadata=MetaData(naming_convention=NAMING))):
    """All tables of this service, and no other's."""


class MessageRow(Base, table=True):
    """What is known of a message; `failed` says that it bounced, after whatever came before."""

    __tablename__ = "messages"

    message_id: UUID = Field(primary_key=True)
    thread_id: UUID = Field(index=True)
    seller_id: str = Field(max_length=64)
    marketplace_id: str = Field(max_length=64)
    direction: Direction = Field(sa_type=named(Direction))
    accepted_at: datetime = Field(sa_type=UtcDateTime)
    delivered_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    failed: bool = False
    answers: UUID | None = None


class MarkRow(Base, table=True):
    """A mark that the seller set on a buyer's message; all are kept, as the order they come in says nothing."""

    __tablename__ = "marks"

    message_id: UUID = Field(primary_key=True)
    marked_at: datetime = Field(primary_key=True, sa_type=UtcDateTime)
    mark: Mark = Field(primary_key=True, sa_type=named(Mark))
    thread_id: UUID = Field(index=True)


class TurnRow(Base, table=True):
    """A turn as last computed; `message_id` is the message that opened it."""

    __tablename__ = "turns"
    __table_args__ = (
        Index("ix_turns_seller", "seller_id", "marketplace_id", "opened_at"),
        Index("ix_turns_open", "overdue_told", "closed_at", "opened_at"),
    )

    message_id: UUID = Field(primary_key=True)
    thread_id: UUID = Field(index=True)
    seller_id: str = Field(max_length=64)
    marketplace_id: str = Field(max_length=64)
    opened_at: datetime = Field(sa_type=UtcDateTime)
    closed_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    closed_by: Closing | None = Field(default=None, sa_type=named(Closing))
    overdue_told: bool = False


add_reliability_tables(Base.metadata)
