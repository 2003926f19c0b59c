"""Commands of the gateway: tokens made directly in its database, for whoever has access to that already."""

import asyncio
from typing import Annotated

import typer

from services.gateway.access.domain import CallerRole
from services.gateway.access.service import make_token
from services.gateway.settings import Settings
from shared.db import Database
from shared.problems import Problem

app = typer.Typer(help="Bearer tokens for the gateway's API.", no_args_is_help=True)


@app.callback()
def group() -> None:
    """Bearer tokens for the gateway's API."""


@app.command()
def create(
    role: Annotated[CallerRole, typer.Option(help="In whose name the token acts")] = CallerRole.OPERATOR,
    subject: Annotated[str | None, typer.Option(help="Id of the seller or buyer; none for an operator")] = None,
    label: Annotated[str, typer.Option(help="What it is for")] = "made on the command line",
) -> None:
    """Make a token in the gateway's database and print its secret, which is shown only now."""
    try:
        typer.echo(asyncio.run(_create(Settings(), role, subject, label)))
    except Problem as problem:
        typer.echo(problem.detail, err=True)
        raise typer.Exit(1) from None


async def _create(settings: Settings, role: CallerRole, subject: str | None, label: str) -> str:
    database = Database(settings.database_url, service="gateway")
    try:
        async with database.transaction() as session:
            _, secret = await make_token(session, role=role, subject=subject, label=label[:200])
    finally:
        await database.close()
    return secret
