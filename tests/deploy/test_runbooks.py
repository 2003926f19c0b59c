"""The runbooks: one for each alert, in one form, with commands that exist."""

import re
import shlex
from pathlib import Path

import pytest
import typer
import typer.main
from typer.core import TyperGroup

from services.cli.main import app
from tests.deploy.compose import ROOT, SERVICES, load
from tests.deploy.exposed import find_unknown
from tests.deploy.test_prometheus import ALERTS

FOLDER = ROOT / "docs/runbooks"
FILES = sorted(path for path in FOLDER.glob("*.md") if path.name != "README.md")
NAMES = [file.stem for file in FILES]


def list_commands(file: Path) -> list[list[str]]:
    """Return the lines of the page's shell blocks, in words."""
    blocks = re.findall(r"^```sh\n(.*?)^```", file.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)
    return [shlex.split(line, comments=True) for block in blocks for line in block.splitlines() if line.strip()]


def list_queries(file: Path) -> list[str]:
    blocks = re.findall(r"^```promql\n(.*?)^```", file.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)
    return [line for block in blocks for line in block.splitlines() if line.strip()]


def test_each_alert_has_a_page_and_no_page_is_left_over() -> None:
    assert sorted(NAMES) == sorted(ALERTS)


@pytest.mark.parametrize("file", FILES, ids=NAMES)
def test_page_says_what_it_means_how_to_look_and_what_to_do(file: Path) -> None:
    text = file.read_text(encoding="utf-8")
    assert text.startswith(f"# {file.stem}\n")
    assert re.findall(r"^## (.*)$", text, flags=re.MULTILINE) == ["What it means", "How to look", "What to do"]
    assert len(text.splitlines()) <= 60


@pytest.mark.parametrize("file", FILES, ids=NAMES)
def test_queries_ask_for_what_is_exposed(file: Path) -> None:
    assert [find_unknown(query) for query in list_queries(file)] == [[]] * len(list_queries(file))


@pytest.mark.parametrize("file", FILES, ids=NAMES)
def test_commands_exist(file: Path) -> None:
    for words in list_commands(file):
        assert words[:2] == ["docker", "compose"], words
        check_compose_command(words[2:])


def check_compose_command(words: list[str]) -> None:
    containers = set(load()["services"])
    verb, rest = words[0], words[1:]
    assert verb in {"ps", "logs", "restart", "exec", "up", "run"}, verb
    if verb in {"exec", "run"}:
        rest = [word for word in rest if word not in {"--rm", "-T"}]
        container, program = rest[0], rest[1:]
        assert container in containers
        if verb == "run":
            program = ["tramite", *program]
        if program[0] == "tramite":
            check_own_command(container, program[1:])
        else:
            assert container not in SERVICES or program[0] == "python"
        return
    named = [word for word in rest if not word.startswith("-") and not word.isdigit() and "=" not in word]
    assert set(named) <= {*containers, "10m", "1h"}, named


def check_own_command(container: str, words: list[str]) -> None:
    """Walk down the command's tree and let the last one read its arguments, without doing anything."""
    command = typer.main.get_command(app)
    rest = words
    while isinstance(command, TyperGroup):
        assert rest, f"{words}: which command?"
        context = command.context_class(command)
        named = command.get_command(context, rest[0])
        assert named is not None, words
        command, rest = named, rest[1:]
    try:
        command.make_context("tramite", list(rest))
    except typer.Exit:
        assert "--help" in rest
    # A container knows its own database and nobody else's.
    assert set(words) & set(SERVICES) <= {container}, words


@pytest.mark.parametrize(
    "words",
    [
        "exec policy tramite dead lst policy",
        "exec policy tramite dead",
        "exec policy tramite dead list alias",
        "kill policy",
        "restart polcy",
    ],
)
def test_wrong_command_would_be_noticed(words: str) -> None:
    with pytest.raises(AssertionError):
        check_compose_command(words.split())
