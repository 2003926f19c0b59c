"""HTTP bodies about sender addresses."""

from datetime import datetime
from enum import StrEnum
from uuid import UUID

from pydantic import Field

from services.gateway.fields import Address, Answer, Body, Identifier


class SenderStatus(StrEnum):
    """Where a requested address stands."""

    PENDING = "pending"
    CONFIRMED = "confirmed"
    EXPIRED = "expired"


class SenderBody(Body):
    """An address to be added."""

    address: Address = Field(description="A mail with a link goes there; it is sealed, and never answered")
    marketplace_id: Identifier = Field(description="In whose name that mail is written")


class SenderAnswer(Answer):
    """An address that was asked for, without the address."""

    id: UUID
    status: SenderStatus
    requested_at: datetime
    expires_at: datetime = Field(description="Until when the link in the mail is good")
    confirmed_at: datetime | None
