"""Patterns that tell in one fast pass whether a text is worth a closer look."""

from typing import Any

import re2

_MEMORY = 64 << 20


def quick_pattern(source: str) -> Any:  # noqa: ANN401  # RE2 ships no types
    """Return a pattern of RE2, whose one pass over the text tells whether a closer look is worth it."""
    options = re2.Options()
    options.max_mem = _MEMORY
    return re2.compile(source, options)
