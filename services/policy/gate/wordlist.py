"""Turns word lists of rule files into patterns over folded text."""

import re
from collections.abc import Iterable, Iterator
from functools import cached_property

from services.policy.gate.anchor import Anchor
from services.policy.gate.spotting import Codes, Spotter
from services.policy.gate.text import NormalisedText

_FIRST_UNSPACED = 0x2E80  # from here on: CJK radicals, kana, kanji
_KATAKANA = re.compile(r"[ァ-ヶー]+")


class Words:
    """Finds any of a list of words; fast where none is there, which is nearly always."""

    def __init__(self, words: Iterable[str]) -> None:
        """Take words and phrases; a trailing `*` makes a word a stem, ` .. ` lets up to three words stand between.

        Words of scripts that set no spaces match anywhere, others only as whole words.
        """
        self._plain = sorted({NormalisedText(word).folded for word in words}, key=lambda word: (-len(word), word))
        self._spotter = Spotter((_anchor(word), 0) for word in self._plain)

    @cached_property
    def _exact(self) -> re.Pattern[str]:
        """What matches the words exactly; compiled when one of them is first spotted, as that takes long."""
        spaced = [_written(word) for word in self._plain if _is_spaced(word)]
        joined = [_unspaced(word) for word in self._plain if not _is_spaced(word)]
        exact = [rf"(?<![a-z])(?:{'|'.join(spaced)})(?![a-z])"] if spaced else []
        return re.compile("|".join([*exact, *joined]) if self._plain else "(?!)")

    def search(self, text: str | NormalisedText) -> re.Match[str] | None:
        """Return the first match in a folded text, or in a passage."""
        return next(self.finditer(text), None)

    def finditer(self, text: str | NormalisedText) -> Iterator[re.Match[str]]:
        """Yield the matches in a folded text, or in a passage, in order."""
        folded, codes = (text, Codes(text)) if isinstance(text, str) else (text.folded, text.codes)
        at = self._spotter.find(codes, 0)
        while at >= 0:
            match = self._exact.match(folded, at)
            if match is not None:
                yield match
            at = self._spotter.find(codes, at + 1 if match is None else match.end())

    def list_starts(self, passage: NormalisedText) -> list[int]:
        """Return the places in a passage where a match may begin; it begins nowhere else."""
        starts = []
        at = self._spotter.find(passage.codes, 0)
        while at >= 0:
            starts.append(at)
            at = self._spotter.find(passage.codes, at + 1)
        return starts

    def fullmatch(self, text: str) -> bool:
        """Tell whether all of folded `text` is one of the words."""
        return self._exact.fullmatch(text) is not None


def flat(lists: dict[str, list[str]] | list[str]) -> list[str]:
    """Return the words of a list, or of the lists of all languages together."""
    return list(lists) if isinstance(lists, list) else [word for words in lists.values() for word in words]


def alternatives(words: Iterable[str]) -> str:
    """Return `words` as alternatives of a pattern, the longest first."""
    return "|".join(sorted(map(re.escape, words), key=len, reverse=True))


def _written(word: str) -> str:
    gaps = [" ".join(map(_part, part.split())) for part in word.split(" .. ")]
    return r"\s(?:\S{1,24}\s){0,3}".join(gaps).replace(" ", r"\s{1,3}")


def _part(word: str) -> str:
    return re.escape(word.removesuffix("*")) + ("[a-z]{0,20}" if word.endswith("*") else "")


def _anchor(word: str) -> Anchor:
    """Return what each match of a word or phrase begins with."""
    if not _is_spaced(word):
        return Anchor(word, "anywhere")
    first, star, _ = word.partition(" .. ")[0].partition("*")
    return Anchor(" ".join(first.split()), "begun" if star else "whole")


def _unspaced(word: str) -> str:
    """Return the pattern of a word of a script without spaces; in katakana, not as a part of a longer word."""
    if _KATAKANA.fullmatch(word):
        return rf"(?<![ァ-ヶー]){re.escape(word)}(?![ァ-ヶー])"
    return re.escape(word)


def _is_spaced(word: str) -> bool:
    return all(ord(character) < _FIRST_UNSPACED for character in word)
