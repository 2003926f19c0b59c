"""The project's own form: what is committed, where tests stand, what the lock files promise."""

import ast
import re
import subprocess
import tomllib
from pathlib import Path

import pytest

from tests.infrastructure.loops import list_sources

ROOT = Path(__file__).parents[1]

# Where a machine installs its packages from is its own affair; such an address in a file is there by accident.
# The dots stand in brackets, or this line would be the first finding.
REGISTRY = re.compile(
    r"pypi[.]org|pythonhosted[.]org|repo1?[.]maven|npmjs[.]org|crates[.]io|golang[.]org|deb[.]debian[.]org"
)
ADDRESS_IN_LOCK = re.compile(r"^\s*(--(extra-)?index-url|--find-links|--trusted-host)|://", re.MULTILINE)
PINNED = re.compile(r"^([a-z0-9][a-z0-9._-]*)==(\S+)", re.MULTILINE)

# Modules that only declare or put together: the types say all there is to say, and what they wire runs in the journeys.
DECLARING = frozenset({"app", "errors", "metrics", "models", "schemas", "settings"})


def committed(*patterns: str) -> list[Path]:
    """Answer what git has or would take, so that a file shows before it is committed."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "--", *patterns]
    names = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout.splitlines()
    return [ROOT / name for name in names if (ROOT / name).is_file()]


def relative(paths: list[Path]) -> list[str]:
    return [str(path.relative_to(ROOT)) for path in paths]


def has_functions(module: Path) -> bool:
    """Tell whether there is something to call in a module: a function, or a class with a method that does something."""
    tree = ast.parse(module.read_text())
    return any(isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) for node in ast.walk(tree))


def test_no_file_names_a_package_registry() -> None:
    naming = [path for path in committed() if REGISTRY.search(path.read_bytes().decode(errors="ignore"))]
    assert relative(naming) == []


def test_every_folder_of_tests_is_a_package() -> None:
    folders = {path.parent for path in committed("tests/*.py")}
    assert relative([folder for folder in sorted(folders) if not (folder / "__init__.py").is_file()]) == []


def test_tests_stand_where_the_source_stands() -> None:
    tests = [path for path in committed("tests/services/*.py", "tests/shared/*.py") if path.name.startswith("test_")]
    astray = [test for test in tests if not (ROOT / test.parent.relative_to(ROOT / "tests")).is_dir()]
    assert tests
    assert relative(astray) == []


def test_every_folder_that_does_something_has_its_tests() -> None:
    """Which lines they reach is for the coverage to say; that there is a place for them, and where, is said here."""
    folders = {
        path.parent
        for path in committed("services/*.py", "shared/*.py")
        if path.stem not in DECLARING | {"__init__"} and "migrations" not in path.parts and has_functions(path)
    }
    assert len(folders) > 20
    untested = [f for f in sorted(folders) if not list((ROOT / "tests" / f.relative_to(ROOT)).glob("test_*.py"))]
    assert relative(untested) == []


def test_what_is_compiled_has_its_types_and_its_tests_beside_it() -> None:
    """Where types stand, the running service looks for what is compiled."""
    sources = list_sources(ROOT)
    assert sources == {name: ROOT / f"{name.replace('.', '/')}.py" for name in sources}
    assert {path.with_suffix(".py") for path in committed("services/*.pxd", "shared/*.pxd")} == set(sources.values())
    assert all(source.is_relative_to(ROOT / "services/policy/gate") for source in sources.values())
    tests = [ROOT / "tests" / source.relative_to(ROOT).with_name(f"test_{source.name}") for source in sources.values()]
    assert relative([test for test in tests if not test.is_file()]) == []


def test_what_is_compiled_is_compiled_by_make_and_need_not_be() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    modules = project["tool"]["setuptools"]["ext-modules"]
    assert all(module["optional"] for module in modules)
    # Without, it would be half as fast where whoever builds has a CFLAGS, and where products are joined to sums, other.
    assert all({"-O3", "-ffp-contract=off"} <= set(module["extra-compile-args"]) for module in modules)
    command = ["make", "--silent", "--eval", "loops: ; @echo $(LOOPS)", "loops"]
    seen = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout.split()
    sources = relative(list(list_sources(ROOT).values()))
    assert sorted(seen) == sorted(path for source in sources for path in (source, source.removesuffix("py") + "pxd"))


@pytest.mark.parametrize("name", ["requirements.txt", "requirements-dev.txt"])
def test_lock_file_pins_by_hash_and_names_no_address(name: str) -> None:
    text = (ROOT / name).read_text()
    entries = re.split(r"^(?=[a-z0-9])", text, flags=re.MULTILINE)[1:]
    assert len(entries) > 10
    assert [entry.splitlines()[0] for entry in entries if "==" not in entry or "--hash=sha256:" not in entry] == []
    assert ADDRESS_IN_LOCK.search(text) is None


def test_lock_files_hold_what_the_project_asks_for() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    running = dict(PINNED.findall((ROOT / "requirements.txt").read_text()))
    working = dict(PINNED.findall((ROOT / "requirements-dev.txt").read_text()))
    assert names(project["project"]["dependencies"]) <= running.keys()
    assert names(project["dependency-groups"]["dev"]) <= working.keys()
    assert running.items() <= working.items()
    # What builds is installed for the build alone.
    assert "cython" not in working


def names(requirements: list[str]) -> set[str]:
    """Answer the normalised distribution names of requirement lines."""
    return {
        re.split(r"[\[<>=!~; ]", line, maxsplit=1)[0].lower().replace("_", "-").replace(".", "-")
        for line in requirements
    }
