# cython: annotation_typing=False, boundscheck=False, wraparound=False, initializedcheck=False
"""Words by their characters, in arrays; compiled where that can be done."""

from array import array
from collections.abc import Mapping
from itertools import accumulate

_PLAIN = 128


class Trie:
    """Words with a number for each whole word, and another one for words that only begin so."""

    def __init__(self, words: Mapping[str, int], stems: Mapping[str, int]) -> None:
        """Take words, and beginnings of words, each with its number, 0 or more."""
        steps: dict[tuple[int, int], int] = {}
        whole, begun, counts = [-1], [-1], [0]
        # In order, so that the states of a word stand together in memory.
        for word in sorted({*words, *stems}):
            state = 0
            for character in word:
                step = (state, ord(character))
                if step not in steps:
                    steps[step] = len(whole)
                    whole.append(-1)
                    begun.append(-1)
                    counts.append(0)
                    counts[state] += 1
                state = steps[step]
            whole[state], begun[state] = words.get(word, -1), stems.get(word, -1)
        self.whole, self.begun = array("i", whole), array("i", begun)
        # The steps from each state stand in order from its first on.
        self.firsts = array("i", accumulate(counts, initial=0))
        self.codes = array("i", (code for _, code in sorted(steps)))
        self.states = array("i", (steps[step] for step in sorted(steps)))
        # Most words that are asked for are none of these, as their first letters tell: those are found at once.
        self.beginnings = array("i", (steps.get((0, code), -1) for code in range(_PLAIN)))

    def step(self, state: int, code: int) -> int:
        """Return the state after the character of `code`, -1 where no word goes on so; the first state is 0."""
        if state == 0 and 0 <= code < _PLAIN:
            return self.beginnings[code]
        low, end = self.firsts[state], self.firsts[state + 1]
        high = end
        while low < high:
            middle = low + high >> 1
            if self.codes[middle] < code:
                low = middle + 1
            else:
                high = middle
        return self.states[low] if low < end and self.codes[low] == code else -1
