"""Finds telephone numbers told piece by piece: "the first half is 07700, the rest 900 and then 268"."""

import re
from collections.abc import Callable, Iterator
from typing import Any

from services.policy.gate.contact.phone import SOUTHERN_MOBILE, is_valid_at_home
from services.policy.gate.text import NormalisedText
from services.policy.gate.wordlist import Words, flat

_FIGURES = re.compile(r"(?<![a-z\d])\d+(?![a-z\d°])")
_BEFORE, _GAP = 24, 48
_LENGTHS = range(9, 13)
_MOST_PIECES, _REACH = 8, 500


class Piecemeal:
    """Words that announce the first piece of a number, and those that lead to the next, as the rule has them."""

    def __init__(self, parameters: dict[str, Any]) -> None:
        """Take both kinds of words from a rule's parameters."""
        self._first = Words(flat(parameters["first_pieces"]))
        self._next = Words(flat(parameters["next_pieces"]))

    def find(self, passage: NormalisedText, bar: Callable[[], str]) -> Iterator[tuple[int, int]]:
        """Yield the spans of numbers in a passage, folded, whose pieces stand apart.

        `bar` returns it with what is no piece blotted out. It is only asked where there may be some.
        """
        text = passage.folded
        done = 0
        barred = ""
        for first in self._first.finditer(passage):
            begin, end = max(done, first.start() - _BEFORE), first.end() + _GAP
            if _FIGURES.search(text, begin, end) is None:
                continue
            barred = barred or bar()
            found = self._number(barred, begin, end)
            if found is not None:
                yield found
                done = found[1]

    def _number(self, text: str, start: int, latest: int) -> tuple[int, int] | None:
        pieces: list[re.Match[str]] = []
        for piece in _FIGURES.finditer(text, start, start + _REACH):
            if piece.start() > (pieces[-1].end() + _GAP if pieces else latest) or len(pieces) == _MOST_PIECES:
                break
            pieces.append(piece)
        for at, begin in enumerate(pieces):
            digits = ""
            for piece in pieces[at:]:
                digits += piece.group()
                if len(digits) in _LENGTHS and _is_dialled(digits) and self._leads_on(text, begin, piece):
                    return begin.start(), piece.end()
        return None

    def _leads_on(self, text: str, first: re.Match[str], last: re.Match[str]) -> bool:
        return self._next.search(text[first.end() : last.start()]) is not None


def _is_dialled(digits: str) -> bool:
    return is_valid_at_home(digits) if digits[0] == "0" else SOUTHERN_MOBILE.match(digits) is not None
