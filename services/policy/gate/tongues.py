# cython: annotation_typing=False, boundscheck=False, wraparound=False, initializedcheck=False
"""Tells in which languages the sentences of a text may be, by their small words: cheap, and never too narrow.

Unlike `language`, which answers only where there is no doubt, this answers always, with every language possible.
It is compiled where that can be done (`tongues.pxd` says which numbers are the machine's own), and runs as it stands
where it cannot, slower, with the same answers.
"""

import tomllib
from array import array
from collections.abc import Iterable
from functools import cache
from pathlib import Path

from services.policy.gate.characters import ACCENTLESS
from services.policy.gate.trie import Trie

LANGUAGES = frozenset({"it", "en", "de", "fr", "es", "ja"})
_CODES = tuple(sorted(LANGUAGES))
_MANY = len(_CODES)
_JAPANESE = 1 << _CODES.index("ja")
_LEAST = 1.0
_CLOSE = 0.85
# Of a sentence with hardly any small words, every language that shares a part of them.
_FEW, _CLOSE_OF_FEW = 1.6, 0.6
_LONGEST = 4000


@cache
def _small_words() -> dict[str, int]:
    """Return small word → bits of the languages it is of."""
    lists = tomllib.loads(Path(__file__).with_name("stopwords.toml").read_text(encoding="utf-8"))
    owners: dict[str, int] = {}
    for number, code in enumerate(_CODES):
        for listed in lists.get(code, ()):
            word = listed.translate(ACCENTLESS).strip("'")
            owners[word] = owners.get(word, 0) | 1 << number
    return owners


@cache
def _tables() -> tuple[Trie, "array[float]"]:
    """Return the bits of each small word, and what a word of such bits weighs: one of several says less of each."""
    return Trie(_small_words(), {}), array("d", [0.0] + [1 / bits.bit_count() for bits in range(1, 1 << _MANY)])


@cache
def list_small_words(language: str) -> frozenset[str]:
    """Return the small words of a language, folded."""
    bit = 1 << _CODES.index(language) if language in LANGUAGES else 0
    return frozenset(word for word, owners in _small_words().items() if owners & bit)


def spoken(sentences: Iterable[str]) -> frozenset[str]:
    """Return the languages that the folded `sentences` may be in, of the six; all of them where nothing tells."""
    owners, weights = _tables()
    scores = array("d", [0.0]) * _MANY
    found = 0
    for sentence in dict.fromkeys(sentences):
        found |= _of_one(sentence, owners, weights, scores)
    return _languages(found) or LANGUAGES


def _languages(bits: int) -> frozenset[str]:
    return frozenset(code for number, code in enumerate(_CODES) if bits >> number & 1)


def _of_one(sentence: str, owners: Trie, weights: "array[float]", scores: "array[float]") -> int:
    """Return the bits of the languages that a sentence may be in; `scores` is where to add up."""
    for number in range(_MANY):
        scores[number] = 0.0
    japanese = at = 0
    end = min(len(sentence), _LONGEST)
    while at < end:
        start, state = at, 0
        while at < end and "a" <= sentence[at] <= "z":
            if state >= 0:
                state = owners.step(state, ord(sentence[at]))
            at += 1
        if at == start:
            if _is_japanese(sentence[at]):
                japanese = _JAPANESE
            at += 1
        elif state > 0 and owners.whole[state] > 0:
            bits = owners.whole[state]
            for number in range(_MANY):
                if bits >> number & 1:
                    scores[number] += weights[bits]
    return japanese | _best(scores)


def _best(scores: "array[float]") -> int:
    best = 0.0
    for number in range(_MANY):
        best = max(best, scores[number])
    if best < _LEAST:
        return 0
    bits = 0
    close = _CLOSE if best >= _FEW else _CLOSE_OF_FEW
    for number in range(_MANY):
        if scores[number] >= close * best:
            bits |= 1 << number
    return bits


def _is_japanese(character: str) -> bool:
    return "\u3041" <= character <= "\u30ff" or "\u4e00" <= character <= "\u9fff"
