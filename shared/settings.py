"""Settings every service shares, read from `TRAMITE_*` environment variables."""

import fcntl
import json
import os
import secrets
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

from pydantic import Field, SecretStr, ValidationInfo, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from shared.consumer import Patience
from shared.crypto import KeyRing, generate_key
from shared.misconfiguration import MisconfiguredError

_LAST_PORT, _PORT_FIGURES = 65535, 6
Port = Annotated[int, Field(ge=0, le=_LAST_PORT)]
Seconds = Annotated[float, Field(gt=0)]

_LOCAL_KEYS: Mapping[str, Callable[[], str]] = {
    "master_keys": lambda: f"k1:{generate_key()}",
    "lookup_key": generate_key,
    "service_token": generate_key,
    "operator_token": lambda: f"trm_{secrets.token_urlsafe(32)}",
}


def default_url(service: str, port: int) -> Callable[[], str]:
    """Return what makes the default for where a service is found: on this machine, at the port it is told to take.

    What is no port is the service's own error, and does not count here.
    """
    variable = f"TRAMITE_{service.upper()}_PORT"

    def find() -> str:
        told = next((value for name, value in os.environ.items() if name.upper() == variable), "")
        is_port = told.isascii() and told.isdigit() and 0 < int(told[:_PORT_FIGURES]) <= _LAST_PORT
        return f"http://127.0.0.1:{told if is_port else port}"

    return find


class SharedSettings(BaseSettings):
    """What is the same for all services of one installation. A service's own settings extend this."""

    model_config = SettingsConfigDict(
        env_prefix="TRAMITE_", extra="ignore", frozen=True, validate_by_name=True, validate_by_alias=True
    )

    bus_url: str = Field("memory://", description="`memory://` in one process, `kafka://host:port[,host:port]` else")
    bus_partitions: int = Field(12, ge=1, le=1000, description="Partitions of a topic that is created by us")
    bus_replication: int = Field(1, ge=1, le=9, description="Replicas of a topic that is created by us")
    bus_namespace: str = Field(
        "", pattern=r"^[a-zA-Z0-9._-]{0,50}$", description="Begins topic and group names, to share a Kafka cluster"
    )
    instance: str = Field(
        "",
        pattern=r"^[a-zA-Z0-9._-]{0,50}$",
        description="Lasting name of this process among its twins: a restart takes its partitions back at once",
    )
    blob_url: str = Field("", description="`file:///path` or `s3://bucket`; empty: `<data_dir>/blobs`")
    data_dir: Path = Field(Path("var"), description="Where local files go: databases, blobs, mail, keys")
    public_url: str = Field(
        default_factory=default_url("gateway", 8000),
        pattern=r"^https?://[^\s?#]+[^\s?#/]$",
        description="Where callers reach the gateway, and links lead in mails; not set: this machine, at its port",
    )
    master_keys: SecretStr = Field(
        SecretStr(""),
        description="`id:base64,…`, the first seals; empty: made once in `<data_dir>/keys.json`",
    )
    lookup_key: SecretStr = Field(SecretStr(""), description="base64; keyed hashes stand on it")
    service_token: SecretStr = Field(SecretStr(""), description="What services show each other; empty: from keys.json")
    log_level: str = Field("INFO", pattern="^(DEBUG|INFO|WARNING|ERROR)$", description="Least level that is logged")
    http_host: str = Field("127.0.0.1", description="Address the HTTP doors listen on")
    shutdown_seconds: Seconds = Field(20, description="How long a stop waits for work in hand")
    database_pool: int = Field(
        10, ge=3, le=200, description="Connections a service keeps to its database; one is the event relay's"
    )
    consumer_batch: int = Field(200, ge=1, le=5000, description="Most records handled in one transaction")
    round_seconds: float = Field(
        0.3,
        ge=0,
        le=10,
        description="Least time between rounds of events: longer ones do more at once; what comes alone never waits",
    )
    consumer_attempts: int = Field(8, ge=1, le=100, description="Tries of a failing record before it is a dead letter")
    consumer_backoff_seconds: Seconds = Field(0.1, description="First pause after a failure; doubles each time")
    dead_letters_in_a_row: int = Field(50, ge=1, description="After so many a consumer stops and says so")
    retention_days: int = Field(30, ge=1, description="How long published events and inbox ids are kept")

    @field_validator("database_url", check_fields=False)
    @classmethod
    def _follow_data_dir(cls, url: str, info: ValidationInfo) -> str:
        """Put a service's default database into `data_dir`."""
        is_default = url == cls.model_fields["database_url"].default
        return f"sqlite:///{info.data['data_dir'] / Path(url).name}" if is_default and "data_dir" in info.data else url

    def blob_location(self) -> str:
        """Return the blob store's URL, the default made absolute."""
        return self.blob_url or f"file://{(self.data_dir / 'blobs').resolve()}"

    def patience(self) -> Patience:
        """Return how consumers treat failing records."""
        return Patience(self.consumer_attempts, self.consumer_backoff_seconds, self.dead_letters_in_a_row)

    def key_ring(self) -> KeyRing:
        """Return the configured keys, or those of `<data_dir>/keys.json`. Raises `KeyRingError`."""
        if self.master_keys.get_secret_value():
            return KeyRing.parse(self.master_keys.get_secret_value(), self.lookup_key.get_secret_value())
        local = load_local_keys(self.data_dir)
        return KeyRing.parse(local["master_keys"], local["lookup_key"])

    def internal_token(self) -> str:
        """Return the token that services show each other."""
        return self.service_token.get_secret_value() or load_local_keys(self.data_dir)["service_token"]


def load_local_keys(data_dir: Path) -> dict[str, str]:
    """Read `<data_dir>/keys.json`, readable by its owner only; keys it lacks are made and added.

    Raises `MisconfiguredError` where the folder or the file cannot be used; a broken file is never replaced, as
    everything sealed with its keys would be lost.
    """
    path = data_dir / "keys.json"
    try:
        data_dir.mkdir(parents=True, exist_ok=True)
        with _locked(data_dir) as folder:
            keys: dict[str, str] = json.loads(path.read_text()) if path.exists() else {}
            missing = {name: make() for name, make in _LOCAL_KEYS.items() if name not in keys}
            if missing:
                _replace_safely(path, json.dumps(keys | missing, indent=2), folder)
    except OSError as error:
        raise MisconfiguredError(f"TRAMITE_DATA_DIR: {path}: {error.strerror}") from error
    except ValueError:
        raise MisconfiguredError(f"{path} is not JSON: put back the copy you kept of it") from None
    return keys | missing


def _replace_safely(path: Path, text: str, folder: int) -> None:
    """Write a file that is whole, and on disk, before it takes its name."""
    draft = path.with_suffix(f".{os.getpid()}.tmp")
    draft.unlink(missing_ok=True)
    draft.touch(mode=0o600)
    with draft.open("w") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)
    os.fsync(folder)


@contextmanager
def _locked(folder: Path) -> Iterator[int]:
    """Keep other processes out of `folder`'s keys: two that make them at once must end with the same ones."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield descriptor
    finally:
        os.close(descriptor)
