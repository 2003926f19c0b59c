# cython: annotation_typing=False, boundscheck=False, wraparound=False, initializedcheck=False, cdivision=True
"""Looks sentences up in the tables of both models, in one pass over their characters.

What is read of a sentence, `pieces` says plainly; this reads the same without an object for each piece. It is compiled
where that can be done (`lookup.pxd` says which numbers are the machine's own), and runs as it stands where it cannot,
much slower, with the same answers.
"""

from array import array
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from services.policy.gate.model.concepts import Concepts, Meaning
from services.policy.gate.model.pieces import (
    BUCKETS,
    END,
    LARGEST,
    LONGEST_RUN,
    LONGEST_WORD,
    MOST_MEANINGS,
    MOST_PIECES,
    REACH,
    ROWS,
    SMALLEST,
    ZERO,
    bucket,
)
from services.policy.gate.trie import Trie

_POLYNOMIAL, _ALL = 0xEDB88320, 0xFFFFFFFF
_ONE_OCTET, _TWO_OCTETS = 0x80, 0x800
# What a token is that is no sign.
_WORD, _STRETCH = -1, -2
_ZERO, _LINK, _BLANK, _RUN, _BEGIN, _FINISH, _FIRST, _END = map(ord, f"0_ ~<>^{END}")


class Lookup:
    """What is looked up: the rows of a linear model's features, and those of the pieces of a net's words."""

    def __init__(self, lists: Concepts) -> None:
        """Take over what words speak of."""
        meanings: list[Meaning] = sorted({*lists.words.values(), *lists.stems.values(), *lists.runs.values()})
        self.most = max(map(len, meanings), default=0)
        self.nothing = len(lists.names)
        self.meanings = array("i", [self.nothing]) * (self.most * len(meanings))
        for at, meaning in enumerate(meanings):
            for number, name in enumerate(meaning):
                self.meanings[at * self.most + number] = lists.names.index(name)
        self.words = Trie(_number(lists.words, meanings), _number(lists.stems, meanings))
        self.runs = Trie(_number(lists.runs, meanings), {})
        self.alone = array("i", [bucket(f"C:{name}") for name in lists.names])
        self.answered = array("i", [bucket(f"{kind}:{name}") for name in lists.names for kind in ("C", "RC")])
        self.joint = array("i", [bucket(f"P:{one}>{other}") for one in lists.names for other in lists.names])

    def add_up(self, sentences: Sequence[str], table: NDArray[np.uint8], *, reply: bool) -> NDArray[np.int32]:
        """Return a row for each folded sentence: the sums of the columns of `table`, which has a row for each bucket.

        Behind them stands the number of features that make a sentence longer, as `pieces.buckets` tells them apart.
        """
        sums = np.zeros((len(sentences), table.shape[1] + 1), np.int32)
        said = self.answered if reply else self.alone
        Adder(self, table.data, len(sums.T) - 1, said, _measure(sentences)).add_all(list(sentences), sums)
        return sums

    def embed(
        self,
        sentences: Sequence[str],
        table: NDArray[np.int8],
        scale: NDArray[np.float32],
        concepts: NDArray[np.float32],
    ) -> tuple[NDArray[np.float32], list[int]]:
        """Return the vectors of the words of folded sentences, as `pieces.words` has them, with one for each end.

        With them comes where those of each sentence are over. A vector is the sum of the pieces' rows of `table` by
        `scale`, over the root of their number, and the rows of `concepts` for what the word speaks of.
        """
        vectors = np.empty((sum(map(len, sentences)) + len(sentences), table.shape[1]), np.float32)
        embedder = Embedder(self, table.data, scale, concepts, _measure(sentences))
        return vectors, embedder.embed_all(list(sentences), vectors)

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

    def measure_run(self, sentence: str, start: int, end: int) -> int:
        """Return how long the longest known word is that begins at `start`; 0 if none does."""
        state = size = 0
        for at in range(start, end):
            state = self.runs.step(state, ord(sentence[at]))
            if state < 0:
                break
            if self.runs.whole[state] >= 0:
                size = at - start + 1
        return size

    def mean_run(self, sentence: str, start: int, size: int) -> int:
        """Return the number of what the known word speaks of that begins at `start`; -1 where it is of no length."""
        state = 0
        for at in range(start, start + size):
            state = self.runs.step(state, ord(sentence[at]))
        return self.runs.whole[state]


class Tokens:
    """The tokens of one sentence after the other."""

    def __init__(self, longest: int) -> None:
        """Make room for the tokens of sentences of up to `longest` characters."""
        self.kinds, self.starts, self.ends = (array("i", [0]) * (longest + 1) for _ in range(3))
        # A word between its edges, as numbers: a character of a text takes longer to read.
        self.edged = array("i", [_BEGIN]) * (LONGEST_WORD + 2)

    def split(self, sentence: str) -> int:
        """Note of each token its span and what it is: a word, a stretch, or the code of a sign. Return how many."""
        at = count = 0
        end = len(sentence)
        while at < end:
            start = at
            kind = _tell(sentence[at])
            if kind == _WORD:
                end_of_word = min(end, start + LONGEST_WORD)
                while at < end_of_word and _tell(sentence[at]) == _WORD:
                    at += 1
            elif kind in (_STRETCH, _LINK):
                while at < end and _tell(sentence[at]) == kind:
                    at += 1
            elif kind == _ZERO:
                while at < end and (_tell(sentence[at]) == _ZERO or sentence[at] in ".,/:-"):
                    at += 1
            else:
                at += 1
            if kind:
                self.kinds[count], self.starts[count], self.ends[count] = kind, start, at
                count += 1
        return count

    def copy(self, sentence: str, number: int) -> int:
        """Copy a word, or what stands for a sign, between its edges; return its length."""
        kind, start, end = self.kinds[number], self.starts[number], self.ends[number]
        if kind != _WORD:
            self.edged[1] = kind
            return 1
        for at in range(start, end):
            self.edged[at - start + 1] = ord(sentence[at])
        self.edged[end - start + 1] = _FINISH
        return end - start

    def has_pieces(self, sentence: str, number: int) -> bool:
        """Tell whether a token is made of pieces: a sign among the letters is not."""
        return self.kinds[number] == _WORD and sentence[self.starts[number]].isalpha()


class Adder:
    """Adds up the rows of a linear model's features, one sentence after the other."""

    def __init__(self, lookup: Lookup, table: memoryview, width: int, said: "array[int]", longest: int) -> None:
        """Take the table, its width, the rows of what each concept says alone, and the longest sentence's length."""
        self.lookup, self.table, self.said, self.tokens = lookup, table, said, Tokens(longest)
        self.recent = array("i", [-1]) * REACH
        self.sums = array("i", [0]) * width
        self.width = width
        self.before_first = _fold(_fold(_ALL, _FIRST), _BLANK)
        self.after_stretch = _fold(_fold(_ALL, _RUN), _BLANK)

    def add_all(self, sentences: list[str], sums: NDArray[np.int32]) -> None:
        """Write the sums of each sentence's features, and how many make it longer, into a row of `sums`."""
        for number in range(len(sentences)):
            for at in range(self.width):
                self.sums[at] = 0
            longer = self.add_sentence(sentences[number])
            for at in range(self.width):
                sums[number, at] = self.sums[at]
            sums[number, self.width] = longer

    def add_sentence(self, sentence: str) -> int:
        """Add the features of a sentence; return how many make it longer."""
        for at in range(REACH):
            self.recent[at] = -1
        longer = 0
        before = self.before_first
        for number in range(self.tokens.split(sentence)):
            if self.tokens.kinds[number] == _STRETCH:
                longer += self.add_stretch(sentence, self.tokens.starts[number], self.tokens.ends[number])
                before = self.after_stretch
                continue
            size = self.tokens.copy(sentence, number)
            whole, pair = _ALL, before
            for at in range(1, size + 1):
                code = self.tokens.edged[at]
                whole, pair = _fold(whole, code), _fold(pair, code)
            _add(self.table, whole ^ _ALL, self.sums)
            _add(self.table, pair ^ _ALL, self.sums)
            longer += 2
            if self.tokens.has_pieces(sentence, number):
                longer += self.add_pieces(size)
            self.add_meaning(self.lookup.mean_word(self.tokens.edged, size))
            before = _fold(whole, _BLANK)
        return longer

    def add_pieces(self, size: int) -> int:
        """Add the pieces of a word; return how many they are."""
        count = 0
        for first in range(size + 3 - SMALLEST):
            state = _ALL
            for at in range(first, min(first + LARGEST, size + 2)):
                state = _fold(state, self.tokens.edged[at])
                if at - first >= SMALLEST - 1:
                    _add(self.table, state ^ _ALL, self.sums)
                    count += 1
        return count

    def add_stretch(self, sentence: str, start: int, end: int) -> int:
        """Add the runs of a Japanese stretch, and what its words speak of, the longest first; return how many runs."""
        count = 0
        for first in range(start, end):
            state = _fold(_ALL, _RUN)
            for at in range(first, min(first + LONGEST_RUN, end)):
                state = _fold(state, ord(sentence[at]))
                _add(self.table, state ^ _ALL, self.sums)
                count += 1
        at = start
        while at < end:
            size = self.lookup.measure_run(sentence, at, end)
            self.add_meaning(self.lookup.mean_run(sentence, at, size))
            at += max(size, 1)
        return count

    def add_meaning(self, meaning: int) -> None:
        """Add what a meaning says, by itself and with the few before it."""
        if meaning < 0:
            return
        nothing, most = self.lookup.nothing, self.lookup.most
        kinds = len(self.said) // nothing
        for place in range(most):
            concept = self.lookup.meanings[meaning * most + place]
            if concept == nothing:
                break
            for kind in range(kinds):
                _add(self.table, self.said[concept * kinds + kind], self.sums)
            for at in range(REACH):
                for other in range(most if self.recent[at] >= 0 else 0):
                    earlier = self.lookup.meanings[self.recent[at] * most + other]
                    if earlier not in (concept, nothing):
                        _add(self.table, self.lookup.joint[earlier * nothing + concept], self.sums)
        for at in range(REACH - 1):
            self.recent[at] = self.recent[at + 1]
        self.recent[REACH - 1] = meaning


class Embedder:
    """Makes the vectors of a net's words, one sentence after the other."""

    def __init__(
        self,
        lookup: Lookup,
        table: memoryview,
        scale: NDArray[np.float32],
        concepts: NDArray[np.float32],
        longest: int,
    ) -> None:
        """Take the tables, and how long the longest sentence is."""
        self.lookup, self.table, self.scale, self.concepts = lookup, table, scale, concepts
        self.tokens = Tokens(longest)
        self.sums = array("h", [0]) * len(scale)
        self.roots = np.sqrt(np.arange(MOST_PIECES + 1), dtype=np.float32)

    def embed_all(self, sentences: list[str], vectors: NDArray[np.float32]) -> list[int]:
        """Write the vectors of all words, and of the end of each sentence; return where each sentence's are over."""
        place = 0
        ends = []
        for number in range(len(sentences)):
            place = self.embed_sentence(sentences[number], vectors, place)
            ends.append(place)
        return ends

    def embed_sentence(self, sentence: str, vectors: NDArray[np.float32], place: int) -> int:
        """Write the vectors of a sentence's words and its end, from `place` on; return the place after them."""
        for number in range(self.tokens.split(sentence)):
            if self.tokens.kinds[number] == _STRETCH:
                start, end = self.tokens.starts[number], self.tokens.ends[number]
                while start < end:
                    size = self.lookup.measure_run(sentence, start, end)
                    count = self.add_run(sentence, start, end)
                    if size > 1:
                        count += self.add_run(sentence, start, start + size)
                    self.write(vectors, place, count, self.lookup.mean_run(sentence, start, size))
                    place += 1
                    start += max(size, 1)
                continue
            size = self.tokens.copy(sentence, number)
            count = self.add_word(size, LARGEST if self.tokens.has_pieces(sentence, number) else 0)
            self.write(vectors, place, count, self.lookup.mean_word(self.tokens.edged, size))
            place += 1
        self.tokens.edged[1] = _END
        self.write(vectors, place, self.add_word(1, 0), -1)
        return place + 1

    def add_word(self, size: int, largest: int) -> int:
        """Add the rows of a word and of its first pieces of up to `largest` characters; return how many."""
        state = _ALL
        for at in range(1, size + 1):
            state = _fold(state, self.tokens.edged[at])
        _add_pieces(self.table, state ^ _ALL, self.sums)
        count = 1
        for length in range(SMALLEST, largest + 1):
            for first in range(size + 3 - length):
                if count == MOST_PIECES:
                    return count
                state = _ALL
                for at in range(first, first + length):
                    state = _fold(state, self.tokens.edged[at])
                _add_pieces(self.table, state ^ _ALL, self.sums)
                count += 1
        return count

    def add_run(self, sentence: str, start: int, end: int) -> int:
        """Add the rows of the first few characters of a Japanese run; return how many."""
        count = 0
        state = _fold(_ALL, _RUN)
        for at in range(start, min(start + LONGEST_RUN, end)):
            state = _fold(state, ord(sentence[at]))
            _add_pieces(self.table, state ^ _ALL, self.sums)
            count += 1
        return count

    def write(self, vectors: NDArray[np.float32], place: int, count: int, meaning: int) -> None:
        """Write the vector of what was added, `count` rows, and of what it means; begin anew."""
        _write(self.sums, self.scale, self.roots[count], vectors[place])
        for number in range(min(self.lookup.most, MOST_MEANINGS) if meaning >= 0 else 0):
            concept = self.lookup.meanings[meaning * self.lookup.most + number]
            if concept == self.lookup.nothing:
                break
            _add_concept(self.concepts, concept, vectors[place])


def _add(table: memoryview, number: int, sums: "array[int]") -> None:
    row = number & BUCKETS - 1
    for at in range(len(sums)):
        sums[at] += table[row, at] - ZERO


def _add_pieces(table: memoryview, number: int, sums: "array[int]") -> None:
    row = number & ROWS - 1
    for at in range(len(sums)):
        sums[at] += table[row, at]


def _add_concept(table: NDArray[np.float32], row: int, vector: NDArray[np.float32]) -> None:
    for at in range(len(vector)):
        vector[at] += table[row, at]


def _write(sums: "array[int]", scale: NDArray[np.float32], root: float, vector: NDArray[np.float32]) -> None:
    for at in range(len(sums)):
        vector[at] = sums[at] * scale[at] / root
        sums[at] = 0


def _tell(character: str) -> int:
    """Return what a token is that begins with a character; 0 where none does."""
    if "a" <= character <= "z" or "\u00df" <= character <= "\u024f":
        return _WORD
    if "\u3005" <= character <= "\u30ff" or "\u3400" <= character <= "\u9fff":
        return _STRETCH
    if character in "_%$€£¥?!":
        return ord(character)
    return _ZERO if character.isdecimal() else 0


def _fold(state: int, code: int) -> int:
    """Return a CRC-32 that goes on with the octets that the character of `code` has in UTF-8."""
    if code < _ONE_OCTET:
        return _take(state, code)
    if code < _TWO_OCTETS:
        return _take(_take(state, 0xC0 | code >> 6), 0x80 | (code & 63))
    return _take(_take(_take(state, 0xE0 | code >> 12), 0x80 | (code >> 6 & 63)), 0x80 | (code & 63))


def _take(state: int, octet: int) -> int:
    return _CRC[(state ^ octet) & 255] ^ (state >> 8)


def _sum_check(octet: int) -> int:
    for _ in range(8):
        octet = octet >> 1 ^ (_POLYNOMIAL if octet & 1 else 0)
    return octet


def _measure(sentences: Sequence[str]) -> int:
    return max(map(len, sentences), default=0)


def _number(words: Mapping[str, Meaning], meanings: Sequence[Meaning]) -> dict[str, int]:
    return {word: meanings.index(meaning) for word, meaning in words.items()}


_CRC = array("I", map(_sum_check, range(256)))
