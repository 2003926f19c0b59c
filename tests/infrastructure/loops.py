"""Whether the loops that pyproject.toml has compiled are: `python -m tests.infrastructure.loops` says so.

Python takes what was built before what is written beside it, however old it is. So a run of the tests is refused where
the two differ.
"""

import hashlib
import os
import shlex
import subprocess
import sys
import sysconfig
import tomllib
from collections.abc import Iterable
from importlib.machinery import EXTENSION_SUFFIXES
from pathlib import Path

ROOT = Path(__file__).parents[2]
_NOTE = "build/loops"
COMPILED = "compiled"
PLAIN = "plain (all works, slower; `make install` compiles them, on Debian with gcc libc6-dev python3-dev)"


class LoopsError(Exception):
    """What is built is not what is written, and what to do."""


def list_sources(root: Path) -> dict[str, Path]:
    """Return the names and the sources of the modules that pyproject.toml has compiled."""
    project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))
    return {module["name"]: root / module["sources"][0] for module in project["tool"]["setuptools"]["ext-modules"]}


def are_compiled(root: Path) -> bool:
    """Tell whether all loops are compiled; `LoopsError` where only some are, or not as they are written."""
    sources = set(list_sources(root).values())
    built = {source: path for path in _list_built(root) if (source := _source_of(path))}
    if stray := built.keys() - sources:
        raise LoopsError(f"{_name(built[min(stray)], root)} is of nothing that is compiled: `make install` removes it")
    if missing := sources - built.keys():
        if not built:
            return False
        raise LoopsError(f"{_name(min(missing), root)} is not compiled as the others are: `make install` does it")
    # One may be compiled with the types of another.
    written = _list_written(root)
    newest = max(written, key=_time)
    if _time(newest) > min(map(_time, built.values())) and not _is_noted(written, root):
        raise LoopsError(f"{_name(newest, root)} is newer than what was compiled: `make install` does it again")
    return True


def note(root: Path) -> None:
    """Note what was compiled: whoever copies a folder gives its files other times."""
    (root / _NOTE).parent.mkdir(exist_ok=True)
    (root / _NOTE).write_text(_digest(_list_written(root)), encoding="utf-8")


def _list_written(root: Path) -> list[Path]:
    sources = list_sources(root).values()
    return [*sources, *(path for source in sources if (path := source.with_suffix(".pxd")).exists())]


def _is_noted(written: Iterable[Path], root: Path) -> bool:
    return (root / _NOTE).exists() and (root / _NOTE).read_text(encoding="utf-8") == _digest(written)


def _digest(written: Iterable[Path]) -> str:
    digest = hashlib.sha256()
    for path in sorted(written):
        digest.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()


def can_compile() -> bool:
    """Tell whether a C compiler and Python's headers are there."""
    compiler = os.environ.get("CC") or sysconfig.get_config_var("CC") or "cc"
    options = ["-fsyntax-only", f"-I{sysconfig.get_path('include')}", "-x", "c", "-"]
    command = [*shlex.split(compiler), *options]
    try:
        return subprocess.run(command, input=b"#include <Python.h>\n", capture_output=True, check=False).returncode == 0
    except OSError:
        return False


def _list_built(root: Path) -> list[Path]:
    return [path for folder in ("services", "shared") for path in (root / folder).rglob("*.so")]


def _source_of(built: Path) -> Path | None:
    """Return what a built module was written as; of one that this Python would not take, nothing."""
    stem, _, suffix = built.name.partition(".")
    return built.with_name(f"{stem}.py") if f".{suffix}" in EXTENSION_SUFFIXES else None


def _name(path: Path, root: Path) -> str:
    return str(path.relative_to(root))


def _time(path: Path) -> int:
    return path.stat().st_mtime_ns


def main() -> int:
    """Say what the loops are; answer 1 where `make install` has something to do."""
    try:
        compiled = are_compiled(ROOT)
        if compiled:
            note(ROOT)
    except LoopsError as error:
        sys.stderr.write(f"loops: {error}\n")
        return 1
    sys.stdout.write(f"loops: {COMPILED if compiled else PLAIN}\n")
    return int(not compiled and can_compile())


if __name__ == "__main__":
    sys.exit(main())
