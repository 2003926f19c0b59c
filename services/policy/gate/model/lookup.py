# cython: annotation_typing=False, boundscheck=False, wraparound=False, initializedcheck=False, cdivision=True
"""Looks sentences up in the tables of both models, in one pass over their characters.

What is read of a sentence, `pieces` says plainly; this reads the same without an object for each piece, and the same
word only once for as long as it is remembered: what both models ask of it stands in one place. It is compiled where
that can be done (`lookup.pxd` says which numbers are the machine's own), and runs as it stands where it cannot, much
slower, with the same answers.
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
from services.policy.gate.model.tokens import Tokens
from services.policy.gate.model.vocabulary import Vocabulary

_POLYNOMIAL, _ALL = 0xEDB88320, 0xFFFFFFFF
_MOST_WORDS = 65_536
# A word and its pieces.
_MOST_ROWS = 1 + (LONGEST_WORD + 2) * (LARGEST - SMALLEST + 1)
_ONE_OCTET, _TWO_OCTETS = 0x80, 0x800
_BLANK, _RUN, _FIRST = map(ord, " ~^")
# Where the values of a word stand.
_FEATURES, _PIECES, _SUMS = 1, 2, 3


class Lookup:
    """Adds up the rows of the linear model's features, and makes the vectors of the net's words."""

    def __init__(
        self,
        meanings: Meanings,
        table: NDArray[np.uint8],
        pieces: NDArray[np.int8],
        scale: NDArray[np.float32],
        concepts: NDArray[np.float32],
    ) -> None:
        """Take the linear model's table, which has a row for each bucket, and the net's.

        A vector is the sum of the rows of `pieces` by `scale`, over the root of their number, and the rows of
        `concepts` for what the word speaks of. Fails with `ValueError` on tables that do not fit each other.
        """
        # What compiled loops read must be there: they do not look.
        rows, width = pieces.shape
        if (len(table), rows, len(concepts)) != (BUCKETS, ROWS, len(meanings.names)):
            raise ValueError("the tables have not as many rows as are looked up in them")
        if (len(scale), concepts.shape[1]) != (width, width):
            raise ValueError("the tables of the net are not of one width")
        self.meanings, self.tokens, self.lock = meanings, Tokens(), Lock()
        self.table, self.labels = table.data, len(table.T)
        names = meanings.names
        # The rows of what concepts say, alone, in answers, and each after another, stand close together.
        self.alone = table[[bucket(f"C:{name}") for name in names]].data
        self.answered = table[[bucket(f"{kind}:{name}") for name in names for kind in ("C", "RC")]].data
        self.joint = table[[bucket(f"P:{one}>{other}") for one in names for other in names]].data
        self.said = self.alone
        self.recent = array("i", [-1]) * REACH
        self.sums = array("i", [0]) * self.labels
        self.before_first = _fold(_fold(_ALL, _FIRST), _BLANK)
        self.after_stretch = _fold(_fold(_ALL, _RUN), _BLANK)
        self.pieces, self.scale, self.concepts, self.width = pieces.data, scale, concepts, len(scale)
        self.roots = np.sqrt(np.arange(MOST_PIECES + 1), dtype=np.float32)
        self.wholes = self.pairs = self.rows = array("I")
        # What was touched to be there when it is read; kept, so that touching is not left out as being for nothing.
        self.touched = 0
        self.run = array("h", [0]) * self.width
        self.end = pieces[bucket(END) % ROWS] * scale
        # Of each word: what it means, how many features it has, how many rows, the sums of both.
        self.words = Vocabulary(_MOST_WORDS, LONGEST_WORD + 1, _SUMS + self.labels + self.width)

    def read(
        self, sentences: Sequence[str], *, reply: bool, for_net: bool
    ) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
        """Return what folded sentences come to in the linear model, a row each, and the vectors of the net's words.

        A row has the sums of the columns of the table, then the number of features that make a sentence longer, as
        `pieces.buckets` tells them apart. Of what is said twice there are vectors once, with one for the end of each
        sentence; there are none unless they are asked for.
        """
        once = list(dict.fromkeys(sentences))
        sums = np.zeros((len(once), self.labels + 1), np.int32)
        vectors = np.empty(((sum(map(len, once)) + len(once) + 1) * for_net, self.width), np.float32)
        with self.lock:
            self.said = self.answered if reply else self.alone
            self.tokens.make_room(once)
            longest = max(map(len, once), default=0)
            if len(self.wholes) < longest:
                # The one that is asked last: who runs out of memory on the way shall not take it for done.
                self.rows = array("I", [0]) * (LONGEST_RUN * longest + _MOST_ROWS)
                self.pairs = array("I", [0]) * longest
                self.wholes = array("I", [0]) * longest
            count = self.read_all(once, sums, vectors)
        if len(once) < len(sentences):
            numbers = {sentence: number for number, sentence in enumerate(once)}
            sums = sums[[numbers[sentence] for sentence in sentences]]
        return sums, vectors[:count]

    def read_all(self, sentences: list[str], sums: NDArray[np.int32], vectors: NDArray[np.float32]) -> int:
        """Write the sums of each sentence, and the vectors of all, where there is room; return how many vectors."""
        place = 0
        for number in range(len(sentences)):
            place = self.read_sentence(sentences[number], sums, number, vectors, place)
        if not place and len(vectors):
            place = self.write_end(vectors, 0)
        return place

    def read_sentence(
        self, sentence: str, sums: NDArray[np.int32], row: int, vectors: NDArray[np.float32], place: int
    ) -> int:
        """Write the sums of a sentence, and its vectors from `place` on; return the place after them."""
        for at in range(self.labels):
            self.sums[at] = 0
        for at in range(REACH):
            self.recent[at] = -1
        longer = 0
        count = self.tokens.split(sentence)
        self.look_ahead(count)
        for number in range(count):
            if self.tokens.is_stretch(number):
                longer += self.add_runs(self.tokens.starts[number], self.tokens.ends[number])
                place = self.read_stretch(self.tokens.starts[number], self.tokens.ends[number], vectors, place)
                continue
            size = self.tokens.copy(number)
            whole = self.wholes[number]
            _add(self.table, self.pairs[number], self.sums)
            word = self.words.find(self.tokens.edged, size + 1, whole)
            if word < 0:
                word = self.words.add(self.tokens.edged, size + 1, whole)
                self.learn(word, size, whole, self.tokens.limit_pieces(number))
            _add_known(self.words.records, word + _SUMS, self.sums)
            longer += self.words.records[word + _FEATURES] + 1
            self.add_meaning(self.words.records[word])
            if len(vectors):
                place = self.write_word(word, vectors, place)
        for at in range(self.labels):
            sums[row, at] = self.sums[at]
        sums[row, self.labels] = longer
        return self.write_end(vectors, place) if len(vectors) else place

    def look_ahead(self, count: int) -> None:
        """Note where each token of a sentence is looked up, and fetch what stands there, of all of them at once."""
        before = self.before_first
        for number in range(count):
            if self.tokens.is_stretch(number):
                self.wholes[number] = self.pairs[number] = 0
                before = self.after_stretch
                continue
            size = self.tokens.copy(number)
            whole, pair = _ALL, before
            for at in range(1, size + 1):
                code = self.tokens.edged[at]
                whole, pair = _fold(whole, code), _fold(pair, code)
            self.wholes[number], self.pairs[number] = whole, (pair ^ _ALL) & BUCKETS - 1
            before = _fold(whole, _BLANK)
        self.touched = self.words.look_ahead(self.wholes, count) + _touch(self.table, self.pairs, count)

    def learn(self, word: int, size: int, whole: int, largest: int) -> None:
        """Write what a word between its edges means, and what it and its pieces of up to `largest` characters say."""
        sums, rows = word + _SUMS, word + _SUMS + self.labels
        self.rows[0], count = (whole ^ _ALL) & BUCKETS - 1, 1
        for first in range(size + 3 - SMALLEST):
            state = _ALL
            # The smaller pieces come first: the net has only so many.
            place = 1 + first
            for at in range(first, min(first + largest, size + 2)):
                state = _fold(state, self.tokens.edged[at])
                length = at - first + 1
                if length >= SMALLEST:
                    self.rows[place] = (state ^ _ALL) & BUCKETS - 1
                    place += size + 3 - length
                    count += 1
        pieces = min(count, MOST_PIECES)
        self.touched = _touch(self.table, self.rows, count) + _touch_pieces(self.pieces, self.rows, pieces)
        for at in range(self.labels + self.width):
            self.words.records[sums + at] = 0
        for at in range(count):
            _learn(self.table, self.rows[at], self.words.records, sums, self.labels)
        for at in range(pieces):
            _learn_piece(self.pieces, self.rows[at], self.words.records, rows, self.width)
        self.words.records[word] = self.meanings.mean_word(self.tokens.edged, size)
        self.words.records[word + _FEATURES], self.words.records[word + _PIECES] = count, pieces

    def add_runs(self, start: int, end: int) -> int:
        """Add the runs of a Japanese stretch; note the row of each, and return how many they are."""
        count = 0
        for first in range(start, end):
            state = _fold(_ALL, _RUN)
            for at in range(first, min(first + LONGEST_RUN, end)):
                state = _fold(state, self.tokens.codes[at])
                self.rows[(first - start) * LONGEST_RUN + at - first] = (state ^ _ALL) & BUCKETS - 1
                count += 1
            for at in range(max(0, first + LONGEST_RUN - end)):
                # Where the stretch ends, there are fewer.
                self.rows[(first - start + 1) * LONGEST_RUN - 1 - at] = self.rows[0]
        self.touched = _touch(self.table, self.rows, (end - start) * LONGEST_RUN)
        for first in range(start, end):
            for at in range(min(LONGEST_RUN, end - first)):
                _add(self.table, self.rows[(first - start) * LONGEST_RUN + at], self.sums)
        return count

    def read_stretch(self, start: int, end: int, vectors: NDArray[np.float32], place: int) -> int:
        """Add what the words of a Japanese stretch speak of, the longest first, and write the vectors of all there is.

        The rows of its runs have been noted.
        """
        at = start
        while at < end:
            size = self.meanings.measure_run(self.tokens.codes, at, end)
            meaning = self.meanings.mean_run(self.tokens.codes, at, size)
            self.add_meaning(meaning)
            if len(vectors):
                count = self.add_run(at - start, end - at)
                if size > 1:
                    count += self.add_run(at - start, size)
                _write_run(self.run, self.scale, self.roots[count], vectors, place)
                self.add_concepts(meaning, vectors, place)
                place += 1
            at += max(size, 1)
        return place

    def add_run(self, first: int, size: int) -> int:
        """Add the net's rows of the first few characters of a Japanese run; return how many."""
        count = min(LONGEST_RUN, size)
        for at in range(count):
            _add_piece(self.pieces, self.rows[first * LONGEST_RUN + at], self.run)
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

    def write_word(self, word: int, vectors: NDArray[np.float32], place: int) -> int:
        """Write the vector of a known word; return the place after it."""
        root = self.roots[self.words.records[word + _PIECES]]
        _write(self.words.records, word + _SUMS + self.labels, self.scale, root, vectors, place)
        self.add_concepts(self.words.records[word], vectors, place)
        return place + 1

    def write_end(self, vectors: NDArray[np.float32], place: int) -> int:
        """Write the vector of the end of a sentence; return the place after it."""
        for at in range(self.width):
            vectors[place, at] = self.end[at]
        return place + 1

    def add_concepts(self, meaning: int, vectors: NDArray[np.float32], place: int) -> None:
        """Add the rows of what a word speaks of to its vector."""
        for number in range(min(self.meanings.most, MOST_MEANINGS) if meaning >= 0 else 0):
            concept = self.meanings.concepts[meaning * self.meanings.most + number]
            if concept == self.meanings.nothing:
                break
            for at in range(self.width):
                vectors[place, at] += self.concepts[concept, at]


def _add(table: memoryview, row: int, sums: "array[int]") -> None:
    for at in range(len(sums)):
        sums[at] += table[row, at] - ZERO


def _add_known(records: "array[int]", first: int, sums: "array[int]") -> None:
    for at in range(len(sums)):
        sums[at] += records[first + at]


def _learn(table: memoryview, row: int, records: "array[int]", first: int, width: int) -> None:
    for at in range(width):
        records[first + at] += table[row, at] - ZERO


def _touch(table: memoryview, rows: "array[int]", count: int) -> int:
    touched = 0
    for number in range(count):
        touched += table[rows[number], 0]
    return touched


def _touch_pieces(table: memoryview, rows: "array[int]", count: int) -> int:
    touched = 0
    for number in range(count):
        touched += table[rows[number] & ROWS - 1, 0]
    return touched


def _learn_piece(table: memoryview, number: int, records: "array[int]", first: int, width: int) -> None:
    row = number & ROWS - 1
    for at in range(width):
        records[first + at] += table[row, at]


def _add_piece(table: memoryview, number: int, sums: "array[int]") -> None:
    row = number & ROWS - 1
    for at in range(len(sums)):
        sums[at] += table[row, at]


def _write(
    records: "array[int]",
    first: int,
    scale: NDArray[np.float32],
    root: float,
    vectors: NDArray[np.float32],
    place: int,
) -> None:
    for at in range(len(scale)):
        vectors[place, at] = records[first + at] * scale[at] / root


def _write_run(
    sums: "array[int]", scale: NDArray[np.float32], root: float, vectors: NDArray[np.float32], place: int
) -> None:
    for at in range(len(sums)):
        vectors[place, at] = sums[at] * scale[at] / root
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
