"""Unicode's normal forms, in time that grows with the length whatever strangers write. Pure."""

import re
import unicodedata
from typing import Literal

_MOST_MARKS = 30
"""What Unicode's Stream-Safe Text Format (UAX 15) allows: no language comes near."""

# Every combining mark is among these, and much that is none. What has fewer is left alone.
_PERHAPS_MARKS = re.compile(rf"(?:[^\x00-\x7f\w]|[\uff9e\uff9f]){{{_MOST_MARKS + 1},}}")


def normalise(form: Literal["NFKC", "NFKD"], text: str) -> str:
    """Return a text in a normal form; of combining marks that stand side by side, the first 30 count."""
    # Marks are put into an order of their own, which takes the square of their number, and holds the interpreter.
    return unicodedata.normalize(form, _PERHAPS_MARKS.sub(_keep_first, text))


def _keep_first(found: re.Match[str]) -> str:
    kept, marks = [], 0
    for character in found.group():
        marks = marks + 1 if _is_mark(character) else 0
        if marks <= _MOST_MARKS:
            kept.append(character)
    return "".join(kept)


def _is_mark(character: str) -> bool:
    return all(map(unicodedata.combining, unicodedata.normalize("NFKD", character)))
