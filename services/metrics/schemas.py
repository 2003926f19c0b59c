"""HTTP bodies of the metrics service."""

from datetime import datetime
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from services.metrics.domain import Outcome


class ResponseTimesAnswer(BaseModel):
    """A seller's response times over a period."""

    model_config = ConfigDict(from_attributes=True)

    seller_id: str
    marketplace_id: str | None = Field(description="None: all marketplaces together")
    days: int
    target_hours: float
    turns: int = Field(description="Buyers' waits that began in the period and count")
    answered: int
    in_time: int = Field(description="Answered within the target time")
    late: int = Field(description="Answered after the target time")
    unanswered: int = Field(description="Past the target time without an answer")
    waiting: int = Field(description="Not answered yet, still within the target time")
    share_in_time: float | None = Field(description="in_time / (turns - waiting), None when nothing is due")
    mean_seconds: float | None
    median_seconds: float | None
    p90_seconds: float | None


class TurnAnswer(BaseModel):
    """One wait behind the numbers."""

    thread_id: UUID
    marketplace_id: str
    message_id: UUID = Field(description="The buyer's message that opened the turn")
    outcome: Outcome
    opened_at: datetime
    closed_at: datetime | None
    waited_seconds: float | None


class TurnsAnswer(BaseModel):
    """A page of turns, oldest first."""

    turns: list[TurnAnswer]
    next: int | None = Field(description="Give this as `offset` for the next page; None at the end")
