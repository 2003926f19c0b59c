"""What the code imports is what the image installs; what only happens to be on this machine is missed there."""

import ast
import re
import sys
from importlib.metadata import packages_distributions

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


def normalise(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


# One test for all names: to read them while tests are collected took every worker a second.
def test_imported_libraries_are_installed_in_the_image() -> None:
    text = (ROOT / "requirements.txt").read_text(encoding="utf-8")
    pinned = {normalise(found) for found in re.findall(r"^([\w.-]+)==", text, flags=re.MULTILINE)}
    owners = packages_distributions()
    imported = {name: {normalise(owner) for owner in owners.get(name, ())} for name in list_imports()}
    assert {"fastapi", "sqlalchemy"} <= imported.keys()
    assert {name: found for name, found in imported.items() if not found & pinned} == {}
