# cython: annotation_typing=False, boundscheck=False, wraparound=False, initializedcheck=False
"""Looks sentences up in the tables of both models, in one pass over their characters.

What the features are, `pieces` says plainly, and what the words of the net are, `net` does; this does the same without
an object for each. It is compiled where that can be done (`lookup.pxd` says which numbers are the machine's own), and
runs as it stands where it cannot, much slower, with the same answers.
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
# What a token is that is no sign.
_WORD, _STRETCH = -1, -2
_ZERO, _LINK, _BLANK, _RUN, _BEGIN, _FINISH = map(ord, "0_ ~<>")


class Lookup:
    """Adds up the rows of a linear model's features, and those of the pieces of a net's words."""

    def __init__(self, lists: Concepts) -> None:
        """Take over what words speak of."""
        meanings: list[Meaning] = sorted({*lists.words.values(), *lists.stems.values(), *lists.runs.values()})
        self._most = max(map(len, meanings), default=0)
        self._nothing = len(lists.names)
        self._meanings = array("i", [self._nothing]) * (self._most * len(meanings))
        for at, meaning in enumerate(meanings):
            for number, name in enumerate(meaning):
                self._meanings[at * self._most + number] = lists.names.index(name)
        self._words = Trie(_numbered(lists.words, meanings), _numbered(lists.stems, meanings))
        self._runs = Trie(_numbered(lists.runs, meanings), {})
        self._alone = array("i", [bucket(f"C:{name}") for name in lists.names])
        self._answered = array("i", [bucket(f"{kind}:{name}") for name in lists.names for kind in ("C", "RC")])
        self._joint = array("i", [bucket(f"P:{one}>{other}") for one in lists.names for other in lists.names])
        self._crc = array("I", map(_checksum, range(256)))
        self._before_first = self._fold(self._fold(_ALL, ord("^")), _BLANK)
        self._after_stretch = self._fold(self._fold(_ALL, _RUN), _BLANK)
        # A word between its edges, as numbers: a character of a text takes longer to read.
        self._edged = array("i", [0]) * (LONGEST_WORD + 2)

    def add_up(self, sentences: Sequence[str], table: NDArray[np.uint8], *, reply: bool) -> NDArray[np.int32]:
        """Return a row for each folded sentence: the sums of the columns of `table`, which has a row for each bucket.

        Behind them stands the number of features that make a sentence longer, as `pieces.buckets` tells them apart.
        """
        tokens = np.empty((max(map(len, sentences), default=0), 3), np.int32)
        recent = array("i", [-1]) * REACH
        said = self._answered if reply else self._alone
        sums = np.zeros((len(sentences), table.shape[1] + 1), np.int32)
        self._add_sentences(list(sentences), tokens, said, recent, table, sums)
        return sums

    def embed(
        self, sentences: Sequence[str], table: NDArray[np.int8]
    ) -> tuple[NDArray[np.int16], NDArray[np.int32], NDArray[np.int32]]:
        """Return of the words of folded sentences the sums of their pieces' rows, how many they are, and concepts.

        Words are those of `net.words`, pieces those of `net.pieces_of`. Of concepts, as places in their list, each
        word has three; where it speaks of fewer, the number of all of them.
        """
        most = sum(map(len, sentences)) + len(sentences)
        tokens = np.empty((max(map(len, sentences), default=0), 3), np.int32)
        sums, sizes = np.zeros((most, table.shape[1]), np.int16), np.empty(most, np.int32)
        concepts = np.full((most, 3), self._nothing, np.int32)
        count = self._embed_sentences(list(sentences), tokens, table, sums, sizes, concepts)
        return sums[:count], sizes[:count], concepts[:count]

    def _split(self, sentence: str, tokens: NDArray[np.int32]) -> int:
        """Write of each token what it is (a word, a stretch, or the code of a sign) and its span; return how many."""
        at = count = 0
        end = len(sentence)
        while at < end:
            start = at
            character = sentence[at]
            at += 1
            if _is_letter(character):
                kind = _WORD
                while at < end and at - start < LONGEST_WORD and _is_letter(sentence[at]):
                    at += 1
            elif _is_japanese(character):
                kind = _STRETCH
                while at < end and _is_japanese(sentence[at]):
                    at += 1
            elif character.isdecimal():
                kind = _ZERO
                while at < end and (sentence[at].isdecimal() or sentence[at] in ".,/:-"):
                    at += 1
            elif character == "_":
                kind = _LINK
                while at < end and sentence[at] == "_":
                    at += 1
            elif character in "%$€£¥?!":
                kind = ord(character)
            else:
                continue
            tokens[count, 0], tokens[count, 1], tokens[count, 2] = kind, start, at
            count += 1
        return count

    def _add_sentences(
        self,
        sentences: list[str],
        tokens: NDArray[np.int32],
        said: "array[int]",
        recent: "array[int]",
        table: NDArray[np.uint8],
        sums: NDArray[np.int32],
    ) -> None:
        for number in range(len(sentences)):
            sentence = sentences[number]
            self._add_sentence(sentence, tokens, self._split(sentence, tokens), said, recent, table, sums[number])

    def _add_sentence(
        self,
        sentence: str,
        tokens: NDArray[np.int32],
        count: int,
        said: "array[int]",
        recent: "array[int]",
        table: NDArray[np.uint8],
        sums: NDArray[np.int32],
    ) -> None:
        for at in range(len(recent)):
            recent[at] = -1
        longer = other = 0
        before = self._before_first
        for number in range(count):
            kind, start, end = tokens[number, 0], tokens[number, 1], tokens[number, 2]
            if kind == _STRETCH:
                longer += self._add_runs(sentence, start, end, table, sums)
                other += self._add_spoken(sentence, start, end, said, recent, table, sums)
                before = self._after_stretch
                continue
            size = self._copy(sentence, kind, start, end)
            whole, pair = _ALL, before
            for at in range(1, size + 1):
                whole, pair = self._fold(whole, self._edged[at]), self._fold(pair, self._edged[at])
            if kind == _WORD and sentence[start].isalpha():
                longer += self._add_pieces(size, table, sums)
            _add_row(table, whole ^ _ALL, sums)
            _add_row(table, pair ^ _ALL, sums)
            longer += 2
            other += self._add_meaning(self._mean_word(size), said, recent, table, sums)
            before = self._fold(whole, _BLANK)
        last = len(sums) - 1
        for at in range(last):
            sums[at] -= ZERO * (longer + other)
        sums[last] = longer

    def _copy(self, sentence: str, kind: int, start: int, end: int) -> int:
        """Copy a word, or the sign that a token stands for, between its edges; return its length."""
        self._edged[0] = _BEGIN
        if kind != _WORD:
            self._edged[1] = kind
            return 1
        for at in range(start, end):
            self._edged[at - start + 1] = ord(sentence[at])
        self._edged[end - start + 1] = _FINISH
        return end - start

    def _add_pieces(self, size: int, table: NDArray[np.uint8], sums: NDArray[np.int32]) -> int:
        """Add the rows of a word's pieces; return how many they are."""
        count = 0
        for first in range(size + 3 - SMALLEST):
            state = _ALL
            for at in range(first, min(first + LARGEST, size + 2)):
                state = self._fold(state, self._edged[at])
                if at - first >= SMALLEST - 1:
                    _add_row(table, state ^ _ALL, sums)
                    count += 1
        return count

    def _add_runs(self, sentence: str, start: int, end: int, table: NDArray[np.uint8], sums: NDArray[np.int32]) -> int:
        count = 0
        for first in range(start, end):
            state = self._fold(_ALL, _RUN)
            for at in range(first, min(first + LONGEST_RUN, end)):
                state = self._fold(state, ord(sentence[at]))
                _add_row(table, state ^ _ALL, sums)
                count += 1
        return count

    def _add_spoken(
        self,
        sentence: str,
        start: int,
        end: int,
        said: "array[int]",
        recent: "array[int]",
        table: NDArray[np.uint8],
        sums: NDArray[np.int32],
    ) -> int:
        """Add what the words of a Japanese stretch speak of, the longest word first; return how many rows that is."""
        count = 0
        at = start
        while at < end:
            size = self._measure_run(sentence, at, end)
            if size:
                count += self._add_meaning(self._mean_run(sentence, at, size), said, recent, table, sums)
            at += max(size, 1)
        return count

    def _add_meaning(
        self, meaning: int, said: "array[int]", recent: "array[int]", table: NDArray[np.uint8], sums: NDArray[np.int32]
    ) -> int:
        """Add what a meaning says, alone and with the few before it; return how many rows that is."""
        if meaning < 0:
            return 0
        count = 0
        kinds = len(said) // self._nothing
        for place in range(self._most):
            concept = self._meanings[meaning * self._most + place]
            if concept == self._nothing:
                break
            for kind in range(kinds):
                _add_row(table, said[concept * kinds + kind], sums)
                count += 1
            for at in range(len(recent)):
                for other in range(self._most if recent[at] >= 0 else 0):
                    earlier = self._meanings[recent[at] * self._most + other]
                    if earlier == self._nothing:
                        break
                    if earlier != concept:
                        _add_row(table, self._joint[earlier * self._nothing + concept], sums)
                        count += 1
        for at in range(len(recent) - 1):
            recent[at] = recent[at + 1]
        recent[len(recent) - 1] = meaning
        return count

    def _embed_sentences(
        self,
        sentences: list[str],
        tokens: NDArray[np.int32],
        table: NDArray[np.int8],
        sums: NDArray[np.int16],
        sizes: NDArray[np.int32],
        concepts: NDArray[np.int32],
    ) -> int:
        place = 0
        for number in range(len(sentences)):
            sentence = sentences[number]
            count = self._split(sentence, tokens)
            place = self._embed_sentence(sentence, tokens, count, table, sums, sizes, concepts, place)
        return place

    def _embed_sentence(
        self,
        sentence: str,
        tokens: NDArray[np.int32],
        count: int,
        table: NDArray[np.int8],
        sums: NDArray[np.int16],
        sizes: NDArray[np.int32],
        concepts: NDArray[np.int32],
        place: int,
    ) -> int:
        for number in range(count):
            kind, start, end = tokens[number, 0], tokens[number, 1], tokens[number, 2]
            if kind == _STRETCH:
                while start < end:
                    size = self._measure_run(sentence, start, end)
                    sizes[place] = self._sum_run(sentence, start, end, table, sums, place)
                    if size > 1:
                        sizes[place] += self._sum_run(sentence, start, start + size, table, sums, place)
                    self._note(self._mean_run(sentence, start, size), concepts, place)
                    place += 1
                    start += max(size, 1)
                continue
            size = self._copy(sentence, kind, start, end)
            is_word = kind == _WORD and sentence[start].isalpha()
            sizes[place] = self._sum_word(size, LARGEST if is_word else 0, table, sums, place)
            self._note(self._mean_word(size), concepts, place)
            place += 1
        sizes[place] = self._sum_word(self._copy(END, ord(END), 0, 1), 0, table, sums, place)
        return place + 1

    def _sum_word(self, size: int, largest: int, table: NDArray[np.int8], sums: NDArray[np.int16], place: int) -> int:
        """Add the rows of a word and its first pieces of up to `largest` characters; return how many they are."""
        whole = _ALL
        for at in range(1, size + 1):
            whole = self._fold(whole, self._edged[at])
        _sum_row(table, whole ^ _ALL, sums, place)
        count = 1
        for length in range(SMALLEST, largest + 1):
            for first in range(size + 3 - length):
                if count == MOST_PIECES:
                    return count
                state = _ALL
                for at in range(first, first + length):
                    state = self._fold(state, self._edged[at])
                _sum_row(table, state ^ _ALL, sums, place)
                count += 1
        return count

    def _sum_run(
        self, sentence: str, start: int, end: int, table: NDArray[np.int8], sums: NDArray[np.int16], place: int
    ) -> int:
        count = 0
        state = self._fold(_ALL, _RUN)
        for at in range(start, min(start + LONGEST_RUN, end)):
            state = self._fold(state, ord(sentence[at]))
            _sum_row(table, state ^ _ALL, sums, place)
            count += 1
        return count

    def _note(self, meaning: int, concepts: NDArray[np.int32], place: int) -> None:
        for at in range(min(self._most, MOST_MEANINGS) if meaning >= 0 else 0):
            concepts[place, at] = self._meanings[meaning * self._most + at]

    def _mean_word(self, size: int) -> int:
        state, stem = 0, -1
        for at in range(1, size + 1):
            state = self._words.step(state, self._edged[at])
            if state < 0:
                return stem
            if self._words.begun[state] >= 0:
                stem = self._words.begun[state]
        return self._words.whole[state] if self._words.whole[state] >= 0 else stem

    def _measure_run(self, sentence: str, start: int, end: int) -> int:
        """Return how long the longest known word is that begins at `start`; 0 if none does."""
        state = size = 0
        for at in range(start, end):
            state = self._runs.step(state, ord(sentence[at]))
            if state < 0:
                break
            if self._runs.whole[state] >= 0:
                size = at - start + 1
        return size

    def _mean_run(self, sentence: str, start: int, size: int) -> int:
        state = 0
        for at in range(start, start + size):
            state = self._runs.step(state, ord(sentence[at]))
        return self._runs.whole[state]

    def _fold(self, state: int, code: int) -> int:
        """Return a CRC-32 that goes on with the octets that the character of `code` has in UTF-8."""
        if code < 0x80:
            return self._crc[(state ^ code) & 255] ^ (state >> 8)
        if code < 0x800:
            state = self._crc[(state ^ (0xC0 | code >> 6)) & 255] ^ (state >> 8)
        else:
            state = self._crc[(state ^ (0xE0 | code >> 12)) & 255] ^ (state >> 8)
            state = self._crc[(state ^ (0x80 | (code >> 6 & 63))) & 255] ^ (state >> 8)
        return self._crc[(state ^ (0x80 | (code & 63))) & 255] ^ (state >> 8)


def _is_letter(character: str) -> bool:
    return "a" <= character <= "z" or "\u00df" <= character <= "\u024f"


def _is_japanese(character: str) -> bool:
    return "\u3005" <= character <= "\u30ff" or "\u3400" <= character <= "\u9fff"


def _add_row(table: NDArray[np.uint8], number: int, sums: NDArray[np.int32]) -> None:
    row = number & BUCKETS - 1
    for at in range(len(sums) - 1):
        sums[at] += table[row, at]


def _sum_row(table: NDArray[np.int8], number: int, sums: NDArray[np.int16], place: int) -> None:
    row = number & ROWS - 1
    for at in range(sums.shape[1]):
        sums[place, at] += table[row, at]


def _checksum(octet: int) -> int:
    for _ in range(8):
        octet = octet >> 1 ^ (_POLYNOMIAL if octet & 1 else 0)
    return octet


def _numbered(words: Mapping[str, Meaning], meanings: Sequence[Meaning]) -> dict[str, int]:
    return {word: meanings.index(meaning) for word, meaning in words.items()}
