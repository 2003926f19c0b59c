"""HTTP bodies of the policy service."""

from pydantic import BaseModel, Field


class SituationAnswer(BaseModel):
    """How hard a rule is, and when; of a rule's situations the first that fits counts."""

    severity: str = Field(description="block (rejects), fix (mends) or flag (counts)")
    when: dict[str, list[object]] = Field(description="Direction, kind, channel, reason or presale; empty: always")


class RuleAnswer(BaseModel):
    """A rule as its readers see it."""

    id: str
    title: str
    rationale: str
    advice: str
    situations: list[SituationAnswer]


class RulesAnswer(BaseModel):
    """The rule set in force."""

    version: str = Field(description="Hash over the rule files; every decision names it")
    shadow: str | None = Field(description="Version that is recorded but not enforced")
    rules: list[RuleAnswer]
