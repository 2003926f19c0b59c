# cython: annotation_typing=False, boundscheck=False, wraparound=False, initializedcheck=False
"""What words speak of, found character by character; compiled where that can be done."""

from array import array
from collections.abc import Mapping
from functools import cache

from services.policy.gate.model.concepts import Concepts, Meaning
from services.policy.gate.model.concepts import packaged as concepts
from services.policy.gate.trie import Trie


class Meanings:
    """What words speak of, each with a number; what has none speaks of nothing."""

    def __init__(self, lists: Concepts) -> None:
        """Take over what words speak of."""
        meanings = sorted({*lists.words.values(), *lists.stems.values(), *lists.runs.values()})
        places = {meaning: place for place, meaning in enumerate(meanings)}
        self.names = lists.names
        self.most = max(map(len, meanings), default=0)
        # Of each meaning the numbers of its concepts, and where it has less than `most`, this one.
        self.nothing = len(lists.names)
        self.concepts = array("i", [self.nothing]) * (self.most * len(meanings))
        for meaning, place in places.items():
            for number, name in enumerate(meaning):
                self.concepts[place * self.most + number] = lists.names.index(name)
        self.words = Trie(_number(lists.words, places), _number(lists.stems, places))
        self.runs = Trie(_number(lists.runs, places), {})

    def mean_word(self, edged: "array[int]", size: int) -> int:
        """Return the number of what a word, or a sign, between its edges speaks of; -1 for nothing."""
        state, stem = 0, -1
        for at in range(1, size + 1):
            state = self.words.step(state, edged[at])
            if state < 0:
                return stem
            if self.words.begun[state] >= 0:
                stem = self.words.begun[state]
        return self.words.whole[state] if self.words.whole[state] >= 0 else stem

    def measure_run(self, codes: "array[int]", start: int, end: int) -> int:
        """Return how long the longest known word is that begins at `start`; 0 if none does."""
        state = size = 0
        for at in range(start, end):
            state = self.runs.step(state, codes[at])
            if state < 0:
                break
            if self.runs.whole[state] >= 0:
                size = at - start + 1
        return size

    def mean_run(self, codes: "array[int]", start: int, size: int) -> int:
        """Return the number of what the known word speaks of that begins at `start`; -1 where it is of no length."""
        state = 0
        for at in range(start, start + size):
            state = self.runs.step(state, codes[at])
        return self.runs.whole[state]


@cache
def packaged() -> Meanings:
    """Return those of the packaged lists, which both models share, made when first asked for."""
    return Meanings(concepts())


def _number(words: Mapping[str, Meaning], places: Mapping[Meaning, int]) -> dict[str, int]:
    return {word: places[meaning] for word, meaning in words.items()}
