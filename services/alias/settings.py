"""Settings of the alias service."""

from pydantic import Field

from shared.settings import Port, SharedSettings


class Settings(SharedSettings):
    """What `TRAMITE_ALIAS_*` sets."""

    database_url: str = Field(
        "sqlite:///var/alias.db", validation_alias="TRAMITE_ALIAS_DATABASE_URL", description="Aliases, addresses"
    )
    port: Port = Field(8001, validation_alias="TRAMITE_ALIAS_PORT", description="HTTP port of the alias service")
    address_length: int = Field(
        35, ge=20, le=64, validation_alias="TRAMITE_ALIAS_LENGTH", description="Characters of a whole alias address"
    )
