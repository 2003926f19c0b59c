"""Tables of how sellers keep their threads. They say nothing of what threads hold, and are no part of the record."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Index
from sqlmodel import Field

from services.gateway.base import Base
from services.gateway.filing.domain import Priority
from shared.db import UtcDateTime, named


class Folder(Base, table=True):
    """A seller's folder; without `parent_id` it is at the top."""

    __tablename__ = "folders"

    folder_id: UUID = Field(primary_key=True)
    seller_id: str = Field(max_length=64, index=True)
    parent_id: UUID | None = None
    name: str = Field(max_length=100)


class Filing(Base, table=True):
    """Where a thread's seller keeps it.

    It is archived, or deleted from the seller's view, while the newest message that the seller may see is no newer
    than `archived_until` or `deleted_until`: the next one brings it back. What was written before and passes the gate
    after takes both times away.
    """

    __tablename__ = "filings"
    __table_args__ = (Index("ix_filings_folder", "folder_id"), Index("ix_filings_seller_id", "seller_id", "priority"))

    thread_id: UUID = Field(primary_key=True)
    seller_id: str = Field(max_length=64)
    folder_id: UUID | None = None
    priority: Priority = Field(sa_type=named(Priority))
    archived_until: datetime | None = Field(default=None, sa_type=UtcDateTime)
    deleted_until: datetime | None = Field(default=None, sa_type=UtcDateTime)


class Label(Base, table=True):
    """A word that a seller put on a thread."""

    __tablename__ = "labels"
    __table_args__ = (Index("ix_labels_seller_id", "seller_id", "label"),)

    thread_id: UUID = Field(primary_key=True)
    label: str = Field(primary_key=True, max_length=50)
    seller_id: str = Field(max_length=64)


class HiddenMessage(Base, table=True):
    """A message that its seller deleted from view with its thread; for everybody else it stays."""

    __tablename__ = "hidden_messages"

    message_id: UUID = Field(primary_key=True)
