"""What operators do with the policy gate from the command line."""

import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from services.policy.gate.check import Summary, check_lines
from services.policy.gate.rule import RuleError
from services.policy.gate.ruleset import PACKAGED, RuleSet
from shared.catalogue import Catalogue
from shared.misconfiguration import MisconfiguredError

app = typer.Typer(help="The policy rules: check messages, read, compare and try rule sets.", no_args_is_help=True)


@app.callback()
def policy() -> None:
    """Check messages; read, compare and try rule sets."""


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


@app.command()
def rules(
    folder: Annotated[Path, typer.Option("--rules", help="Folder of rule files.")] = PACKAGED,
    language: Annotated[str, typer.Option(help="Language of what findings say: it, en, de, fr, es, ja.")] = "en",
) -> None:
    """Print the rules' documentation as Markdown: what each is for, how hard it is, what to do instead."""
    from services.policy.documentation import write_rules  # noqa: PLC0415 - `check` starts fast without it

    try:
        typer.echo(write_rules(RuleSet.load(folder), language), nl=False)
    except (OSError, RuleError) as error:
        raise _fail(str(error)) from None


@app.command()
def diff(
    old: Annotated[Path, typer.Argument(help="Folder of rule files.")],
    new: Annotated[
        Path | None, typer.Argument(help="Another; without it OLD is compared with the shipped one.")
    ] = None,
) -> None:
    """Print in which rules two rule sets differ, and in what. The exit status is 1 if they do, 2 on errors."""
    from services.policy.comparison import compare_rules, write_comparison  # noqa: PLC0415 - see `rules`

    try:
        comparison = compare_rules(old, new) if new else compare_rules(PACKAGED, old)
    except (OSError, RuleError) as error:
        raise _fail(str(error)) from None
    for line in write_comparison(comparison):
        typer.echo(line)
    if not comparison.same:
        raise typer.Exit(1)


@app.command()
def replay(
    folder: Annotated[Path, typer.Option("--rules", help="Folder of the rule files to try.")],
    since: Annotated[datetime, typer.Option(help="Messages decided from then on, in UTC.")],
    until: Annotated[datetime | None, typer.Option(help="And before then; without it until now.")] = None,
    examples: Annotated[int, typer.Option(min=0, max=100, help="Most examples for each rule and kind of flip.")] = 3,
) -> None:
    """Judge past messages anew by other rules, and print whose verdicts would change, rule by rule, with examples.

    Nothing is counted, kept or told. The examples quote messages: they are for this terminal only.
    """
    from services.policy.replay.terminal import play  # noqa: PLC0415 - see `rules`

    try:
        lines = play(RuleSet.load(folder), _read_utc(since), _read_utc(until or datetime.now(UTC)), examples)
    except (OSError, RuleError, MisconfiguredError) as error:
        raise _fail(str(error)) from None
    for line in lines:
        typer.echo(line)


def _read_utc(moment: datetime) -> datetime:
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment


def _fail(cause: str) -> typer.Exit:
    """Say why a command cannot do its work; its exit status is 2."""
    typer.echo(cause, err=True)
    return typer.Exit(2)
