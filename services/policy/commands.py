"""What operators do with the policy gate from the command line."""

import sys
from pathlib import Path
from typing import Annotated

import typer

from services.policy.gate.check import Summary, check_lines
from services.policy.gate.rule import RuleError
from services.policy.gate.ruleset import PACKAGED, RuleSet
from shared.catalogue import Catalogue

app = typer.Typer(help="Check messages against the policy rules.", no_args_is_help=True)


@app.callback()
def policy() -> None:
    """Check messages against the policy rules."""


@app.command()
def check(
    file: Annotated[Path, typer.Argument(help="Messages, one JSON object a line; - reads standard input.")],
    rules: Annotated[Path, typer.Option(help="Folder of rule files.")] = PACKAGED,
) -> None:
    """Judge messages by their content alone; decisions go to standard output, a summary to standard error.

    A line that cannot be read gives an error line and does not stop the run. The exit status is 1 if there was one,
    and 2 if the file or the rules could not be used at all.
    """
    summary = Summary()
    try:
        rule_set = RuleSet.load(rules)
        with sys.stdin.buffer if str(file) == "-" else file.open("rb") as lines:
            for answer in check_lines(lines, rule_set, Catalogue.load().storefront_domains, summary):
                sys.stdout.write(answer + "\n")
    except (OSError, RuleError) as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(2) from None
    typer.echo(str(summary), err=True)
    if summary.errors:
        raise typer.Exit(1)
