"""`python -m pytest -p tests.infrastructure.plain`: the loops run as they are written, not as built."""

import sys
from collections.abc import Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec
from importlib.util import spec_from_file_location
from types import ModuleType

from tests.infrastructure.loops import ROOT, list_sources


class _Plain(MetaPathFinder):
    """Finds the sources of what is compiled before Python finds what was built."""

    def __init__(self) -> None:
        self._sources = list_sources(ROOT)

    def find_spec(
        self, fullname: str, _path: Sequence[str] | None = None, _target: ModuleType | None = None
    ) -> ModuleSpec | None:
        source = self._sources.get(fullname)
        return spec_from_file_location(fullname, source) if source else None


sys.meta_path.insert(0, _Plain())
