"""How a command fails: with a sentence and an exit code, not with a traceback."""

from typing import Any

import typer
from pydantic import ValidationError
from pydantic_core import ErrorDetails
from typer.core import TyperGroup

from shared.db import is_outage
from shared.misconfiguration import MisconfiguredError

UNUSABLE_SETTINGS = 2
FAILED = 1


class SpeakingGroup(TyperGroup):
    """A group of commands whose foreseeable failures end in one sentence.

    Exit code 2: a setting cannot be used, its variable is named. Exit code 1: what was asked for cannot be done now.
    """

    def invoke(self, ctx: Any) -> object:  # noqa: ANN401 - the library keeps its context's type to itself
        """Run the command."""
        try:
            return super().invoke(ctx)
        except (ValidationError, MisconfiguredError) as error:
            sentence = describe_settings(error)
            if sentence is None:
                raise
            typer.echo(f"settings: {sentence}", err=True)
            raise typer.Exit(UNUSABLE_SETTINGS) from None
        except (typer.Exit, typer.Abort):
            raise
        except RuntimeError as error:
            typer.echo(str(error), err=True)
            raise typer.Exit(FAILED) from None
        except Exception as error:
            if not is_outage(error):
                raise
            typer.echo(f"not reachable now: {describe_outage(error)}", err=True)
            raise typer.Exit(FAILED) from None


def describe_settings(error: ValidationError | MisconfiguredError) -> str | None:
    """Return what is wrong with which variable, without its value; None if it is not about settings at all."""
    if not isinstance(error, ValidationError):
        return str(error)
    if not error.title.endswith("Settings"):
        return None
    return "; ".join(_describe_field(item) for item in error.errors(include_input=False, include_url=False))


def describe_outage(error: Exception) -> str:
    """Return in one line what does not answer, as the operating system or the driver says it."""
    said = getattr(error, "strerror", None) or str(getattr(error, "orig", None) or error)
    return f"{type(error).__name__}: {said.partition(chr(10))[0]}"


def _describe_field(item: ErrorDetails) -> str:
    name = str(item["loc"][0]) if item["loc"] else "settings"
    variable = name if name.startswith("TRAMITE_") else f"TRAMITE_{name.upper()}"
    return f"{variable}: {item['msg']}"
