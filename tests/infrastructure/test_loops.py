import os
from collections.abc import Callable
from importlib.machinery import EXTENSION_SUFFIXES
from pathlib import Path

import pytest

from tests.infrastructure import loops
from tests.infrastructure.loops import LoopsError, are_compiled, can_compile

PROJECT = '[[tool.setuptools.ext-modules]]\nname = "{0}"\nsources = ["services/{0}.py"]\n'
BUILT = EXTENSION_SUFFIXES[0]

Write = Callable[[str, int], None]


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A project of two modules, neither built."""
    (tmp_path / "services").mkdir()
    (tmp_path / "pyproject.toml").write_text("\n".join(map(PROJECT.format, ("one", "two"))))
    return tmp_path


@pytest.fixture
def write(root: Path) -> Write:
    """Give a function that writes a file at a time."""

    def at(name: str, seconds: int) -> None:
        path = root / "services" / name
        path.touch()
        os.utime(path, (seconds, seconds))

    for name in ("one.py", "one.pxd", "two.py"):
        at(name, 100)
    return at


def answer(root: Path, status: int) -> str:
    """Answer a compiler that only ends, with a status."""
    path = root / f"cc{status}"
    path.write_text(f"#!/bin/sh\nexit {status}\n")
    path.chmod(0o755)
    return str(path)


def test_what_was_built_after_it_was_written_is_compiled(root: Path, write: Write) -> None:
    for name in ("one", "two"):
        write(f"{name}{BUILT}", 101)
    assert are_compiled(root)


@pytest.mark.parametrize("edited", ["one.py", "one.pxd", "two.py"])
def test_what_was_written_after_it_was_built_is_refused(root: Path, write: Write, edited: str) -> None:
    for name in ("one", "two"):
        write(f"{name}{BUILT}", 101)
    write(edited, 102)
    with pytest.raises(LoopsError, match=f"^services/{edited} is newer than what was compiled: `make install`"):
        are_compiled(root)


@pytest.mark.usefixtures("write")
def test_what_is_not_built_is_plain(root: Path) -> None:
    assert not are_compiled(root)


@pytest.mark.usefixtures("write")
@pytest.mark.parametrize(("status", "to_do"), [(0, 1), (1, 0)])
def test_there_is_something_to_do_where_a_compiler_is(
    root: Path, monkeypatch: pytest.MonkeyPatch, status: int, to_do: int
) -> None:
    monkeypatch.setattr(loops, "ROOT", root)
    monkeypatch.setenv("CC", f"{answer(root, status)} -pthread")
    assert loops.main() == to_do
    monkeypatch.setenv("CC", "/nowhere/cc")
    assert loops.main() == 0


def test_half_of_it_is_never_right(root: Path, write: Write) -> None:
    write(f"one{BUILT}", 101)
    with pytest.raises(LoopsError, match=r"^services/two\.py is not compiled as the others are: `make install`"):
        are_compiled(root)


def test_a_copy_is_as_compiled_as_what_it_is_of(root: Path, write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loops, "ROOT", root)
    for name in ("one", "two"):
        write(f"{name}{BUILT}", 101)
    assert loops.main() == 0
    write("one.py", 102)
    assert are_compiled(root)
    (root / "services" / "one.py").write_text("changed = True")
    with pytest.raises(LoopsError, match="is newer"):
        are_compiled(root)


def test_what_is_no_longer_compiled_must_go(root: Path, write: Write) -> None:
    for name in ("one", "two", "three"):
        write(f"{name}{BUILT}", 101)
    with pytest.raises(LoopsError, match=r"^services/three\S* is of nothing that is compiled: `make install`"):
        are_compiled(root)


def test_what_another_python_built_is_not_taken(root: Path, write: Write, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CC", answer(root, 1))
    write("one.cpython-27-sparc.so", 101)
    assert not are_compiled(root)


@pytest.mark.usefixtures("write")
def test_required_loops_must_be_compiled(
    pytester: pytest.Pytester, root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(loops, "ROOT", root)
    monkeypatch.setenv("CC", answer(root, 1))
    options = ("-p", "tests.infrastructure.components", "-p", "no:asyncio")
    monkeypatch.delenv("TRAMITE_REQUIRE", raising=False)
    pytester.runpytest(*options).stdout.fnmatch_lines(["loops: plain"])
    monkeypatch.setenv("TRAMITE_REQUIRE", "compiled")
    result = pytester.runpytest(*options)
    assert result.ret is pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["*compiled loops are required, and this run would get plain*"])


def test_a_compiler_without_headers_is_none(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("sysconfig.get_path", lambda _name: str(tmp_path))
    assert not can_compile()
