"""Settings of the policy service."""

from datetime import timedelta
from pathlib import Path
from typing import Annotated, Self

from pydantic import Field, model_validator

from services.policy.standing.domain import Steps
from shared.settings import Port, Seconds, SharedSettings


class Settings(SharedSettings):
    """What `TRAMITE_POLICY_*` sets."""

    database_url: str = Field(
        "sqlite:///var/policy.db",
        validation_alias="TRAMITE_POLICY_DATABASE_URL",
        description="Decisions, and what they stand on",
    )
    port: Port = Field(8002, validation_alias="TRAMITE_POLICY_PORT", description="HTTP port of the policy service")
    rules: Path | None = Field(
        None, validation_alias="TRAMITE_POLICY_RULES", description="Folder with a rule set; unset: the shipped one"
    )
    shadow_rules: Path | None = Field(
        None,
        validation_alias="TRAMITE_POLICY_SHADOW_RULES",
        description="Folder with a second rule set that is recorded but not enforced",
    )
    quota_base: int = Field(
        600,
        ge=0,
        validation_alias="TRAMITE_POLICY_QUOTA_BASE",
        description="Messages a seller may send in a day anyway",
    )
    quota_per_order: float = Field(
        5, ge=0, validation_alias="TRAMITE_POLICY_QUOTA_PER_ORDER", description="And for each average daily order"
    )
    important_tag: bool = Field(
        True, validation_alias="TRAMITE_POLICY_IMPORTANT_TAG", description="Whether [Important] passes an opt-out"
    )
    standing_window_days: int = Field(
        30,
        ge=1,
        le=3650,
        validation_alias="TRAMITE_POLICY_STANDING_WINDOW_DAYS",
        description="How many days a violation counts towards a seller's standing",
    )
    standing_templates_only: float = Field(
        10,
        gt=0,
        validation_alias="TRAMITE_POLICY_STANDING_TEMPLATES_ONLY",
        description="From how many points a seller may start conversations with templates only",
    )
    standing_suspended: float = Field(
        25,
        gt=0,
        validation_alias="TRAMITE_POLICY_STANDING_SUSPENDED",
        description="From how many points a seller may not write at all",
    )
    standing_weights: dict[str, Annotated[float, Field(ge=0)]] = Field(
        {
            "content.*": 1,
            "content.attachment_size": 0,
            "content.attachment_type": 0,
            "content.sensitive": 3,
            "contact.important_misuse": 1,
        },
        validation_alias="TRAMITE_POLICY_STANDING_WEIGHTS",
        description="JSON: points of a blocked message by rule or family of rules; what is not named counts nothing",
    )
    standing_flag_share: float = Field(
        0.25,
        ge=0,
        le=1,
        validation_alias="TRAMITE_POLICY_STANDING_FLAG_SHARE",
        description="What a flagged message counts of a blocked one",
    )
    standing_seconds: Seconds = Field(
        60,
        validation_alias="TRAMITE_POLICY_STANDING_SECONDS",
        description="How often standings are brought up to date with the time that has passed",
    )

    @model_validator(mode="after")
    def _order_steps(self) -> Self:
        if self.standing_suspended < self.standing_templates_only:
            raise ValueError("TRAMITE_POLICY_STANDING_SUSPENDED: not less than TRAMITE_POLICY_STANDING_TEMPLATES_ONLY")
        return self

    def steps(self) -> Steps:
        """Return what violations lead to which standing."""
        return Steps(
            window=timedelta(days=self.standing_window_days),
            templates_only=self.standing_templates_only,
            suspended=self.standing_suspended,
            weights=self.standing_weights,
            flag_share=self.standing_flag_share,
        )
