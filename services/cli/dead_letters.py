"""`tramite dead`: events that could not be handled, listed, shown and tried again."""

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Annotated

import typer
from sqlalchemy import RowMapping

from services.cli.installation import NAMES, load_service
from shared import inbox
from shared.db import Database
from shared.migrations import require_current

app = typer.Typer(help="Events that could not be handled.", no_args_is_help=True)

ServiceName = Annotated[str, typer.Argument(help=", ".join(NAMES), metavar="SERVICE")]


@app.command("list")
def list_letters(
    service: Annotated[str | None, typer.Argument(help="One service; without it all", metavar="[SERVICE]")] = None,
    *,
    limit: Annotated[int, typer.Option(min=1, max=1000, help="Most rows for each service")] = 50,
    after: Annotated[int, typer.Option(min=0, help="Only ids above this one")] = 0,
) -> None:
    """List dead letters: service, id, event type, key, attempts, time, cause."""
    for name in [service] if service else NAMES:
        for row in asyncio.run(_read(_check(name), limit, after)):
            retry = " (retry asked)" if row["retry_requested_at"] else ""
            typer.echo(
                f"{name:9} {row['id']:>6}  {row['headers'].get('ce_type', '?'):24} {row['key']}  "
                f"tries {row['attempts']}  {row['died_at']:%Y-%m-%d %H:%M:%S}  {row['cause']}{retry}"
            )


@app.command()
def show(service: ServiceName, dead_id: Annotated[int, typer.Argument(metavar="ID")]) -> None:
    """Show one dead letter with its attributes and data (personal data in it is sealed)."""
    row = asyncio.run(_read_one(_check(service), dead_id))
    if row is None:
        typer.echo(f"{service} has no dead letter {dead_id}", err=True)
        raise typer.Exit(1)
    typer.echo(json.dumps({**row, "value": row["value"].decode(errors="replace")}, indent=2, default=str))


@app.command()
def retry(
    service: ServiceName,
    dead_ids: Annotated[list[int] | None, typer.Argument(metavar="[ID]...")] = None,
    *,
    every: Annotated[bool, typer.Option("--all", help="All dead letters of the service")] = False,
) -> None:
    """Ask the running service to try dead letters again; it takes them up within a second or two."""
    if not dead_ids and not every:
        raise typer.BadParameter("name ids, or give --all")
    count = asyncio.run(_request(_check(service), None if every else dead_ids))
    typer.echo(f"{count} asked for")


def _check(service: str) -> str:
    if service not in NAMES:
        raise typer.BadParameter(f"{service}: choose one of {', '.join(NAMES)}", param_hint="SERVICE")
    return service


@asynccontextmanager
async def _open(service: str) -> AsyncIterator[Database]:
    """Open a service's database; raises `RuntimeError` where its tables are not there yet."""
    installed = load_service(service)
    database = installed.open_database()
    try:
        await require_current(database, installed.migrations)
        yield database
    finally:
        await database.close()


async def _read(service: str, limit: int, after: int) -> Sequence[RowMapping]:
    async with _open(service) as database, database.reading() as session:
        return await inbox.list_dead(session, limit, after)


async def _read_one(service: str, dead_id: int) -> RowMapping | None:
    async with _open(service) as database, database.reading() as session:
        return await inbox.get_dead(session, dead_id)


async def _request(service: str, dead_ids: Sequence[int] | None) -> int:
    async with _open(service) as database, database.transaction() as session:
        return await inbox.request_retry(session, dead_ids)
