"""Tables of the policy service, all features' together: what migrations compare the database with."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import JSON, Column, Index
from sqlmodel import Field

from services.policy.base import Base
from services.policy.blocks import models as blocks
from services.policy.overrides import models as overrides
from services.policy.standing import models as standing
from shared.contracts.vocabulary import Direction, Role, Verdict
from shared.db import UtcDateTime, named

__all__ = [
    "Base",
    "DailyUse",
    "DecisionRow",
    "OrderRow",
    "PartyAddress",
    "PartyRow",
    "ReviewRequest",
    "blocks",
    "overrides",
    "standing",
]


class OrderRow(Base, table=True):
    """An order as `order.recorded` or `order.changed` last told (`facts`: an `OrderFacts`)."""

    __tablename__ = "orders"
    __table_args__ = (
        Index("ix_orders_seller", "seller_id", "marketplace_id", "placed_at"),
        Index("ix_orders_pair", "buyer_id", "seller_id", "marketplace_id", "placed_at"),
    )

    order_id: str = Field(primary_key=True, max_length=32)
    version: int
    seller_id: str = Field(max_length=64)
    buyer_id: str = Field(max_length=64)
    marketplace_id: str = Field(max_length=64)
    placed_at: datetime = Field(sa_type=UtcDateTime)
    facts: dict[str, Any] = Field(sa_column=Column(JSON, nullable=False))


class PartyRow(Base, table=True):
    """What the gate needs of a party as `party.changed` last told (`messaging_off`: `MessagingPause`s)."""

    __tablename__ = "parties"

    role: Role = Field(primary_key=True, sa_type=named(Role))
    party_id: str = Field(primary_key=True, max_length=64)
    version: int
    language: str = Field(max_length=16)
    opted_out: bool
    messaging_off: list[Any] = Field(default_factory=list, sa_column=Column(JSON, nullable=False))


class PartyAddress(Base, table=True):
    """The keyed hash of an address that may write in a party's name."""

    __tablename__ = "party_addresses"
    __table_args__ = (Index("ix_party_addresses_party", "role", "party_id"),)

    address_hash: str = Field(primary_key=True, max_length=64)
    role: Role = Field(primary_key=True, sa_type=named(Role))
    party_id: str = Field(primary_key=True, max_length=64)


class DailyUse(Base, table=True):
    """How many messages a seller has sent in a marketplace's day."""

    __tablename__ = "daily_uses"

    seller_id: str = Field(primary_key=True, max_length=64)
    marketplace_id: str = Field(primary_key=True, max_length=64)
    day: date = Field(primary_key=True)
    used: int


class ReviewRequest(Base, table=True):
    """The one review request of an order."""

    __tablename__ = "review_requests"

    order_id: str = Field(primary_key=True, max_length=32)
    message_id: UUID
    asked_at: datetime = Field(sa_type=UtcDateTime)


class DecisionRow(Base, table=True):
    """A decision, with what it needs to be judged anew.

    `message` is a `MessageFacts`, `addressing` an `Addressing`, `content` and `passed` are `SealedContent`s: what came
    in, and, where the gate mended it, what it would let pass. `context` is what was known then. `verdict` is the
    rules' own; `overridden_to` is what an operator decided instead.
    """

    __tablename__ = "decisions"
    __table_args__ = (
        Index("ix_decisions_seller", "seller_id", "decided_at"),
        Index("ix_decisions_thread", "thread_id", "decided_at"),
    )

    message_id: UUID = Field(primary_key=True)
    thread_id: UUID
    seller_id: str = Field(max_length=64)
    direction: Direction = Field(sa_type=named(Direction))
    verdict: Verdict = Field(sa_type=named(Verdict))
    rule_set: str = Field(max_length=64)
    decided_at: datetime = Field(sa_type=UtcDateTime, index=True)
    findings: list[Any] = Field(sa_column=Column(JSON, nullable=False))
    message: dict[str, Any] = Field(sa_column=Column(JSON, nullable=False))
    content: dict[str, Any] = Field(sa_column=Column(JSON, nullable=False))
    passed: dict[str, Any] | None = Field(default=None, sa_column=Column(JSON))
    addressing: dict[str, Any] = Field(sa_column=Column(JSON, nullable=False))
    context: dict[str, Any] = Field(sa_column=Column(JSON, nullable=False))
    overridden_to: Verdict | None = Field(default=None, sa_type=named(Verdict))
    delivered_at: datetime | None = Field(default=None, sa_type=UtcDateTime)
    shadow_rule_set: str | None = Field(default=None, max_length=64)
    shadow_verdict: Verdict | None = Field(default=None, sa_type=named(Verdict))
    shadow_findings: list[Any] | None = Field(default=None, sa_column=Column(JSON))
