# cython: annotation_typing=False, boundscheck=False, wraparound=False, initializedcheck=False
"""The words, signs and Japanese stretches of sentences, without an object for each; compiled where that can be done."""

from array import array
from collections.abc import Sequence

from services.policy.gate.model.pieces import LARGEST, LONGEST_WORD

_AFTER_ASCII = 0x80
# What a token is that is no sign.
_WORD, _STRETCH = -1, -2
_ZERO, _NINE, _BLANK, _BEGIN, _FINISH = map(ord, "09 <>")
_LINK, _PERCENT, _DOLLAR, _EURO, _POUND, _YEN, _ASKS, _CALLS = map(ord, "_%$€£¥?!")
_POINT, _COMMA, _SLASH, _COLON, _HYPHEN = map(ord, ".,/:-")
# The letters of words, among which one is a sign; the characters of Japanese stretches.
_A, _Z, _FIRST_LETTER, _LAST_LETTER, _DIVIDED = map(ord, "az\u00df\u024f\u00f7")
_FIRST_KANA, _LAST_KANA, _FIRST_HAN, _LAST_HAN = map(ord, "\u3005\u30ff\u3400\u9fff")


class Tokens:
    """The tokens of one sentence after the other."""

    def __init__(self) -> None:
        """Make room for one token's characters."""
        # The sentence, as numbers: a character of a text takes longer to read.
        self.codes = array("i")
        self.kinds = self.starts = self.ends = array("i")
        # A word between its edges.
        self.edged = array("i", [_BEGIN]) * (LONGEST_WORD + 2)

    def make_room(self, sentences: Sequence[str]) -> None:
        """Make room for the tokens of each of some sentences."""
        longest = max(map(len, sentences), default=0)
        if len(self.kinds) < longest:
            self.codes, self.kinds, self.starts, self.ends = (array("i", [0]) * longest for _ in range(4))

    def split(self, sentence: str) -> int:
        """Note of each token its span and what it is: a word, a stretch, or the code of a sign. Return how many."""
        at = count = 0
        end = len(sentence)
        for place in range(end):
            self.codes[place] = ord(sentence[place])
        while at < end:
            start = at
            kind = _tell(self.codes[at])
            if kind == _WORD:
                end_of_word = min(end, start + LONGEST_WORD)
                while at < end_of_word and _tell(self.codes[at]) == _WORD:
                    at += 1
            elif kind in (_STRETCH, _LINK):
                while at < end and _tell(self.codes[at]) == kind:
                    at += 1
            elif kind == _ZERO:
                while at < end and (_tell(self.codes[at]) == _ZERO or _goes_on(self.codes[at])):
                    at += 1
            else:
                at += 1
            if kind:
                self.kinds[count], self.starts[count], self.ends[count] = kind, start, at
                count += 1
        return count

    def is_stretch(self, number: int) -> bool:
        """Tell whether a token is a stretch of Japanese, which holds several words."""
        return self.kinds[number] == _STRETCH

    def copy(self, number: int) -> int:
        """Copy a word, or what stands for a sign, between its edges; return its length."""
        kind, start, end = self.kinds[number], self.starts[number], self.ends[number]
        if kind != _WORD:
            self.edged[1] = kind
            return 1
        for at in range(start, end):
            self.edged[at - start + 1] = self.codes[at]
        self.edged[end - start + 1] = _FINISH
        return end - start

    def limit_pieces(self, number: int) -> int:
        """Return how many characters the pieces of a token have at most: signs, of which one is a letter, have none."""
        return LARGEST if self.kinds[number] == _WORD and self.codes[self.starts[number]] != _DIVIDED else 0


def _tell(code: int) -> int:
    """Return what a token is that begins with the character of `code`; 0 where none does."""
    if _A <= code <= _Z or _FIRST_LETTER <= code <= _LAST_LETTER:
        return _WORD
    # Most others are blanks.
    if code == _BLANK:
        return 0
    if _FIRST_KANA <= code <= _LAST_KANA or _FIRST_HAN <= code <= _LAST_HAN:
        return _STRETCH
    if code in (_LINK, _PERCENT, _DOLLAR, _EURO, _POUND, _YEN, _ASKS, _CALLS):
        return code
    if code < _AFTER_ASCII:
        return _ZERO if _ZERO <= code <= _NINE else 0
    return _ZERO if chr(code).isdecimal() else 0


def _goes_on(code: int) -> bool:
    """Tell whether a number goes on with the character of `code`, which is no digit."""
    return code in (_POINT, _COMMA, _SLASH, _COLON, _HYPHEN)
