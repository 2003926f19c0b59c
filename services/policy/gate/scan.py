"""Patterns that tell in one fast pass whether a text is worth a closer look."""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import re2

BLANK = r"[\s\x0b\x1c-\x1f\x{85}\x{a0}\x{1680}\x{2000}-\x{200a}\x{2028}\x{2029}\x{202f}\x{205f}\x{3000}]"
"""What the `re` module takes for a blank; RE2's own `\\s` is narrower."""
LINE_END = r"[\n\r\x0b\x0c\x1c-\x1e\x{85}\x{2028}\x{2029}]"
"""What ends a line for `str.splitlines`."""
DIGIT = r"\p{Nd}"
"""What the `re` module takes for a digit."""
_MEMORY = 64 << 20


class Quick:
    """Patterns of RE2, of which one pass over a text tells whether a closer look is worth it."""

    def __init__(self, *sources: str) -> None:
        """Compile the patterns. Fails with `re2.error` on one that RE2 refuses."""
        self._patterns = re2.Set.SearchSet(_options())
        for source in sources:
            self._patterns.Add(source)
        self._patterns.Compile()

    def list_numbers(self, text: str) -> Sequence[int]:
        """Return the numbers of the patterns that a text has, in any order."""
        return self._patterns.Match(_encode(text)) or ()

    def is_in(self, text: str) -> bool:
        """Tell whether a text has any of the patterns."""
        return bool(self._patterns.Match(_encode(text)))


@lru_cache(maxsize=4)
def _encode(text: str) -> bytes:
    """Return a text as RE2 reads it, once for the many looks at it; the last few texts are kept."""
    return text.encode()


def _options() -> Any:  # noqa: ANN401  # RE2 ships no types
    options = re2.Options()
    options.max_mem = _MEMORY
    return options
