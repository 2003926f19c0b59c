# cython: annotation_typing=False, boundscheck=False, wraparound=False, initializedcheck=False
"""Finds where in a text there may be digits enough for a number, in one pass over its characters.

It is compiled where that can be done (`clusters.pxd` says which numbers are the machine's own), and runs as it stands
where it cannot, much slower, with the same answers.
"""

import re
from array import array
from collections.abc import Callable, Collection, Mapping
from typing import NamedTuple

from services.policy.gate.spotting import encode
from services.policy.gate.trie import Trie

_FIRST, _LAST = 0x25CB, 0x9FFF
_ZERO, _NINE, _A, _Z, _FIRST_LETTER, _LAST_LETTER = map(ord, "09az\u00df\u024f")
# What a Japanese character may be: a numeral, the first or the second of a longer one, a letter that parts digits.
_NUMERAL, _BEGINS, _GOES_ON, _PARTS = 1, 2, 4, 8
# The others, "no" in hiragana and in katakana, may stand between digits.
_PARTING = re.compile("[ぁ-ねは-ゖァ-ネハ-ヺ一-鿿]")


class Found(NamedTuple):
    """The spans of the clusters in a text, and what its tokens are worth together.

    Also whether a word that joins digits is in it, and whether any Japanese token is.
    """

    spans: list[tuple[int, int]]
    worth: int
    joined: bool
    japanese: bool


class Clusters:
    """Finds clusters: tokens that stand together, with none between them that is worth nothing.

    A token is a word of Latin letters and figures, a Japanese numeral, or in a text read `parted` any other Japanese
    letter that may not stand between digits. What it is worth is how many digits it may stand for at most.
    """

    def __init__(
        self,
        worth: Mapping[str, int],
        joining: Collection[str],
        numerals: Collection[str],
        weigh: Callable[[str], int],
    ) -> None:
        """Take what words are worth, which of them join digits, and Japanese numerals, written in any letters.

        What other tokens of both letters and figures are worth, `weigh` is asked for; other figures are worth as many
        as they are, other letters nothing.
        """
        self._worth = Trie(worth, {})
        self._joining = frozenset(joining)
        self._numerals = frozenset(numerals)
        self._longest_numeral = max(map(len, numerals), default=0)
        begin = {numeral[:1] for numeral in numerals if len(numeral) > 1}
        go_on = {numeral[1:2] for numeral in numerals}
        self._kinds = bytes(
            (one in self._numerals) * _NUMERAL
            | (one in begin) * _BEGINS
            | (one in go_on) * _GOES_ON
            | (_PARTING.match(one) is not None) * _PARTS
            for one in map(chr, range(_FIRST, _LAST + 1))
        )
        self._weigh = weigh

    def find(self, text: str, least: int, *, parted: bool) -> Found:
        """Return the clusters of folded `text` that are worth at least `least`, the first first."""
        return self._find(text, encode(text), least, parted)

    def _find(self, text: str, codes: "array[int]", least: int, parted: bool) -> Found:  # noqa: FBT001  # no keyword in C
        spans: list[tuple[int, int]] = []
        joined = japanese = False
        total = worth = begin = finish = at = 0
        end = len(text)
        while at < end:
            start = at
            figures = 0
            while at < end and _is_latin(codes[at]):
                figures += codes[at] <= _NINE
                at += 1
            if at == start:
                at += self._measure(text, codes, at, parted)
                if at == start:
                    at += 1
                    continue
                japanese = True
            one = self._look_up(codes, start, at)
            if one > 0:
                joined = joined or text[start:at] in self._joining
            elif figures:
                one = figures if figures == at - start else self._weigh(text[start:at])
            if one:
                begin = begin if worth else start
                finish = at
                worth += one
                total += one
            else:
                if worth and worth >= least:
                    spans.append((begin, finish))
                worth = 0
        if worth and worth >= least:
            spans.append((begin, finish))
        return Found(spans, total, joined, japanese)

    def _measure(self, text: str, codes: "array[int]", start: int, parted: bool) -> int:  # noqa: FBT001  # see above
        """Return how long the Japanese token is that begins at `start`; 0 if none does."""
        kind = self._kind(codes[start])
        if kind & _BEGINS and start + 1 < len(codes) and self._kind(codes[start + 1]) & _GOES_ON:
            for size in range(min(self._longest_numeral, len(codes) - start), 1, -1):
                if text[start : start + size] in self._numerals:
                    return size
        return int(kind & _NUMERAL or (parted and kind & _PARTS)) and 1

    def _look_up(self, codes: "array[int]", start: int, end: int) -> int:
        """Return what a token is known to be worth, 0 where nothing is known."""
        state = 0
        for at in range(start, end):
            state = self._worth.step(state, codes[at])
            if state < 0:
                return 0
        return max(self._worth.whole[state], 0)

    def _kind(self, code: int) -> int:
        return self._kinds[code - _FIRST] if _FIRST <= code <= _LAST else 0


def _is_latin(code: int) -> bool:
    return _A <= code <= _Z or _ZERO <= code <= _NINE or _FIRST_LETTER <= code <= _LAST_LETTER
