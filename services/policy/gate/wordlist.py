"""Turns word lists of rule files into patterns over folded text."""

import re
from collections.abc import Iterable

from services.policy.gate.text import NormalisedText

_NEVER = re.compile(r"(?!)")


def flat(lists: dict[str, list[str]] | list[str]) -> list[str]:
    """Return the words of a list, or of the lists of all languages together."""
    return list(lists) if isinstance(lists, list) else [word for words in lists.values() for word in words]


def pattern(words: Iterable[str]) -> re.Pattern[str]:
    """Return a pattern for any of `words` as whole words; a trailing `*` makes a word a stem.

    Words of scripts that set no spaces match anywhere. The pattern is a plain alternation: linear.
    """
    plain = sorted({NormalisedText(word).folded for word in words}, key=lambda word: (-len(word), word))
    if not plain:
        return _NEVER
    spaced = [word for word in plain if _is_spaced(word)]
    joined = [re.escape(word) for word in plain if not _is_spaced(word)]
    if spaced:
        exact = "|".join(_written(word) + (r"[a-zß-ɏ]{0,20}" if word.endswith("*") else "") for word in spaced)
        joined.insert(0, rf"(?<![a-zß-ɏ])(?:{exact})(?![a-zß-ɏ])")
    return re.compile("|".join(joined))


def _written(word: str) -> str:
    return re.escape(word.removesuffix("*")).replace(r"\ ", r"\s{1,3}")


def _is_spaced(word: str) -> bool:
    return all(ord(character) < 0x2E80 for character in word)
