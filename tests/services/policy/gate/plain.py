"""Modules as they run where nothing is compiled."""

import importlib.util
from importlib.machinery import SourceFileLoader
from pathlib import Path
from types import ModuleType


def plainly(module: ModuleType) -> ModuleType:
    """Return `module` made of its Python source, under another name."""
    assert module.__file__ is not None
    path = Path(module.__file__)
    source = path.with_name(path.name.partition(".")[0] + ".py")
    loader = SourceFileLoader(f"{module.__name__}_plainly", str(source))
    spec = importlib.util.spec_from_loader(loader.name, loader)
    assert spec is not None
    plain = importlib.util.module_from_spec(spec)
    loader.exec_module(plain)
    return plain
