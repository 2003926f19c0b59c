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
    """The lists of words, ready to be asked: `words` with signs, `stems` of words, and `runs` of Japanese."""

    def __init__(self, lists: dict[str, dict[str, str]]) -> None:
        """Take concept → language → words set apart by blanks."""
        self.names = tuple(sorted({*lists, *_SIGNS.values()}))
        words: dict[str, set[str]] = {}
        stems: dict[str, set[str]] = {}
        runs: dict[str, set[str]] = {}
        for name, languages in lists.items():
            for language, entries in languages.items():
                for entry in entries.split():
                    if language == "ja":
                        runs.setdefault(entry, set()).add(name)
                        continue
                    for form in _forms(entry, language):
                        (stems if entry.endswith("*") else words).setdefault(form, set()).add(name)
        self.words = _settled(words) | {sign: (name,) for sign, name in _SIGNS.items()}
        self.stems = {stem: meaning for stem, meaning in _settled(stems).items() if len(stem) >= _SHORTEST_STEM}
        self.runs = _settled(runs)
        lengths: dict[str, set[int]] = {}
        for run in self.runs:
            lengths.setdefault(run[0], set()).add(len(run))
        self._lengths = {first: sorted(found, reverse=True) for first, found in lengths.items()}

    def of_word(self, word: str) -> Meaning:
        """Return what a folded Latin word or a sign speaks of."""
        if word in self.words:
            return self.words[word]
        for end in range(len(word), _SHORTEST_STEM - 1, -1):
            if word[:end] in self.stems:
                return self.stems[word[:end]]
        return ()

    def of_run(self, run: str) -> tuple[Meaning, int]:
        """Return what the longest word at the beginning of a Japanese run speaks of, and the word's length."""
        for length in self._lengths.get(run[:1], ()):
            meaning = self.runs.get(run[:length])
            if meaning is not None:
                return meaning, min(length, len(run))
        return (), 1

    def of_stretch(self, stretch: str) -> list[Meaning]:
        """Return what the words of a Japanese stretch speak of, in order; the longest word goes first."""
        found: list[Meaning] = []
        at = 0
        while at < len(stretch):
            for length in self._lengths.get(stretch[at], ()):
                meaning = self.runs.get(stretch[at : at + length])
                if meaning is not None:
                    found.append(meaning)
                    at += length - 1
                    break
            at += 1
        return found


def _forms(entry: str, language: str) -> Iterator[str]:
    for form in {entry, entry.translate(_UMLAUTS)} if language == "de" else {entry}:
        folded = _NO_LETTER.sub("", form.translate(ACCENTLESS))
        if folded:
            yield folded


def _settled(words: dict[str, set[str]]) -> dict[str, Meaning]:
    return {word: tuple(sorted(names)) for word, names in words.items()}


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
