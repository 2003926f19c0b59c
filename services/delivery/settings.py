"""Settings of the delivery service."""

from pathlib import Path

from pydantic import Field, SecretStr

from services.delivery.authenticity.domain import Policy
from shared.settings import Port, Seconds, SharedSettings, default_url

_MEBIBYTE = 1024 * 1024


class Settings(SharedSettings):
    """What `TRAMITE_DELIVERY_*` and `TRAMITE_SMTP_*` set."""

    database_url: str = Field(
        "sqlite:///var/delivery.db", validation_alias="TRAMITE_DELIVERY_DATABASE_URL", description="Queue, intake, ids"
    )
    port: Port = Field(8003, validation_alias="TRAMITE_DELIVERY_PORT", description="HTTP port of the delivery service")
    url: str = Field(
        default_factory=default_url("delivery", 8003),
        validation_alias="TRAMITE_DELIVERY_URL",
        description="The delivery service; not set: this machine, at its port",
    )

    smtp_host: str = Field("127.0.0.1", description="Address the SMTP door listens on")
    smtp_port: Port = Field(2525, description="Port the SMTP door listens on; 0 takes any free one")
    lmtp_port: Port | None = Field(
        None,
        description="Port of an LMTP door for a front mail server, on the same address; none if not set. "
        "Whoever reaches it is not limited by network: keep it off the open net",
    )
    smtp_hostname: str = Field("tramite.localhost", max_length=255, description="Name the SMTP door greets with")
    smtp_tls_certificate: Path | None = Field(None, description="PEM chain; with a key, STARTTLS is offered")
    smtp_tls_key: Path | None = Field(None, description="PEM private key of the certificate")
    smtp_proxy_protocol: bool = Field(False, description="Expect the PROXY protocol: set behind a load balancer only")
    smtp_message_bytes: int = Field(
        14 * _MEBIBYTE, ge=_MEBIBYTE, le=15 * _MEBIBYTE, description="Largest mail, its encoding included"
    )
    smtp_connections: int = Field(200, ge=1, le=10_000, description="Connections the SMTP door holds at once")
    smtp_connections_per_client: int = Field(50, ge=1, le=10_000, description="Of which from one address")
    smtp_recipients: int = Field(20, ge=1, le=1000, description="Recipients of one mail")
    smtp_mails_per_connection: int = Field(10_000, ge=1, description="Mails one connection may bring")
    smtp_command_seconds: Seconds = Field(300, description="Longest wait for a command, or for a mail's content")

    smtp_authenticity: Policy = Field(
        Policy.OFF,
        description="Mail that does not prove where it comes from (SPF, DKIM, DMARC): enforce refuses, tag notes it",
    )
    smtp_authenticity_by_marketplace: dict[str, Policy] = Field(
        {}, description='The same for single marketplaces: `{"APJ6JRA9NG5V4": "enforce"}`'
    )
    smtp_trusted_networks: str = Field(
        "", description="Networks of front mail servers (`10.0.0.0/8,…`) whose Authentication-Results are believed"
    )
    smtp_trusted_names: str = Field("", description="The names (authserv-id) that those servers write there")
    dns_servers: str = Field("", description="Name servers to ask, `address[:port],…`; empty: the system's")
    dns_seconds: Seconds = Field(10, description="Longest time that the look-ups for one mail take")

    smtp_relay: SecretStr = Field(
        SecretStr(""),
        description="`smtp://[user:password@]host:port[?starttls=auto|always|never]` or `smtps://…`; empty: Maildir",
    )
    smtp_relay_certificates: Path | None = Field(
        None, description="PEM file of the authorities that the relay's certificate may be from; none: the system's"
    )
    dkim_folder: Path | None = Field(
        None, description="Folder of DKIM keys, `<selector>._domainkey.<domain>.pem`; mail is signed by From's domain"
    )
    delivery_connections: int = Field(50, ge=1, le=500, description="Mails sent at the same time")
    delivery_connections_per_domain: int = Field(20, ge=1, le=500, description="Of which to recipients of one domain")
    delivery_send_seconds: Seconds = Field(30, description="Longest wait for any one answer of the relay")
    delivery_claim_seconds: Seconds = Field(60, description="After so long another instance takes a claimed mail over")
    delivery_first_retry_seconds: Seconds = Field(60, description="First pause after a temporary failure; then growing")
    delivery_give_up_days: float = Field(5, gt=0, le=30, description="How long temporary failures are retried")
    delivery_report_days: int = Field(10, ge=1, le=90, description="How long a bounce address takes reports")
    link_days: int = Field(30, ge=1, le=365, description="How long the links in mails to sellers are good")
    raw_mail_days: int = Field(90, ge=1, description="How long mails are kept as they came in")
    attachment_days: int = Field(
        0, ge=0, description="How long attachments that came by mail are kept; 0: for ever, as disputes may need them"
    )
    delivery_poll_seconds: Seconds = Field(1, description="How often the queue is looked at without being told")
