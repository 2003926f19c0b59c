"""Settings of the metrics service."""

from pydantic import Field

from shared.settings import Port, SharedSettings


class Settings(SharedSettings):
    """What `TRAMITE_METRICS_*` sets."""

    database_url: str = Field(
        "sqlite:///var/metrics.db", validation_alias="TRAMITE_METRICS_DATABASE_URL", description="Response turns"
    )
    port: Port = Field(8004, validation_alias="TRAMITE_METRICS_PORT", description="HTTP port of the metrics service")
    target_hours: float = Field(
        24,
        gt=0,
        le=24 * 30,
        validation_alias="TRAMITE_METRICS_TARGET_HOURS",
        description="An answer later than this is late",
    )
