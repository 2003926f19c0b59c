"""Starting services: one in its process, or all five in one (the all-in-one)."""

import asyncio
import gc
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TextIO

import structlog

from services.cli.installation import TOPICS, InstalledService, load_service, read_port
from shared import migrations
from shared.logging import configure_logging
from shared.runtime import Work, open_bus, serve

_MIGRATION_POLL_SECONDS = 1.0
_log = structlog.get_logger()


async def migrate(names: Sequence[str]) -> None:
    """Bring the databases of the named services to their newest revision."""
    for service in map(load_service, names):
        database = service.open_database()
        try:
            await migrations.upgrade(database, service.migrations)
        finally:
            await database.close()


async def run(names: Sequence[str], *, started: Work | None = None) -> None:
    """Run the named services in this process until a signal stops them.

    Several in one process need no `tramite migrate`; one alone waits until that has been done, as its neighbours
    share the database. `started` runs once all answer; it has the terminal, so the log goes to `tramite.log` in the
    data folder.
    """
    with _building():
        services = [load_service(name) for name in names]
    settings = services[0].settings_class()
    with ExitStack() as stack:
        stream = stack.enter_context(_open_log(settings.data_dir)) if started else sys.stderr
        configure_logging(settings.log_level, stream=stream)
        await _run(services, started)


async def _run(services: Sequence[InstalledService], started: Work | None) -> None:
    names = [service.name for service in services]
    if len(services) > 1:
        await migrate(names)
    else:
        await _wait_migrated(services[0])
    async with open_bus(services[0].settings_class(), names, TOPICS) as bus:
        apps = []
        with _building():
            for service in services:
                settings = service.settings_class()
                apps.append((service.create_app(settings, bus), settings.http_host, read_port(settings)))
        _log.info("run.starting", services=names)
        await serve(apps, started=started)
    _log.info("run.stopped", services=names)


@contextmanager
def _building() -> Iterator[None]:
    """Look for no garbage while much is made that stays: that would take a fifth of the start, and later as well."""
    gc.disable()
    try:
        yield
    finally:
        # What is garbage by now would be frozen, too, and stay for good.
        gc.collect()
        gc.freeze()
        gc.enable()


def _open_log(data_dir: Path) -> TextIO:
    data_dir.mkdir(parents=True, exist_ok=True)
    return (data_dir / "tramite.log").open("a", encoding="utf-8", buffering=1)


async def _wait_migrated(service: InstalledService) -> None:
    database = service.open_database()
    try:
        while not await migrations.is_current(database, service.migrations):
            _log.warning("run.waiting_for_migration", service=service.name, hint="run `tramite migrate`")
            await asyncio.sleep(_MIGRATION_POLL_SECONDS)
    finally:
        await database.close()
