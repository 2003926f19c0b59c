"""Taking our own links out of what a seller sends on: an answer quotes them, and they are the seller's alone. Pure."""

import re
from collections.abc import Callable

from shared.links import TOKEN_LETTERS

_TOKEN = re.compile(rf"links(?:/|%2f|&#x?[0-9a-f]{{2,3}};)([a-z2-7]{{{TOKEN_LETTERS}}})", re.IGNORECASE)
_AROUND = frozenset(" \t\r\n<>\"'()[]")
_CONTINUING = frozenset("?&#/%")
_LONGEST = 4000


def strike_links(text: str, genuine: Callable[[str], bool]) -> str:
    """Remove every address that holds a token of ours, as it is or wrapped in another address by a mail filter.

    `genuine` tells our tokens from letters that merely look alike, which stay.
    """
    kept: list[str] = []
    position = 0
    for found in _TOKEN.finditer(text):
        if not genuine(found[1]) or found.start() < position:
            continue
        start, end = _widen(text, found.start(), found.end(), position)
        kept.append(text[position:start])
        position = end
    kept.append(text[position:])
    return "".join(kept)


def _widen(text: str, start: int, end: int, least: int) -> tuple[int, int]:
    """Widen a span to the whole address around it; words that a client glued to its end stay."""
    floor = max(least, start - _LONGEST)
    while start > floor and text[start - 1] not in _AROUND:
        start -= 1
    ceiling = min(len(text), end + _LONGEST) if text[end : end + 1] in _CONTINUING else end
    while end < ceiling and text[end] not in _AROUND:
        end += 1
    return start, end
