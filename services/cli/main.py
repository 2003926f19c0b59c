"""The `tramite` command."""

import asyncio
from collections.abc import Coroutine
from importlib import import_module
from typing import Annotated, Any

import typer
import uvloop

from services.cli.failure import SpeakingGroup
from services.cli.installation import NAMES

_MORE_COMMANDS = {
    "dead": "services.cli.dead_letters",
    "keys": "services.cli.keys",
    "policy": "services.policy.commands",
    "mail": "services.delivery.commands",
    "token": "services.gateway.commands",
    "metrics": "services.metrics.commands",
}


class InstalledCommands(SpeakingGroup):
    """The commands of this module, and those of others under a word of their own, imported when it is said.

    A service that runs by itself would otherwise carry what the commands of all the others need.
    """

    def list_commands(self, ctx: Any) -> list[str]:  # noqa: ANN401 - the library keeps its context's type to itself
        """Return all words, in the order of the help text."""
        return [*super().list_commands(ctx), *_MORE_COMMANDS]

    def get_command(self, ctx: Any, cmd_name: str) -> Any:  # noqa: ANN401 - see above
        """Return what a word stands for, None if it stands for nothing."""
        if module := _MORE_COMMANDS.get(cmd_name):
            group = typer.main.get_group(import_module(module).app)
            group.name = cmd_name
            return group
        return super().get_command(ctx, cmd_name)


app = typer.Typer(
    cls=InstalledCommands,
    no_args_is_help=True,
    add_completion=False,
    help="Buyer-seller messaging for marketplaces.",
    pretty_exceptions_enable=False,
)

ServiceName = Annotated[str, typer.Argument(help=f"{', '.join(NAMES)}, or all", metavar="SERVICE")]


@app.command()
def run(
    service: ServiceName = "all",
    *,
    demo: Annotated[bool, typer.Option(help="Record a demo marketplace and play a conversation once")] = False,
) -> None:
    """Run one service, or all of them in this process, until Ctrl-C."""
    from services.cli import launch  # noqa: PLC0415 - only what a command needs is imported, so that each starts fast

    started = None
    if demo:
        from services.demo.play import play_once  # noqa: PLC0415 - see above

        started = play_once
    _run(launch.run(_expand(service), started=started))


@app.command()
def migrate(service: ServiceName = "all") -> None:
    """Bring databases to the newest schema; safe to repeat and to run from several machines."""
    from services.cli import launch  # noqa: PLC0415 - see `run`

    names = _expand(service)
    _run(launch.migrate(names))
    typer.echo(f"migrated: {', '.join(names)}")


@app.command()
def demo() -> None:
    """Record the demo marketplace and play its conversation against a running installation."""
    from services.demo.play import play  # noqa: PLC0415 - see `run`

    _run(play())


@app.command()
def settings() -> None:
    """List every setting with its default."""
    from services.cli.settings import render_settings  # noqa: PLC0415 - see `run`

    typer.echo(render_settings())


def _expand(service: str) -> list[str]:
    if service == "all":
        return list(NAMES)
    if service not in NAMES:
        raise typer.BadParameter(f"{service}: choose one of {', '.join(NAMES)}, all", param_hint="SERVICE")
    return [service]


def _run(work: Coroutine[Any, Any, None]) -> None:
    """Run to the end on uvloop."""
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(work)
