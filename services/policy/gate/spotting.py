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
_WORD, _ANYWHERE = 1, 2
# How many characters tell whether a word may be one of the list; letters, and one for all that is none.
_TOLD, _LETTERS = 3, 27
_ANY_LETTER = list(range(_LETTERS))


class Spotter:
    """Finds where anchors stand in folded texts, and which do; a blank in an anchor stands for any number of them."""

    def __init__(self, anchors: Iterable[tuple[Anchor, int]]) -> None:
        """Take anchors, each with the number, 0 or more, of what it is an anchor of.

        Fails with `ValueError` on one without a character.
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
        self._first = _list_first([*whole, *begun], anywhere)
        self._beginnings = _list_beginnings(whole, begun)
        self._has_words, self._has_anywhere = bool(whole or begun), bool(anywhere)
        self._ends = array("i", [0, *accumulate(map(len, groups))])
        self._numbers = array("i", [number for group in groups for number in group])
        self._count = 1 + max(self._numbers, default=-1)

    def find(self, codes: "array[int]", start: int) -> int:
        """Return where the first anchor in a folded text begins, from `start` on; -1 where there is none."""
        return self._find(codes, start, bytearray(self._count))

    def list_numbers(self, codes: "array[int]") -> list[int]:
        """Return the numbers of what has an anchor in a folded text, in order."""
        found = bytearray(self._count)
        self._spot(codes, found)
        return [number for number in range(self._count) if found[number]]

    def _find(self, codes: "array[int]", start: int, found: bytearray) -> int:
        for at in range(start, len(codes)):
            if self._may_begin(codes, at) and self._note(codes, at, found):
                return at
        return -1

    def _spot(self, codes: "array[int]", found: bytearray) -> None:
        for at in range(len(codes)):
            if self._may_begin(codes, at):
                self._note(codes, at, found)

    def _may_begin(self, codes: "array[int]", at: int) -> bool:
        code = codes[at]
        if code >= _PLAIN:
            return True
        begins = self._first[code]
        if begins == _WORD:
            return not (at and _is_letter(codes[at - 1])) and self._goes_on(codes, at)
        return begins == _ANYWHERE

    def _goes_on(self, codes: "array[int]", at: int) -> bool:
        """Tell whether some word goes on after its first letter as the text does: few letters tell most apart."""
        number = _letter(codes[at])
        for place in range(at + 1, at + _TOLD):
            number = number * _LETTERS + (_letter(codes[place]) if place < len(codes) else 0)
        return self._beginnings[number >> 3] >> (number & 7) & 1 == 1

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
    """Return the codes of a text's characters, which take less time to look at."""
    return array("I", text.encode(_CODEC, "surrogatepass"))


def _letter(code: int) -> int:
    return code - _A + 1 if _A <= code <= _Z else 0


def _is_letter(code: int) -> bool:
    return _A <= code <= _Z


def _is_blank(code: int) -> bool:
    if _A <= code < _PLAIN:
        return False
    character = chr(code)
    return character.isspace()


def _list_first(words: Iterable[str], anywhere: Iterable[str]) -> "array[int]":
    """Return for each plain character whether an anchor begins with it that is a word, or stands anywhere."""
    begins = {ord(text[0]): kind for texts, kind in ((words, _WORD), (anywhere, _ANYWHERE)) for text in texts}
    return array("i", [begins.get(code, 0) for code in range(_PLAIN)])


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
