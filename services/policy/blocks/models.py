"""Tables of blocks."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, Integer
from sqlmodel import Field

from services.policy.base import Base
from shared.contracts.vocabulary import Role
from shared.db import UtcDateTime, named


class BlockedParty(Base, table=True):
    """A seller or buyer that an operator stops; nothing it writes is delivered."""

    __tablename__ = "blocked_parties"

    role: Role = Field(primary_key=True, sa_type=named(Role))
    party_id: str = Field(primary_key=True, max_length=64)
    reason: str = Field(max_length=500)
    blocked_by: str = Field(max_length=100)
    blocked_at: datetime = Field(sa_type=UtcDateTime)


class BlockedMessage(Base, table=True):
    """A message that an operator stopped before the gate had decided on it."""

    __tablename__ = "blocked_messages"

    message_id: UUID = Field(primary_key=True)
    reason: str = Field(max_length=500)
    blocked_by: str = Field(max_length=100)
    blocked_at: datetime = Field(sa_type=UtcDateTime)


class BlockedSender(Base, table=True):
    """What a party (`by`) last said of the other side of a thread; `blocked` is false once it was taken back."""

    __tablename__ = "blocked_senders"

    thread_id: UUID = Field(primary_key=True)
    by: Role = Field(primary_key=True, sa_type=named(Role))
    blocked: bool
    changed_at: datetime = Field(sa_type=UtcDateTime)


class BlockChange(Base, table=True):
    """The audit: which operator blocked whom or lifted that, when and why."""

    __tablename__ = "block_changes"

    change_id: int | None = Field(default=None, primary_key=True, sa_type=BigInteger().with_variant(Integer, "sqlite"))
    role: Role = Field(sa_type=named(Role))
    party_id: str = Field(max_length=64, index=True)
    blocked: bool
    reason: str = Field(max_length=500)
    changed_by: str = Field(max_length=100)
    changed_at: datetime = Field(sa_type=UtcDateTime)
