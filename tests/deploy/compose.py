"""The compose file as `docker compose` would understand it, as far as the project uses its language."""

import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[2]
FILE = ROOT / "docker-compose.yml"
EXAMPLE_ENV = ROOT / "deploy/env/example.env"
SERVICES = ("gateway", "alias", "policy", "delivery", "metrics")
OURS = ("migrate", *SERVICES)

_VARIABLE = re.compile(r"\$(?:\$|\{(?P<name>\w+)(?:(?P<how>:[?-])(?P<word>[^}]*))?\})")

Section = dict[str, Any]


class MissingVariableError(Exception):
    """A variable that the file insists on is not set."""


@cache
def _parse() -> Section:
    parsed: Section = yaml.safe_load(FILE.read_text(encoding="utf-8"))
    return parsed


def load(environment: Mapping[str, str] | None = None) -> Section:
    """Return the file with its variables filled in, from `made_up_environment` if none is given.

    Raises `MissingVariableError` with the file's own words for a variable that it insists on.
    """
    filled: Section = _fill(_parse(), made_up_environment() if environment is None else environment)
    return filled


def load_service(name: str) -> Section:
    """Return one service's section, filled in."""
    section: Section = load()["services"][name]
    return section


def raw_services() -> dict[str, Section]:
    """Return the services with their variables as they are written."""
    services: dict[str, Section] = _parse()["services"]
    return services


def insisted_variables() -> set[str]:
    """Return the variables without which nothing starts."""
    return {match["name"] for match in _VARIABLE.finditer(FILE.read_text(encoding="utf-8")) if match["how"] == ":?"}


def used_variables() -> set[str]:
    """Return all variables that the file reads."""
    return {match["name"] for match in _VARIABLE.finditer(FILE.read_text(encoding="utf-8")) if match["name"]}


def made_up_environment() -> dict[str, str]:
    """Return a value for each variable that the file insists on, all different."""
    key = "A" * 43 + "="
    keys = {"TRAMITE_MASTER_KEYS": f"k1:{key}", "TRAMITE_LOOKUP_KEY": key}
    return {name: keys.get(name, f"made-up-{name.lower().replace('_', '-')}") for name in insisted_variables()}


def read_env_file(path: Path) -> dict[str, str]:
    """Return the variables of a file that `docker compose` would read, comments left out."""
    lines = path.read_text(encoding="utf-8").splitlines()
    pairs = (line.partition("=") for line in lines if line and not line.startswith("#"))
    return {name: value for name, _, value in pairs}


def _fill(node: Any, environment: Mapping[str, str]) -> Any:  # noqa: ANN401 - YAML is what it is
    if isinstance(node, dict):
        return {key: _fill(value, environment) for key, value in node.items()}
    if isinstance(node, list):
        return [_fill(value, environment) for value in node]
    if isinstance(node, str):
        return _VARIABLE.sub(lambda match: _replace(match, environment), node)
    return node


def _replace(match: re.Match[str], environment: Mapping[str, str]) -> str:
    name = match["name"]
    if name is None:
        return "$"
    value = environment.get(name, "")
    if match["how"] == ":?" and not value:
        raise MissingVariableError(f"{name}: {match['word']}")
    return value or (match["word"] if match["how"] == ":-" else "")
