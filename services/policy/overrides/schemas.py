"""HTTP bodies about overrides."""

from datetime import datetime
from uuid import UUID

from pydantic import BaseModel, Field

from services.policy.fields import Operator, Reason
from shared.contracts.vocabulary import Severity, Verdict


class OverrideBody(BaseModel):
    """Why an operator decides otherwise."""

    reason: Reason
    by: Operator


class FoundAnswer(BaseModel):
    """A rule that found something in a message."""

    rule: str
    severity: Severity


class OverrideAnswer(BaseModel):
    """What an operator decided."""

    verdict: Verdict
    previous: Verdict | None = Field(description="Null where the gate had not decided yet")
    rules: list[str] = Field(description="The rules that it says were wrong; `none` where none blocked but should")
    reason: str
    overridden_by: str
    overridden_at: datetime


class DecisionAnswer(BaseModel):
    """A decision as operators see it: without what the message says."""

    message_id: UUID
    seller_id: str
    verdict: Verdict | None = Field(description="What holds now; null while the gate has not decided")
    rules_verdict: Verdict | None = Field(description="What the rules said")
    rule_set: str | None
    decided_at: datetime | None
    delivered_at: datetime | None
    findings: list[FoundAnswer]
    shadow_rule_set: str | None
    shadow_verdict: Verdict | None
    overrides: list[OverrideAnswer] = Field(description="Oldest first")
