"""The table of requested and confirmed sender addresses."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Index, Text
from sqlmodel import Field

from services.gateway.base import Base
from shared.db import UtcDateTime


class SenderRequest(Base, table=True):
    """An address that a seller wants to write from; its owner confirms it by the link sent there."""

    __tablename__ = "sender_requests"
    __table_args__ = (Index("ix_sender_requests_seller", "seller_id", "requested_at"),)

    request_id: UUID = Field(primary_key=True)
    seller_id: str = Field(max_length=64)
    address_box: str = Field(sa_type=Text)
    address_hash: str = Field(max_length=64)
    requested_at: datetime = Field(sa_type=UtcDateTime)
    expires_at: datetime = Field(sa_type=UtcDateTime)
    confirmed_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
