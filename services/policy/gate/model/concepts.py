"""What single words speak of: money, a review, a request …, in six languages alike, so that all learn from each."""

import re
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from services.policy.gate.characters import ACCENTLESS

Meaning = tuple[str, ...]
"""The concepts that a word speaks of, in order of their names; mostly one, often none."""

_LISTS = Path(__file__).with_name("concepts.toml")
_NO_LETTER = re.compile(r"[^a-zß]")
_UMLAUTS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ß": "ss"})
_SIGNS = {"0": "#NUM", "%": "#PCT", "?": "#Q", "!": "#EX", "_": "#LINK"} | dict.fromkeys("$€£¥", "#CUR")
_SHORTEST_STEM = 2


class Concepts:
    """The lists of words, ready to be asked."""

    def __init__(self, lists: dict[str, dict[str, str]]) -> None:
        """Take concept → language → words set apart by blanks."""
        self.names = tuple(sorted({*lists, *_SIGNS.values()}))
        self._words: dict[str, set[str]] = {}
        self._stems: dict[str, set[str]] = {}
        self._japanese: dict[str, set[str]] = {}
        for name, languages in lists.items():
            for language, words in languages.items():
                for word in words.split():
                    self._add(name, language, word)
        self._runs = {word: tuple(sorted(names)) for word, names in self._japanese.items()}
        lengths: dict[str, set[int]] = {}
        for word in self._runs:
            lengths.setdefault(word[0], set()).add(len(word))
        self._lengths = {first: sorted(found, reverse=True) for first, found in lengths.items()}

    def _add(self, name: str, language: str, word: str) -> None:
        if language == "ja":
            self._japanese.setdefault(word, set()).add(name)
            return
        target = self._stems if word.endswith("*") else self._words
        for form in {word, word.translate(_UMLAUTS)} if language == "de" else {word}:
            target.setdefault(_NO_LETTER.sub("", form.translate(ACCENTLESS)), set()).add(name)

    def of_word(self, word: str) -> Meaning:
        """Return what a folded Latin word or a sign speaks of."""
        if word in _SIGNS:
            return (_SIGNS[word],)
        if word in self._words:
            return tuple(sorted(self._words[word]))
        for end in range(len(word), _SHORTEST_STEM - 1, -1):
            if word[:end] in self._stems:
                return tuple(sorted(self._stems[word[:end]]))
        return ()

    def of_run(self, run: str) -> tuple[Meaning, int]:
        """Return what the longest word at the beginning of a Japanese run speaks of, and the word's length."""
        for length in self._lengths.get(run[:1], ()):
            meaning = self._runs.get(run[:length])
            if meaning is not None:
                return meaning, min(length, len(run))
        return (), 1

    def of_stretch(self, stretch: str) -> list[Meaning]:
        """Return what the words of a Japanese stretch speak of, in order; the longest word goes first."""
        found: list[Meaning] = []
        at = 0
        while at < len(stretch):
            for length in self._lengths.get(stretch[at], ()):
                meaning = self._runs.get(stretch[at : at + length])
                if meaning is not None:
                    found.append(meaning)
                    at += length - 1
                    break
            at += 1
        return found


def features(meaning: Meaning, *, reply: bool = False) -> Iterator[str]:
    """Yield the names of what one word speaks of; in an answer, where it may mean something else, once more."""
    return (f"{kind}:{concept}" for concept in meaning for kind in (("C", "RC") if reply else ("C",)))


def joint_features(first: Meaning, second: Meaning) -> Iterator[str]:
    """Yield the names of what two words, one after the other, speak of together."""
    return (f"P:{one}>{other}" for one in first for other in second if one != other)


@cache
def packaged() -> Concepts:
    """Return the packaged lists, read when first asked for."""
    return Concepts(tomllib.loads(_LISTS.read_text(encoding="utf-8")))
