"""Settings of the gateway."""

from pydantic import Field, SecretStr

from shared.settings import Port, Seconds, SharedSettings, load_local_keys


class Settings(SharedSettings):
    """What `TRAMITE_GATEWAY_*` sets, and where the gateway finds the services it asks."""

    database_url: str = Field(
        "sqlite:///var/gateway.db",
        validation_alias="TRAMITE_GATEWAY_DATABASE_URL",
        description="Parties, orders, threads, messages",
    )
    port: Port = Field(8000, validation_alias="TRAMITE_GATEWAY_PORT", description="HTTP port of the gateway")
    operator_token: SecretStr = Field(
        SecretStr(""),
        validation_alias="TRAMITE_OPERATOR_TOKEN",
        description="The first operator's token, at least 24 characters; empty: from keys.json",
    )
    sender_link_hours: int = Field(
        72,
        ge=1,
        le=720,
        validation_alias="TRAMITE_SENDER_LINK_HOURS",
        description="How long the link is good that confirms a sender address",
    )
    metrics_url: str = Field(
        "http://127.0.0.1:8004", validation_alias="TRAMITE_METRICS_URL", description="The metrics service"
    )
    policy_url: str = Field(
        "http://127.0.0.1:8002", validation_alias="TRAMITE_POLICY_URL", description="The policy service"
    )
    delivery_url: str = Field(
        "http://127.0.0.1:8003", validation_alias="TRAMITE_DELIVERY_URL", description="The delivery service"
    )
    peer_seconds: Seconds = Field(
        5, validation_alias="TRAMITE_PEER_SECONDS", description="How long the gateway waits for another service"
    )
    address_length: int = Field(
        35, ge=20, le=64, validation_alias="TRAMITE_ALIAS_LENGTH", description="Characters of a whole alias address"
    )
    listeners_per_caller: int = Field(
        5,
        ge=1,
        le=1000,
        validation_alias="TRAMITE_LISTENERS_PER_CALLER",
        description="Streams of GET /v1/events that one caller may keep open on one instance",
    )
    heartbeat_seconds: Seconds = Field(
        15, validation_alias="TRAMITE_HEARTBEAT_SECONDS", description="Silence after which a stream says it lives"
    )

    def operator_secret(self) -> str:
        """Return the first operator's token. Raises `ValueError` for one short enough to guess."""
        token = self.operator_token.get_secret_value()
        if token and len(token) < _SHORTEST_TOKEN:
            raise ValueError(f"TRAMITE_OPERATOR_TOKEN: at least {_SHORTEST_TOKEN} characters are needed")
        return token or load_local_keys(self.data_dir)["operator_token"]


_SHORTEST_TOKEN = 24
