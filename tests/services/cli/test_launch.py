import asyncio
import logging
import os
import signal
from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest
import structlog

from services.cli import launch
from services.cli.installation import load_service
from shared import migrations
from shared.misconfiguration import MisconfiguredError
from tests.infrastructure.process import free_port
from tests.infrastructure.waiting import until


@pytest.fixture
def ports(data_dir: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, int]]:
    """Free ports for two services that nobody else needs; logging is put back as it was."""
    assert not data_dir.exists()
    chosen = {"alias": free_port(), "metrics": free_port()}
    for name, port in chosen.items():
        monkeypatch.setenv(f"TRAMITE_{name.upper()}_PORT", str(port))
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield chosen
    structlog.reset_defaults()
    root.handlers[:] = handlers
    root.setLevel(level)


async def is_ready(port: int) -> bool:
    async with httpx2.AsyncClient(base_url=f"http://127.0.0.1:{port}") as client:
        return (await client.get("/health/ready")).status_code == 200


async def test_several_in_one_process_migrate_themselves_serve_and_stop(ports: dict[str, int]) -> None:
    ready: list[bool] = []

    async def look_and_stop() -> None:
        ready.extend([await is_ready(port) for port in ports.values()])
        os.kill(os.getpid(), signal.SIGTERM)

    await asyncio.wait_for(launch.run(list(ports), started=look_and_stop), 60)
    assert ready == [True, True]


async def test_one_alone_waits_until_somebody_has_migrated(
    ports: dict[str, int], data_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(launch, "_MIGRATION_POLL_SECONDS", 0.01)
    up = asyncio.Event()

    async def note() -> None:
        up.set()

    def is_waiting() -> bool:
        # What follows the start has the terminal, so the log is beside the data.
        log = data_dir / "tramite.log"
        return log.exists() and "run.waiting_for_migration" in log.read_text()

    running = asyncio.create_task(launch.run(["alias"], started=note))
    await until(is_waiting, "it to say that it waits", limit=30)
    assert not up.is_set()
    await launch.migrate(["alias"])
    await asyncio.wait_for(up.wait(), 30)
    assert await is_ready(ports["alias"])
    os.kill(os.getpid(), signal.SIGINT)
    await asyncio.wait_for(running, 30)


@pytest.mark.usefixtures("data_dir")
async def test_migrating_brings_databases_to_the_newest_revision() -> None:
    await launch.migrate(["alias", "metrics"])
    for service in map(load_service, ["alias", "metrics"]):
        database = service.open_database()
        assert await migrations.is_current(database, service.migrations)
        await database.close()


async def test_a_bus_that_does_not_exist_is_named(ports: dict[str, int], monkeypatch: pytest.MonkeyPatch) -> None:
    assert ports
    monkeypatch.setenv("TRAMITE_BUS_URL", "pigeon://post")
    with pytest.raises(MisconfiguredError, match="TRAMITE_BUS_URL"):
        await launch.run(["alias", "metrics"])
