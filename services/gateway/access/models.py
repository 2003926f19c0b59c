"""Table of tokens."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import JSON
from sqlmodel import Field

from services.gateway.access.domain import CallerRole
from services.gateway.base import Base
from shared.db import UtcDateTime, named


class Token(Base, table=True):
    """A bearer token; of its secret only the hash is kept."""

    __tablename__ = "tokens"

    token_id: UUID = Field(primary_key=True)
    secret_hash: str = Field(max_length=64, unique=True)
    role: CallerRole = Field(sa_type=named(CallerRole))
    subject: str | None = Field(default=None, max_length=64)
    scopes: list[str] = Field(sa_type=JSON)
    label: str = Field(max_length=200)
    created_at: datetime = Field(sa_type=UtcDateTime)
    expires_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    revoked_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
