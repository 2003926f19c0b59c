"""Settings of the policy service."""

from pathlib import Path

from pydantic import Field

from shared.settings import Port, SharedSettings


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
