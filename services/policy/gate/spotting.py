# cython: annotation_typing=False, boundscheck=False, wraparound=False, initializedcheck=False
"""Spots the anchors of word lists in a text, all in one pass over its characters; compiled where that can be done."""

import sys
from array import array
from collections.abc import Iterable
from itertools import accumulate, product

from services.policy.gate.anchor import Anchor
from services.policy.gate.trie import Trie

_CODEC = f"utf-32-{sys.byteorder[0]}e"
_A, _Z, _BLANK = map(ord, "az ")
_PLAIN = 128
# How many characters are told apart, by the ends of their codes.
_TOLD_APART = 4_096
# How many characters tell whether a word may be one of the list; letters, and one for all that is none.
_TOLD, _LETTERS = 3, 27
_ANY_LETTER = list(range(_LETTERS))


class Codes:
    """The characters of a folded text as numbers, which take less time to look at, and where words may begin."""

    def __init__(self, text: str) -> None:
        """Read a text once for all who look for words in it."""
        self.codes = encode(text)
        # Where something begins that may be a word, or stands that is not plain, and the first letters there.
        self.starts = array("i", [0]) * len(self.codes)
        self.heads = array("i", [0]) * len(self.codes)
        self.count = self.largest = 0
        self._list_starts()

    def _list_starts(self) -> None:
        begins = True
        for at in range(len(self.codes)):
            code = self.codes[at]
            if (begins and code != _BLANK) or code >= _PLAIN:
                self.starts[self.count], self.heads[self.count] = at, _read_head(self.codes, at)
                self.count += 1
            begins = not _is_letter(code)
            self.largest = max(self.largest, code)

    def find_start(self, place: int) -> int:
        """Return the number of the first of the starts at a place or behind it."""
        low, high = 0, self.count
        while low < high:
            middle = low + high >> 1
            if self.starts[middle] < place:
                low = middle + 1
            else:
                high = middle
        return low


class Spotter:
    """Finds where anchors stand in folded texts, and which do; a blank in an anchor stands for any number of them."""

    def __init__(self, anchors: Iterable[tuple[Anchor, int]], pairs: Iterable[tuple[int, int, int]] = ()) -> None:
        """Take anchors, each with the number, 0 or more, of what it is an anchor of.

        `pairs`: two numbers of anchors, and that of what is only there where both are; only numbers less than those of
        all pairs' anchors are told. Fails with `ValueError` on an anchor without a character, or such a pair of others.
        """
        kinds: dict[str, dict[str, set[int]]] = {"whole": {}, "begun": {}, "anywhere": {}}
        for anchor, number in anchors:
            if not anchor.text.strip():
                raise ValueError("a word list has an entry without a word to look for")
            kinds[anchor.kind].setdefault(anchor.text, set()).add(number)
        groups = sorted({tuple(sorted(one)) for texts in kinds.values() for one in texts.values()})
        places = {group: at for at, group in enumerate(groups)}
        whole, begun, anywhere = (
            {text: places[tuple(sorted(one))] for text, one in kinds[kind].items()}
            for kind in ("whole", "begun", "anywhere")
        )
        self._words, self._anywhere = Trie(whole, begun), Trie(anywhere, {})
        self._first = _list_first([*whole, *begun, *anywhere])
        # What begins with a plain character and stands anywhere, within words, too, has a character as large as this.
        self._least = min(
            (max(map(ord, text)) for text in anywhere if ord(text[0]) < _PLAIN), default=sys.maxunicode + 1
        )
        self._beginnings = _list_beginnings(whole, begun)
        self._has_words, self._has_anywhere = bool(whole or begun), bool(anywhere)
        self._ends = array("i", [0, *accumulate(map(len, groups))])
        self._numbers = array("i", [number for group in groups for number in group])
        self._count = 1 + max(self._numbers, default=-1)
        pairs = list(pairs)
        self._pairs = array("i", [number for pair in pairs for number in pair])
        self._told = min((min(pair[:2]) for pair in pairs), default=self._count)
        if any(max(pair[:2]) >= self._count or not 0 <= pair[2] < self._told for pair in pairs):
            raise ValueError("a pair is of what has no anchor, or is told like one of its parts")

    def find(self, text: Codes, start: int) -> int:
        """Return where the first anchor in a folded text begins, from `start` on; -1 where there is none."""
        return self._find(text, start, bytearray(self._count))

    def list_numbers(self, text: Codes) -> list[int]:
        """Return the numbers of what has an anchor in a folded text, in order; of pairs, what is there with both."""
        found = bytearray(self._count)
        self._spot(text, found)
        return self._list(found)

    def _list(self, found: bytearray) -> list[int]:
        for at in range(0, len(self._pairs), 3):
            if found[self._pairs[at]] and found[self._pairs[at + 1]]:
                found[self._pairs[at + 2]] = 1
        return [number for number in range(self._told) if found[number]]

    def _find(self, text: Codes, start: int, found: bytearray) -> int:
        if text.largest >= self._least:
            for at in range(start, len(text.codes)):
                if self._first[text.codes[at] & _TOLD_APART - 1] and self._note(text.codes, at, found):
                    return at
            return -1
        for number in range(text.find_start(start), text.count):
            if self._may_begin(text, number) and self._note(text.codes, text.starts[number], found):
                return text.starts[number]
        return -1

    def _spot(self, text: Codes, found: bytearray) -> None:
        if text.largest >= self._least:
            for at in range(len(text.codes)):
                if self._first[text.codes[at] & _TOLD_APART - 1]:
                    self._note(text.codes, at, found)
            return
        for number in range(text.count):
            if self._may_begin(text, number):
                self._note(text.codes, text.starts[number], found)

    def _may_begin(self, text: Codes, number: int) -> bool:
        """Tell whether some word begins as the text does at one of its starts: few letters tell most apart."""
        code, head = text.codes[text.starts[number]], text.heads[number]
        if not self._first[code & _TOLD_APART - 1]:
            return False
        return code >= _PLAIN or self._beginnings[head >> 3] >> (head & 7) & 1 == 1

    def _note(self, codes: "array[int]", at: int, found: bytearray) -> bool:
        """Note the numbers of all anchors that begin at a place; tell whether there are any."""
        noted = False
        if self._has_words and not (at and _is_letter(codes[at - 1])):
            noted = self._note_words(codes, at, found)
        if self._has_anywhere:
            noted = self._note_anywhere(codes, at, found) or noted
        return noted

    def _note_words(self, codes: "array[int]", at: int, found: bytearray) -> bool:
        noted = False
        state, size = 0, len(codes)
        while at < size:
            blank = _is_blank(codes[at])
            state = self._words.step(state, _BLANK if blank else codes[at])
            at += 1
            if state < 0:
                break
            while blank and at < size and _is_blank(codes[at]):
                at += 1
            if self._words.begun[state] >= 0:
                noted = self._note_group(self._words.begun[state], found)
            if self._words.whole[state] >= 0 and not (at < size and _is_letter(codes[at])):
                noted = self._note_group(self._words.whole[state], found)
        return noted

    def _note_anywhere(self, codes: "array[int]", at: int, found: bytearray) -> bool:
        noted = False
        state, size = 0, len(codes)
        while at < size:
            state = self._anywhere.step(state, codes[at])
            at += 1
            if state < 0:
                break
            if self._anywhere.whole[state] >= 0:
                noted = self._note_group(self._anywhere.whole[state], found)
        return noted

    def _note_group(self, group: int, found: bytearray) -> bool:
        for at in range(self._ends[group], self._ends[group + 1]):
            found[self._numbers[at]] = 1
        return True


def encode(text: str) -> "array[int]":
    """Return the codes of a text's characters."""
    return array("I", text.encode(_CODEC, "surrogatepass"))


def _read_head(codes: "array[int]", at: int) -> int:
    """Return a number that tells the first characters from a place on apart, by their letters."""
    number = 0
    for place in range(at, at + _TOLD):
        number = number * _LETTERS + (_letter(codes[place]) if place < len(codes) else 0)
    return number


def _letter(code: int) -> int:
    return code - _A + 1 if _A <= code <= _Z else 0


def _is_letter(code: int) -> bool:
    return _A <= code <= _Z


def _is_blank(code: int) -> bool:
    if _A <= code < _PLAIN:
        return False
    character = chr(code)
    return character.isspace()


def _list_first(texts: Iterable[str]) -> bytearray:
    """Return for each character, as far as they are told apart, whether an anchor begins with it."""
    found = bytearray(_TOLD_APART)
    for text in texts:
        found[ord(text[0]) & _TOLD_APART - 1] = 1
    return found


def _list_beginnings(whole: Iterable[str], begun: Iterable[str]) -> bytearray:
    """Return a bit for each three characters, told apart by their letters, with which a word may begin."""
    found = bytearray(_LETTERS * _LETTERS * _LETTERS // 8 + 1)
    for words, after in ((whole, [[0]]), (begun, [])):
        for word in words:
            # Of blanks there may be more.
            first, blank, _ = word.partition(" ")
            told = [[_letter(ord(character))] for character in first]
            told += [[0]] if blank else after
            for one, other, third in product(*(told + [_ANY_LETTER] * _TOLD)[:_TOLD]):
                number = (one * _LETTERS + other) * _LETTERS + third
                found[number >> 3] |= 1 << (number & 7)
    return found
