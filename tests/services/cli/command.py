"""The `tramite` command as somebody at a terminal sees it."""

from dataclasses import dataclass

from typer.testing import CliRunner

from services.cli.main import app


@dataclass(frozen=True)
class Outcome:
    """What a call printed, and its exit code."""

    code: int
    out: str
    err: str


class Command:
    """Calls `tramite` in this process."""

    def __call__(self, *arguments: object) -> Outcome:
        """Call it; an error that the command does not foresee is raised here."""
        result = CliRunner().invoke(app, [str(argument) for argument in arguments])
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        return Outcome(result.exit_code, result.stdout, result.stderr)
