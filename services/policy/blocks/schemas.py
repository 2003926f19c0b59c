"""HTTP bodies about blocks."""

from datetime import datetime

from pydantic import BaseModel, Field

from services.policy.fields import Operator, Reason
from shared.contracts.vocabulary import Role


class BlockBody(BaseModel):
    """Why an operator blocks a party, or lifts that."""

    reason: Reason
    by: Operator


class BlockAnswer(BaseModel):
    """A party that an operator stops."""

    role: Role
    party_id: str
    reason: str
    blocked_by: str
    blocked_at: datetime


class BlockChangeAnswer(BaseModel):
    """One change of a block."""

    blocked: bool
    reason: str
    changed_by: str
    changed_at: datetime


class BlockDetail(BaseModel):
    """Whether a party is blocked, and how that came."""

    role: Role
    party_id: str
    blocked: bool
    history: list[BlockChangeAnswer] = Field(description="Newest first, 100 at most")


class BlockPage(BaseModel):
    """Blocked parties by role and id; `next` is the `after` of the next page."""

    items: list[BlockAnswer]
    next: str | None
