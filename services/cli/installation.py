"""The five services as whoever starts them sees them: settings, app, migrations, tables."""

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path

from fastapi import FastAPI
from sqlalchemy import MetaData

from shared.bus import Bus
from shared.db import Database
from shared.settings import SharedSettings

NAMES = ("gateway", "alias", "policy", "delivery", "metrics")
TOPICS = tuple(f"{name}.events" for name in NAMES)


@dataclass(frozen=True, slots=True)
class InstalledService:
    """One service, ready to be started."""

    name: str
    settings_class: type[SharedSettings]
    create_app: Callable[[SharedSettings, Bus], FastAPI]
    migrations: Path
    metadata: MetaData

    def open_database(self) -> Database:
        """Open the service's database as its settings name it."""
        settings = self.settings_class()
        return Database(read_database_url(settings), service=self.name, pool=settings.database_pool)


def load_service(name: str) -> InstalledService:
    """Import one service; only those that are asked for cost memory and time. Raises `KeyError` for other names."""
    if name not in NAMES:
        raise KeyError(f"no service {name!r}; there are {', '.join(NAMES)}")
    app = import_module(f"services.{name}.app")
    return InstalledService(
        name=name,
        settings_class=load_settings(name),
        create_app=app.create_app,
        migrations=app.MIGRATIONS,
        metadata=import_module(f"services.{name}.models").Base.metadata,
    )


def load_settings(name: str) -> type[SharedSettings]:
    """Import one service's settings class."""
    settings: type[SharedSettings] = import_module(f"services.{name}.settings").Settings
    return settings


def read_database_url(settings: SharedSettings) -> str:
    """Return a service's database URL."""
    url: str = settings.database_url  # type: ignore[attr-defined]  # each service's settings have it
    return url


def read_port(settings: SharedSettings) -> int:
    """Return a service's HTTP port."""
    port: int = settings.port  # type: ignore[attr-defined]  # each service's settings have it
    return port
