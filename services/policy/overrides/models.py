"""The audit of overrides."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import JSON, BigInteger, Column, Integer
from sqlmodel import Field

from services.policy.base import Base
from shared.contracts.vocabulary import Verdict
from shared.db import UtcDateTime, named


class Override(Base, table=True):
    """An operator decided on a message: what, instead of what, against which rules, why."""

    __tablename__ = "overrides"

    override_id: int | None = Field(
        default=None, primary_key=True, sa_type=BigInteger().with_variant(Integer, "sqlite")
    )
    message_id: UUID = Field(index=True)
    seller_id: str = Field(max_length=64)
    verdict: Verdict = Field(sa_type=named(Verdict))
    previous: Verdict | None = Field(default=None, sa_type=named(Verdict))
    rules: list[Any] = Field(sa_column=Column(JSON, nullable=False))
    reason: str = Field(max_length=500)
    overridden_by: str = Field(max_length=100)
    overridden_at: datetime = Field(sa_type=UtcDateTime, index=True)
