"""Each service can be put together from what the compose file gives it, and from nothing else."""

import os
from pathlib import Path

import httpx2
import pytest
from fastapi import FastAPI

from services.cli.installation import NAMES, load_service, read_port
from shared.bus import MemoryBus
from tests.deploy import compose
from tests.infrastructure.process import free_port


@pytest.fixture
def container(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> str:
    """Give the environment of one service's container, in a folder where nothing may be written."""
    for variable in [name for name in os.environ if name.startswith(("TRAMITE_", "AWS_"))]:
        monkeypatch.delenv(variable)
    for variable, value in compose.load_service(request.param)["environment"].items():
        monkeypatch.setenv(variable, value)
    monkeypatch.chdir(tmp_path)
    name: str = request.param
    return name


def is_empty(folder: Path) -> bool:
    return not list(folder.iterdir())


async def ask(app: FastAPI, path: str) -> httpx2.Response:
    async with httpx2.AsyncClient(transport=httpx2.ASGITransport(app=app), base_url="http://container") as client:
        return await client.get(path)


@pytest.mark.parametrize("container", NAMES, indirect=True)
async def test_service_is_put_together_and_writes_no_file(container: str, tmp_path: Path) -> None:
    service = load_service(container)
    settings = service.settings_class()
    app = service.create_app(settings, MemoryBus([container]))
    assert (await ask(app, "/health/live")).json() == {"status": "live"}
    assert b"tramite_outbox_age_seconds" in (await ask(app, "/metrics")).content
    assert settings.http_host == "0.0.0.0"  # noqa: S104 - inside a container
    assert read_port(settings) == 8000 + NAMES.index(container)
    assert is_empty(tmp_path)


@pytest.mark.parametrize("container", NAMES, indirect=True)
async def test_service_is_not_ready_before_its_database_is_there(
    container: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    variable = f"TRAMITE_{container.upper()}_DATABASE_URL"
    # Where nobody listens; the container's name means nothing here.
    monkeypatch.setenv(variable, os.environ[variable].replace("@postgres:5432", f"@127.0.0.1:{free_port()}"))
    service = load_service(container)
    app = service.create_app(service.settings_class(), MemoryBus([container]))
    answer = await ask(app, "/health/ready")
    assert answer.status_code == 503
    assert set(answer.json()["checks"]) >= {"database", "bus", "migrations"}


@pytest.mark.parametrize("container", NAMES, indirect=True)
def test_service_opens_its_own_database(container: str, tmp_path: Path) -> None:
    database = load_service(container).open_database()
    assert database.url.startswith(f"postgresql+asyncpg://tramite_{container}:")
    assert not database.is_sqlite
    assert is_empty(tmp_path)
