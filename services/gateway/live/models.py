"""Table of the changes that listeners are told."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, Index, Integer
from sqlmodel import Field

from services.gateway.base import Base
from services.gateway.live.domain import ChangeType
from shared.db import UtcDateTime, named


class Change(Base, table=True):
    """A change, written in the transaction that made it; `seq` grows in the order of commits."""

    __tablename__ = "changes"
    __table_args__ = (
        Index("ix_changes_seller_id_seq", "seller_id", "seq"),
        Index("ix_changes_buyer_id_seq", "buyer_id", "seq"),
    )

    seq: int | None = Field(
        default=None,
        primary_key=True,
        sa_type=BigInteger().with_variant(Integer, "sqlite"),
    )
    type: ChangeType = Field(sa_type=named(ChangeType))
    at: datetime = Field(sa_type=UtcDateTime, index=True)
    seller_id: str | None = Field(default=None, max_length=64)
    buyer_id: str | None = Field(default=None, max_length=64)
    thread_id: UUID | None = None
    message_id: UUID | None = None
    order_id: str | None = Field(default=None, max_length=19)
