"""HTTP bodies about standing."""

from datetime import datetime

from pydantic import AwareDatetime, BaseModel, Field

from services.policy.fields import Operator, Reason
from services.policy.standing.domain import Standing
from shared.contracts.vocabulary import Severity


class RulingBody(BaseModel):
    """What an operator decides on a seller's standing."""

    standing: Standing
    reason: Reason
    by: Operator
    until: AwareDatetime | None = Field(None, description="None: until it is lifted")


class LiftBody(BaseModel):
    """That an operator ends a restriction or ruling, and forgives what led to it."""

    reason: Reason
    by: Operator


class CountAnswer(BaseModel):
    """What a rule adds to a seller's points."""

    rule: str
    severity: Severity
    messages: int
    points: float


class ChangeAnswer(BaseModel):
    """One change of a standing."""

    standing: Standing
    previous: Standing
    cause: str
    changed_by: str
    changed_at: datetime
    until: datetime | None


class StandingAnswer(BaseModel):
    """Where a seller stands and why."""

    seller_id: str
    standing: Standing
    since: datetime | None = Field(description="Null for a seller who always stood well")
    cause: str
    changed_by: str
    ruled: bool = Field(description="An operator decided so; the points do not matter")
    until: datetime | None
    points: float
    window_days: int
    templates_only_from: float = Field(description="Points from which only templates start conversations")
    suspended_from: float = Field(description="Points from which nothing is sent")
    counts: list[CountAnswer] = Field(description="What the points come from")
    history: list[ChangeAnswer] = Field(description="Newest first, 100 at most")


class RestrictedAnswer(BaseModel):
    """A seller that stands otherwise than well, or by a ruling."""

    seller_id: str
    standing: Standing
    since: datetime
    cause: str
    changed_by: str
    ruled: bool
    until: datetime | None


class RestrictedPage(BaseModel):
    """Sellers by id; `next` is the `after` of the next page."""

    items: list[RestrictedAnswer]
    next: str | None
