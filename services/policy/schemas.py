"""HTTP bodies of the policy service."""

from datetime import datetime

from pydantic import BaseModel, Field


class SituationAnswer(BaseModel):
    """How hard a rule is, and when; of a rule's situations the first that fits counts."""

    severity: str = Field(description="block (rejects), fix (mends), flag (counts) or none (does not apply)")
    when: dict[str, list[object]] = Field(description="Direction, kind, channel, reason or presale; empty: always")


class ExplanationAnswer(BaseModel):
    """What a finding says to a message's writer; `{…}` is filled in from the message or the order."""

    message: str
    advice: str


class RuleAnswer(BaseModel):
    """A rule as its readers see it."""

    id: str = Field(description="Public and lasting: decisions, metrics and dashboards name it")
    title: str
    rationale: str = Field(description="Why the rule exists")
    advice: str = Field(description="What to do instead")
    situations: list[SituationAnswer]
    explanations: dict[str, ExplanationAnswer] = Field(description="By language (ISO 639)")


class RulesAnswer(BaseModel):
    """The rule set in force."""

    version: str = Field(description="Hash over the rule files; every decision names it")
    shadow: str | None = Field(description="Version that is recorded but not enforced")
    rules: list[RuleAnswer]


class QuotaAnswer(BaseModel):
    """What a seller may send in the marketplace's day (R-POLICY-5)."""

    seller_id: str
    marketplace_id: str
    limit: int = Field(description="Messages in the marketplace's day, replies included")
    used: int
    remaining: int
    resets_at: datetime = Field(description="When the marketplace's next day begins, in its time zone")
