"""Tables of standing: violations, where each seller stands, and how that changed."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, Index, Integer
from sqlmodel import Field

from services.policy.base import Base
from services.policy.standing.domain import Standing
from shared.contracts.vocabulary import Severity
from shared.db import UtcDateTime, named


class Violation(Base, table=True):
    """A rule that a seller's message violated; `overturned` when an operator found otherwise."""

    __tablename__ = "violations"
    __table_args__ = (Index("ix_violations_seller_id_committed_at", "seller_id", "committed_at"),)

    message_id: UUID = Field(primary_key=True)
    rule: str = Field(primary_key=True, max_length=64)
    seller_id: str = Field(max_length=64)
    severity: Severity = Field(sa_type=named(Severity))
    committed_at: datetime = Field(sa_type=UtcDateTime)
    overturned: bool = False


class StandingRow(Base, table=True):
    """Where a seller stands; one without a row stands well.

    `ruled`: an operator decided so, until `until` where that is set. Violations before `forgiven_at` count no more.
    """

    __tablename__ = "standings"

    seller_id: str = Field(primary_key=True, max_length=64)
    standing: Standing = Field(sa_type=named(Standing), index=True)
    since: datetime = Field(sa_type=UtcDateTime)
    cause: str = Field(max_length=500)
    changed_by: str = Field(max_length=100)
    ruled: bool
    until: datetime | None = Field(default=None, sa_type=UtcDateTime)
    forgiven_at: datetime | None = Field(default=None, sa_type=UtcDateTime)


class StandingChange(Base, table=True):
    """The audit: who changed a seller's standing, when, from what to what, and why."""

    __tablename__ = "standing_changes"

    change_id: int | None = Field(default=None, primary_key=True, sa_type=BigInteger().with_variant(Integer, "sqlite"))
    seller_id: str = Field(max_length=64, index=True)
    standing: Standing = Field(sa_type=named(Standing))
    previous: Standing = Field(sa_type=named(Standing))
    cause: str = Field(max_length=500)
    changed_by: str = Field(max_length=100)
    changed_at: datetime = Field(sa_type=UtcDateTime)
    until: datetime | None = Field(default=None, sa_type=UtcDateTime)
