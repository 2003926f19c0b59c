"""Tables of feeds and of what was wrong with their rows."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Index
from sqlmodel import Field

from services.gateway.base import Base
from services.gateway.feeds.domain import FeedFormat, FeedKind, FeedState
from shared.db import UtcDateTime, named


class Feed(Base, table=True):
    """A file as it came in, sealed in the blob store, and how far it is worked through.

    No `seller_id`: the marketplace sent it. `position` counts confirmations, `rows_done` the rows that they came from.
    """

    __tablename__ = "feeds"
    __table_args__ = (
        Index("ix_feeds_seller_id_received_at", "seller_id", "received_at", "feed_id"),
        Index("ix_feeds_received_at", "received_at", "feed_id"),
        Index("ix_feeds_state_received_at", "state", "received_at"),
    )

    feed_id: UUID = Field(primary_key=True)
    seller_id: str | None = Field(default=None, max_length=64)
    kind: FeedKind = Field(sa_type=named(FeedKind))
    written: FeedFormat = Field(sa_type=named(FeedFormat))
    blob: str = Field(max_length=200)
    state: FeedState = Field(sa_type=named(FeedState))
    rows: int
    rows_done: int = 0
    position: int = 0
    recorded: int = 0
    unchanged: int = 0
    refused: int = 0
    received_at: datetime = Field(sa_type=UtcDateTime)
    done_at: datetime | None = Field(default=None, sa_type=UtcDateTime)


class FeedProblem(Base, table=True):
    """What is wrong with one field of one row; `number` counts a feed's problems in order."""

    __tablename__ = "feed_problems"

    feed_id: UUID = Field(primary_key=True)
    number: int = Field(primary_key=True)
    row: int
    order_id: str | None = Field(default=None, max_length=19)
    field: str = Field(max_length=100)
    problem: str = Field(max_length=500)
    advice: str = Field(max_length=500)
