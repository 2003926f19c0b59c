import subprocess
import sys
from pathlib import Path

import pytest

from services.cli.installation import NAMES
from tests.services.cli.command import Command


def test_without_arguments_it_says_what_there_is(tramite: Command) -> None:
    said = tramite("--help").out
    for word in ("run", "migrate", "settings", "demo", "dead", "keys", "policy", "mail", "token", "metrics"):
        assert f" {word} " in said


@pytest.mark.parametrize("command", ["run", "migrate"])
def test_an_unknown_service_is_refused_with_the_names_of_the_others(tramite: Command, command: str) -> None:
    outcome = tramite(command, "postman")
    assert outcome.code == 2
    assert all(name in outcome.err for name in NAMES)


def test_migrating_makes_every_database_and_may_be_repeated(tramite: Command, data_dir: Path) -> None:
    for _ in range(2):
        outcome = tramite("migrate")
        assert (outcome.code, outcome.out) == (0, "migrated: gateway, alias, policy, delivery, metrics\n")
    assert {path.stem for path in data_dir.glob("*.db")} == set(NAMES)


def test_one_service_can_be_migrated_alone(tramite: Command, data_dir: Path) -> None:
    assert tramite("migrate", "alias").code == 0
    assert [path.name for path in data_dir.glob("*.db")] == ["alias.db"]


def test_rebuilding_turns_is_a_command(tramite: Command) -> None:
    assert tramite("migrate", "metrics").code == 0
    assert tramite("metrics", "rebuild").out == "0 threads\n"


def test_a_service_by_itself_carries_nothing_of_the_others() -> None:
    imports = "import sys, services.cli.main, services.alias.app; print(*sys.modules)"
    said = subprocess.run([sys.executable, "-c", imports], capture_output=True, text=True, check=True).stdout
    owners = {name.split(".")[1] for name in said.split() if name.startswith("services.")}
    assert owners == {"cli", "alias"}
