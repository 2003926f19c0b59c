"""Whether the gate's loops are compiled: those of the modules that have a `.pxd` beside them."""

from importlib import import_module
from importlib.machinery import EXTENSION_SUFFIXES
from pathlib import Path

_HERE = Path(__file__).parent


def is_compiled() -> bool:
    """Tell whether all are, as this process has them."""
    types = (path.relative_to(_HERE).with_suffix("") for path in _HERE.rglob("*.pxd"))
    modules = [import_module(".".join((__package__, *path.parts))) for path in types]
    return bool(modules) and all(str(module.__file__).endswith(tuple(EXTENSION_SUFFIXES)) for module in modules)
