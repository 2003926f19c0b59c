# cython: annotation_typing=False, boundscheck=False, wraparound=False, initializedcheck=False
"""Words by their characters, in arrays; compiled where that can be done."""

from array import array
from collections.abc import Mapping

_SPREAD, _ALL_64 = 0x9E3779B97F4A7C15, 0xFFFFFFFFFFFFFFFF
# More than there are characters.
_CHARACTERS = 1 << 21


class Trie:
    """Words with a number for each whole word, and another one for words that only begin so."""

    def __init__(self, words: Mapping[str, int], stems: Mapping[str, int]) -> None:
        """Take words, and beginnings of words, each with its number, 0 or more."""
        steps: dict[int, int] = {}
        whole, begun = [-1], [-1]
        for numbers, entries in ((whole, words), (begun, stems)):
            for word, number in entries.items():
                state = 0
                for character in word:
                    key = state * _CHARACTERS + ord(character)
                    if key not in steps:
                        steps[key] = len(whole)
                        whole.append(-1)
                        begun.append(-1)
                    state = steps[key]
                numbers[state] = number
        bits = (4 * len(steps) + 8).bit_length()
        self.shift, self.mask = 64 - bits, (1 << bits) - 1
        self.keys, self.states = array("q", [-1]) * (1 << bits), array("i", [-1]) * (1 << bits)
        self.whole, self.begun = array("i", whole), array("i", begun)
        for key, state in steps.items():
            at = (key * _SPREAD & _ALL_64) >> self.shift
            while self.keys[at] != -1:
                at = at + 1 & self.mask
            self.keys[at], self.states[at] = key, state

    def step(self, state: int, code: int) -> int:
        """Return the state after the character of `code`, -1 where no word goes on so; the first state is 0."""
        key = state * _CHARACTERS + code
        at = (key * _SPREAD & _ALL_64) >> self.shift
        while self.keys[at] != key:
            if self.keys[at] == -1:
                return -1
            at = at + 1 & self.mask
        return self.states[at]
