"""Patterns that tell in one fast pass whether a text is worth a closer look."""

from collections.abc import Iterable
from typing import Any

import re2

BLANK = r"[\s\x0b\x1c-\x1f\x{85}\x{a0}\x{1680}\x{2000}-\x{200a}\x{2028}\x{2029}\x{202f}\x{205f}\x{3000}]"
"""What the `re` module takes for a blank; RE2's own `\\s` is narrower."""
LINE_END = r"[\n\r\x0b\x0c\x1c-\x1e\x{85}\x{2028}\x{2029}]"
"""What ends a line for `str.splitlines`."""
DIGIT = r"\p{Nd}"
"""What the `re` module takes for a digit."""
_MEMORY = 64 << 20


def quick_pattern(source: str) -> Any:  # noqa: ANN401  # RE2 ships no types
    """Return a pattern of RE2, whose one pass over the text tells whether a closer look is worth it."""
    return re2.compile(source, _options())


def quick_patterns(sources: Iterable[str]) -> Any:  # noqa: ANN401  # see above
    """Return patterns of RE2 as one, whose `Match` tells the numbers of those that a text has, or `None`."""
    patterns = re2.Set.SearchSet(_options())
    for source in sources:
        patterns.Add(source)
    patterns.Compile()
    return patterns


def _options() -> Any:  # noqa: ANN401  # see above
    options = re2.Options()
    options.max_mem = _MEMORY
    return options
