"""Settings of the gateway."""

from datetime import timedelta

from pydantic import Field, SecretStr

from services.gateway.orders.domain import Deadlines
from shared.settings import Port, Seconds, SharedSettings, default_url, load_local_keys


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
        default_factory=default_url("metrics", 8004),
        validation_alias="TRAMITE_METRICS_URL",
        description="The metrics service; not set: this machine, at its port",
    )
    policy_url: str = Field(
        default_factory=default_url("policy", 8002),
        validation_alias="TRAMITE_POLICY_URL",
        description="The policy service; not set: this machine, at its port",
    )
    delivery_url: str = Field(
        default_factory=default_url("delivery", 8003),
        validation_alias="TRAMITE_DELIVERY_URL",
        description="The delivery service; not set: this machine, at its port",
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

    shipment_confirm_days: float = Field(
        7,
        gt=0,
        le=365,
        validation_alias="TRAMITE_SHIPMENT_CONFIRM_DAYS",
        description="How long after its ship-by date a shipment may be confirmed; then the order is cancelled",
    )
    shipment_warning_days: float = Field(
        3,
        ge=0,
        le=365,
        validation_alias="TRAMITE_SHIPMENT_WARNING_DAYS",
        description="How long before that the seller is warned",
    )
    shipment_grace_hours: float = Field(
        24,
        ge=0,
        le=8760,
        validation_alias="TRAMITE_SHIPMENT_GRACE_HOURS",
        description="How long after its warning, however late that was, an order is not cancelled",
    )
    deadline_poll_seconds: Seconds = Field(
        60, validation_alias="TRAMITE_DEADLINE_POLL_SECONDS", description="How often late shipments are looked for"
    )

    feed_days: int = Field(
        90, ge=1, le=3650, validation_alias="TRAMITE_FEED_DAYS", description="How long feeds and their reports are kept"
    )

    def shipment_deadlines(self) -> Deadlines:
        """Return how long a shipment's confirmation may take (R-ORDER-5)."""
        return Deadlines(
            timedelta(days=self.shipment_confirm_days),
            timedelta(days=self.shipment_warning_days),
            timedelta(hours=self.shipment_grace_hours),
        )

    def operator_secret(self) -> str:
        """Return the first operator's token. Raises `ValueError` for one short enough to guess."""
        token = self.operator_token.get_secret_value()
        if token and len(token) < _SHORTEST_TOKEN:
            raise ValueError(f"TRAMITE_OPERATOR_TOKEN: at least {_SHORTEST_TOKEN} characters are needed")
        return token or load_local_keys(self.data_dir)["operator_token"]


_SHORTEST_TOKEN = 24
