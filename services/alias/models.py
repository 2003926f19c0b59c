"""Tables of the alias service."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import MetaData, UniqueConstraint
from sqlalchemy.orm import registry
from sqlmodel import Field, SQLModel

from shared.contracts.vocabulary import Role
from shared.db import NAMING, UtcDateTime, named
from shared.inbox import add_reliability_tables


class Base(SQLModel, registry=registry(metadata=MetaData(naming_convention=NAMING))):
    """All tables of this service, and no other's."""


class Party(Base, table=True):
    """A seller or buyer as `party.changed` last told; the real address is a sealed box."""

    __tablename__ = "parties"

    role: Role = Field(primary_key=True, sa_type=named(Role))
    party_id: str = Field(primary_key=True, max_length=64)
    version: int
    language: str = Field(max_length=16)
    business_name: str = Field(max_length=200)
    address_box: str


class Alias(Base, table=True):
    """The address that stands for one party of a thread towards the other. Never changed, never given away."""

    __tablename__ = "aliases"
    __table_args__ = (UniqueConstraint("thread_id", "role"),)

    address: str = Field(primary_key=True, max_length=64)
    thread_id: UUID
    role: Role = Field(sa_type=named(Role))
    issued_at: datetime = Field(sa_type=UtcDateTime)
    retired_at: datetime | None = Field(default=None, sa_type=UtcDateTime)


add_reliability_tables(Base.metadata)
