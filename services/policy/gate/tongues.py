"""Tells in which languages the sentences of a text may be, by their small words: cheap, and never too narrow.

Unlike `language`, which answers only where there is no doubt, this answers always, with every language possible.
"""

import re
import tomllib
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path

from services.policy.gate.characters import ACCENTLESS
from services.policy.gate.remembered import Remembered

LANGUAGES = frozenset({"it", "en", "de", "fr", "es", "ja"})
_JAPANESE = re.compile(r"[\u3041-\u30ff\u4e00-\u9fff]")
# What a word of one language weighs: it can be shared between two, three, four and five.
_WHOLE = 60
_CLOSE = 85
# Of a sentence with hardly any small words, every language that shares a part of them. In percent.
_FEW, _CLOSE_OF_FEW = _WHOLE * 8 // 5, 60
_LONGEST = 4000
# A number for each language, side by side in one: so many bits hold what any sentence comes to.
_SPELT = sorted(LANGUAGES - {"ja"})
_BITS = 20
_MASK = (1 << _BITS) - 1
_MOST_SUMS = 5_000
# Blanks for all but letters.
_SPACED = bytes(code if code in b"abcdefghijklmnopqrstuvwxyz" else 32 for code in range(256))


@cache
def _weights() -> Mapping[bytes, int]:
    """Return what each small word weighs for the languages it is of: a word of several says less of each."""
    lists = tomllib.loads(Path(__file__).with_name("stopwords.toml").read_text(encoding="utf-8"))
    owners: dict[str, set[str]] = {}
    for code, words in lists.items():
        for word in words if code in LANGUAGES else ():
            owners.setdefault(word.translate(ACCENTLESS).strip("'"), set()).add(code)
    return {
        word.encode(): sum(_WHOLE // len(codes) << _BITS * _SPELT.index(code) for code in codes)
        for word, codes in owners.items()
    }


def spoken(sentences: Iterable[str]) -> frozenset[str]:
    """Return the languages that the folded `sentences` may be in, of the six; all of them where nothing tells."""
    weights = _weights()
    found: set[str] = set()
    for sentence in sentences:
        # So few words tell something that looking them up is faster than any memory of the others.
        words = sentence[:_LONGEST].encode("ascii", "replace").translate(_SPACED).split()
        found |= _TOLD[sum(filter(None, map(weights.get, words)))]
        if not sentence.isascii() and _JAPANESE.search(sentence, 0, _LONGEST) is not None:
            found.add("ja")
    return frozenset(found) or LANGUAGES


def _told(weight: int) -> frozenset[str]:
    """Return the languages that a sentence may be in whose words come to `weight`."""
    scores = {code: weight >> _BITS * at & _MASK for at, code in enumerate(_SPELT)}
    best = max(scores.values())
    if best < _WHOLE:
        return frozenset()
    close = _CLOSE if best >= _FEW else _CLOSE_OF_FEW
    return frozenset(code for code, score in scores.items() if 100 * score >= close * best)


_TOLD = Remembered(_told, _MOST_SUMS)
