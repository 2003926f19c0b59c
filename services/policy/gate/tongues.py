"""Tells in which languages the sentences of a text may be, by their small words: cheap, and never too narrow.

Unlike `language`, which answers only where there is no doubt, this answers always, with every language possible.
"""

import re
import tomllib
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path

from services.policy.gate.characters import ACCENTLESS

LANGUAGES = frozenset({"it", "en", "de", "fr", "es", "ja"})
_WORD = re.compile(r"[a-z]+")
_JAPANESE = re.compile(r"[\u3041-\u30ff\u4e00-\u9fff]")
_LEAST = 1.0
_CLOSE = 0.85
# Of a sentence with hardly any small words, every language that shares a part of them.
_FEW, _CLOSE_OF_FEW = 1.6, 0.6
_LONGEST = 4000


@cache
def _weights() -> Mapping[str, tuple[tuple[str, float], ...]]:
    """Return small word → languages it is of, each with its weight: a word of several says less of each."""
    lists = tomllib.loads(Path(__file__).with_name("stopwords.toml").read_text(encoding="utf-8"))
    owners: dict[str, set[str]] = {}
    for code, words in lists.items():
        for word in words if code in LANGUAGES else ():
            owners.setdefault(word.translate(ACCENTLESS).strip("'"), set()).add(code)
    return {word: tuple((code, 1 / len(codes)) for code in sorted(codes)) for word, codes in owners.items()}


@cache
def list_small_words(language: str) -> frozenset[str]:
    """Return the small words of a language, folded."""
    return frozenset(word for word, owners in _weights().items() if any(code == language for code, _ in owners))


def spoken(sentences: Iterable[str]) -> frozenset[str]:
    """Return the languages that the folded `sentences` may be in, of the six; all of them where nothing tells."""
    found: set[str] = set()
    for sentence in dict.fromkeys(sentences):
        found |= _of_one(sentence[:_LONGEST])
    return frozenset(found) or LANGUAGES


def _of_one(sentence: str) -> set[str]:
    japanese = {"ja"} if not sentence.isascii() and _JAPANESE.search(sentence) else set()
    scores: dict[str, float] = {}
    for owners in filter(None, map(_weights().get, _WORD.findall(sentence))):
        for code, weight in owners:
            scores[code] = scores.get(code, 0.0) + weight
    best = max(scores.values(), default=0.0)
    if best < _LEAST:
        return japanese
    close = _CLOSE if best >= _FEW else _CLOSE_OF_FEW
    return japanese | {code for code, score in scores.items() if score >= close * best}
