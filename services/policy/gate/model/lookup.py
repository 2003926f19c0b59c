# cython: annotation_typing=False, boundscheck=False, wraparound=False, initializedcheck=False, cdivision=True
"""Looks sentences up in the tables of both models, in one pass over their characters.

What is read of a sentence, `pieces` says plainly; this reads the same without an object for each piece, and the same
word only once for as long as it is remembered. It is compiled where that can be done (`lookup.pxd` says which numbers
are the machine's own), and runs as it stands where it cannot, much slower, with the same answers.
"""

from array import array
from collections.abc import Sequence
from threading import Lock

import numpy as np
from numpy.typing import NDArray

from services.policy.gate.model.meanings import Meanings
from services.policy.gate.model.pieces import (
    BUCKETS,
    END,
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
from services.policy.gate.model.tokens import Tokens
from services.policy.gate.model.vocabulary import Vocabulary

_POLYNOMIAL, _ALL = 0xEDB88320, 0xFFFFFFFF
_MOST_WORDS = 32_768
_ONE_OCTET, _TWO_OCTETS = 0x80, 0x800
_BLANK, _RUN, _FIRST, _END = map(ord, f" ~^{END}")


class Adder:
    """Adds up the rows of a linear model's features; what words met of late came to, it remembers."""

    def __init__(self, meanings: Meanings, table: NDArray[np.uint8]) -> None:
        """Take a table with a row for each bucket."""
        self.meanings, self.table, self.width = meanings, table.data, len(table.T)
        self.tokens = Tokens()
        names = meanings.names
        # The rows of what concepts say, alone, in answers, and each after another, stand close together.
        self.alone = table[[bucket(f"C:{name}") for name in names]].data
        self.answered = table[[bucket(f"{kind}:{name}") for name in names for kind in ("C", "RC")]].data
        self.joint = table[[bucket(f"P:{one}>{other}") for one in names for other in names]].data
        self.said = self.alone
        self.recent = array("i", [-1]) * REACH
        self.sums = array("i", [0]) * self.width
        self.before_first = _fold(_fold(_ALL, _FIRST), _BLANK)
        self.after_stretch = _fold(_fold(_ALL, _RUN), _BLANK)
        # Of each word: what it means, how many its rows are, and their sums.
        self.words = Vocabulary(_MOST_WORDS, LONGEST_WORD + 1, self.width + 2)
        self.lock = Lock()

    def add_up(self, sentences: Sequence[str], *, reply: bool) -> NDArray[np.int32]:
        """Return a row for each folded sentence: the sums of the columns of the table.

        Behind them stands the number of features that make a sentence longer, as `pieces.buckets` tells them apart.
        """
        sums = np.zeros((len(sentences), self.width + 1), np.int32)
        with self.lock:
            self.said = self.answered if reply else self.alone
            self.tokens.make_room(sentences)
            self.add_all(list(sentences), sums)
        return sums

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
            if self.tokens.is_stretch(number):
                longer += self.add_stretch(self.tokens.starts[number], self.tokens.ends[number])
                before = self.after_stretch
                continue
            size = self.tokens.copy(number)
            whole, pair = _ALL, before
            for at in range(1, size + 1):
                code = self.tokens.edged[at]
                whole, pair = _fold(whole, code), _fold(pair, code)
            _add(self.table, (pair ^ _ALL) & BUCKETS - 1, self.sums)
            word = self.words.find(self.tokens.edged, size + 1, whole)
            if word < 0:
                word = self.words.add(self.tokens.edged, size + 1, whole)
                self.learn(word, size, whole, self.tokens.limit_pieces(number))
            _add_known(self.words.records, word + 2, self.sums)
            longer += self.words.records[word + 1] + 1
            self.add_meaning(self.words.records[word])
            before = _fold(whole, _BLANK)
        return longer

    def learn(self, word: int, size: int, whole: int, largest: int) -> None:
        """Write what a word between its edges means, and what it and its pieces of up to `largest` characters say."""
        for at in range(self.width):
            self.words.records[word + 2 + at] = 0
        _learn(self.table, whole ^ _ALL, self.words.records, word + 2, self.width)
        count = 1
        for first in range(size + 3 - SMALLEST):
            state = _ALL
            for at in range(first, min(first + largest, size + 2)):
                state = _fold(state, self.tokens.edged[at])
                if at - first >= SMALLEST - 1:
                    _learn(self.table, state ^ _ALL, self.words.records, word + 2, self.width)
                    count += 1
        self.words.records[word], self.words.records[word + 1] = self.meanings.mean_word(self.tokens.edged, size), count

    def add_stretch(self, start: int, end: int) -> int:
        """Add the runs of a Japanese stretch, and what its words speak of, the longest first; return how many runs."""
        count = 0
        for first in range(start, end):
            state = _fold(_ALL, _RUN)
            for at in range(first, min(first + LONGEST_RUN, end)):
                state = _fold(state, self.tokens.codes[at])
                _add(self.table, (state ^ _ALL) & BUCKETS - 1, self.sums)
                count += 1
        at = start
        while at < end:
            size = self.meanings.measure_run(self.tokens.codes, at, end)
            self.add_meaning(self.meanings.mean_run(self.tokens.codes, at, size))
            at += max(size, 1)
        return count

    def add_meaning(self, meaning: int) -> None:
        """Add what a meaning says, by itself and with the few before it."""
        if meaning < 0:
            return
        nothing, most = self.meanings.nothing, self.meanings.most
        kinds = len(self.said) // nothing
        for place in range(most):
            concept = self.meanings.concepts[meaning * most + place]
            if concept == nothing:
                break
            for kind in range(kinds):
                _add(self.said, concept * kinds + kind, self.sums)
            for at in range(REACH):
                for other in range(most if self.recent[at] >= 0 else 0):
                    earlier = self.meanings.concepts[self.recent[at] * most + other]
                    if earlier not in (concept, nothing):
                        _add(self.joint, earlier * nothing + concept, self.sums)
        for at in range(REACH - 1):
            self.recent[at] = self.recent[at + 1]
        self.recent[REACH - 1] = meaning


class Embedder:
    """Makes the vectors of a net's words; those of words met of late, it remembers."""

    def __init__(
        self, meanings: Meanings, table: NDArray[np.int8], scale: NDArray[np.float32], concepts: NDArray[np.float32]
    ) -> None:
        """Take the tables.

        A vector is the sum of the pieces' rows of `table` by `scale`, over the root of their number, and the rows of
        `concepts` for what the word speaks of.
        """
        self.meanings, self.table, self.scale, self.concepts = meanings, table.data, scale, concepts
        self.tokens = Tokens()
        self.sums = array("h", [0]) * len(scale)
        self.roots = np.sqrt(np.arange(MOST_PIECES + 1), dtype=np.float32)
        # Of each word: what it means, how many its rows are, and their sums.
        self.words = Vocabulary(_MOST_WORDS, LONGEST_WORD + 1, len(scale) + 2)
        self.lock = Lock()

    def embed(self, sentences: Sequence[str]) -> NDArray[np.float32]:
        """Return the vectors of the words of folded sentences, with one for each end."""
        vectors = np.empty((sum(map(len, sentences)) + len(sentences), len(self.scale)), np.float32)
        with self.lock:
            self.tokens.make_room(sentences)
            return vectors[: self.embed_all(list(sentences), vectors)]

    def embed_all(self, sentences: list[str], vectors: NDArray[np.float32]) -> int:
        """Write the vectors of all words, and of the end of each sentence; return how many they are."""
        place = 0
        for number in range(len(sentences)):
            place = self.embed_sentence(sentences[number], vectors, place)
        return place

    def embed_sentence(self, sentence: str, vectors: NDArray[np.float32], place: int) -> int:
        """Write the vectors of a sentence's words and its end, from `place` on; return the place after them."""
        for number in range(self.tokens.split(sentence)):
            if self.tokens.is_stretch(number):
                start, end = self.tokens.starts[number], self.tokens.ends[number]
                while start < end:
                    size = self.meanings.measure_run(self.tokens.codes, start, end)
                    count = self.add_run(start, end)
                    if size > 1:
                        count += self.add_run(start, start + size)
                    self.write(vectors, place, count, self.meanings.mean_run(self.tokens.codes, start, size))
                    place += 1
                    start += max(size, 1)
                continue
            size = self.tokens.copy(number)
            self.embed_word(size, self.tokens.limit_pieces(number), vectors, place)
            place += 1
        self.tokens.edged[1] = _END
        self.embed_word(1, 0, vectors, place)
        return place + 1

    def embed_word(self, size: int, largest: int, vectors: NDArray[np.float32], place: int) -> None:
        """Write the vector of a word between its edges, with pieces of up to `largest` characters."""
        whole = _ALL
        for at in range(1, size + 1):
            whole = _fold(whole, self.tokens.edged[at])
        word = self.words.find(self.tokens.edged, size + 1, whole)
        if word < 0:
            word = self.words.add(self.tokens.edged, size + 1, whole)
            count, meaning = self.add_word(size, largest, whole), self.meanings.mean_word(self.tokens.edged, size)
            self.words.records[word], self.words.records[word + 1] = meaning, count
            for at in range(len(self.sums)):
                self.words.records[word + 2 + at] = self.sums[at]
        else:
            meaning, count = self.words.records[word], self.words.records[word + 1]
            for at in range(len(self.sums)):
                self.sums[at] = self.words.records[word + 2 + at]
        self.write(vectors, place, count, meaning)

    def add_word(self, size: int, largest: int, whole: int) -> int:
        """Add the rows of a word and of its first pieces of up to `largest` characters; return how many."""
        _add_pieces(self.table, whole ^ _ALL, self.sums)
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

    def add_run(self, start: int, end: int) -> int:
        """Add the rows of the first few characters of a Japanese run; return how many."""
        count = 0
        state = _fold(_ALL, _RUN)
        for at in range(start, min(start + LONGEST_RUN, end)):
            state = _fold(state, self.tokens.codes[at])
            _add_pieces(self.table, state ^ _ALL, self.sums)
            count += 1
        return count

    def write(self, vectors: NDArray[np.float32], place: int, count: int, meaning: int) -> None:
        """Write the vector of what was added, `count` rows, and of what it means; begin anew."""
        _write(self.sums, self.scale, self.roots[count], vectors[place])
        for number in range(min(self.meanings.most, MOST_MEANINGS) if meaning >= 0 else 0):
            concept = self.meanings.concepts[meaning * self.meanings.most + number]
            if concept == self.meanings.nothing:
                break
            _add_concept(self.concepts, concept, vectors[place])


def _add(table: memoryview, row: int, sums: "array[int]") -> None:
    for at in range(len(sums)):
        sums[at] += table[row, at] - ZERO


def _add_known(records: "array[int]", first: int, sums: "array[int]") -> None:
    for at in range(len(sums)):
        sums[at] += records[first + at]


def _learn(table: memoryview, number: int, records: "array[int]", first: int, width: int) -> None:
    row = number & BUCKETS - 1
    for at in range(width):
        records[first + at] += table[row, at] - ZERO


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


_CRC = array("I", map(_sum_check, range(256)))
