"""`tramite metrics`: what operators do with response turns."""

import asyncio
from datetime import timedelta

import typer

from services.metrics.metrics import ResponseMetrics
from services.metrics.service import Stopwatch
from services.metrics.settings import Settings
from shared.db import Database

app = typer.Typer(help="Response turns.", no_args_is_help=True)


@app.callback()
def metrics() -> None:
    """Look after response turns."""


@app.command()
def rebuild() -> None:
    """Compute all response turns anew from what is known of messages (R-METRICS-4); safe while the service runs.

    For use after TRAMITE_METRICS_TARGET_HOURS was changed, or where numbers are in doubt.
    """
    count = asyncio.run(_rebuild(Settings()))
    typer.echo(f"{count} threads")


async def _rebuild(settings: Settings) -> int:
    database = Database(settings.database_url, service="metrics", pool=settings.database_pool)
    try:
        return await Stopwatch(database, ResponseMetrics(), timedelta(hours=settings.target_hours)).rebuild()
    finally:
        await database.close()
