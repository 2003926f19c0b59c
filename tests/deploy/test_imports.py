"""What the code imports is what the image installs; what only happens to be on this machine is missed there."""

import ast
import re
import sys
from collections.abc import Mapping
from functools import cache
from importlib.metadata import packages_distributions

import pytest

from tests.deploy.compose import ROOT

OWN = {"services", "shared"}


def list_imports() -> set[str]:
    """Return the first parts of all names that the services import, with those inside functions."""
    names = set[str]()
    for folder in sorted(OWN):
        for file in (ROOT / folder).rglob("*.py"):
            for node in ast.walk(ast.parse(file.read_bytes())):
                if isinstance(node, ast.Import):
                    names |= {alias.name.partition(".")[0] for alias in node.names}
                elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                    names.add(node.module.partition(".")[0])
    return names - OWN - sys.stdlib_module_names


@cache
def list_owners() -> Mapping[str, list[str]]:
    """Return which distributions have each importable name; reading the files of all takes its time."""
    return packages_distributions()


def normalise(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


@pytest.mark.parametrize("name", sorted(list_imports()))
def test_imported_library_is_installed_in_the_image(name: str) -> None:
    text = (ROOT / "requirements.txt").read_text(encoding="utf-8")
    pinned = {normalise(found) for found in re.findall(r"^([\w.-]+)==", text, flags=re.MULTILINE)}
    owners = {normalise(owner) for owner in list_owners().get(name, ())}
    assert owners & pinned, f"{name} (of {sorted(owners)}) is not in requirements.txt"
