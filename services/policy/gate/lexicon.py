"""Word lists as data: concepts named in capitals, each a list of entries per language.

An entry is a plain phrase with a few signs (and is otherwise a regular expression, which RE2 runs in linear time):
`*` after a letter any rest of a word · a blank any one to three signs between words · ` .. ` up to four words between ·
`(a|b)` one of several. Latin entries stand for whole words, are compared without accents, and `ä` also for `ae`.
Japanese entries are compared as they stand, anywhere; there ` .. ` is up to fifteen characters of one sentence.

Most texts speak of few concepts: words that any match must hold, spotted for all concepts at once, tell of which.
"""

import re
import tomllib
from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

import re2

from services.policy.gate.anchor import Anchor, read_anchors
from services.policy.gate.characters import ACCENTLESS
from services.policy.gate.spotting import Codes, Spotter
from services.policy.gate.tongues import list_small_words

SHARED = Path(__file__).parent / "words"
Entries = Mapping[str, list[str]]
"""The entries of each concept in one language."""

_BLANK = r"[^\w.!?;:\n]{1,3}"
_GAP = rf"(?:{_BLANK}\w+){{0,4}}{_BLANK}"
_GAP_JAPANESE = "[^。\uff01\uff1f!?\\n]{0,15}"
# ` .{0,40} `: a space of up to so many characters.
_SPACE = re.compile(r" ?\.\{[01],(\d+)\} ?")
_LETTERS = 5
_UMLAUTS = {"ä": "(?:a|ae)", "ö": "(?:o|oe)", "ü": "(?:u|ue)", "ß": "ss?"}
_GROUP = re.compile(r"(?<!\\)\((?!\?)")
_STAR = re.compile(r"(?<![)\].])(?<!\\[a-zA-Z])(?<!\\)\*")
# An entry that begins or ends with a sign, a digit or a blank needs no boundary there.
_WORD_FIRST = re.compile(r"(?!\(\?:\\[^\w]|\(\?:[^\w\\(])(?:[a-zA-Z(]|\\[wWS])")
_WORD_LAST = re.compile(
    r"(?<!\\W)(?<!\\W\*)(?<!\\W\?)(?<!\\W\{0,\d\})"  # signs, some of them
    r"(?<![^\w\\*?+)}\]]\))"  # one of several, of which the last is a sign
    r"(?:(?<!\\)[\w)*?}+]|\\[wb])$"
)
_MOST_MARKS = 2000
_MEMORY = 1 << 20


class Mark(NamedTuple):
    """A place in a folded text where a concept is spoken of, in one language."""

    start: int
    end: int
    concept: str
    language: str


class Lexicon:
    """Finds concepts in folded text, each language apart.

    Texts may be given as UTF-8 bytes, too; places then count bytes. `codes` are those of the text's characters.
    """

    def __init__(self, words: Mapping[str, Entries]) -> None:
        """Take over `words`: language → concept → entries. Fails with `ValueError` on an entry RE2 refuses."""
        self._keys: list[tuple[str, str]] = []
        self._entries: list[Sequence[str]] = []
        self._finders: dict[int, re2._Regexp] = {}
        self._numbers: dict[str, range] = {}
        self._names: dict[str, frozenset[str]] = {}
        self._spotters: dict[str, tuple[Spotter, frozenset[int]]] = {}
        for language, concepts in words.items():
            first = len(self._keys)
            for concept, entries in concepts.items():
                self._keys.append((concept, language))
                self._entries.append(entries)
                _check(concept, entries, language)
            self._numbers[language] = range(first, len(self._keys))
            self._names[language] = frozenset(concepts)

    def names(self, language: str) -> frozenset[str]:
        """Return the names of all concepts of `language`."""
        return self._names.get(language, frozenset())

    def possible(self, codes: Codes, language: str) -> Mapping[str, int]:
        """Return which concepts of `language` a text may speak of, each with its number for `marks`."""
        spotter, always = self._spotter(language)
        numbers = always.union(spotter.list_numbers(codes))
        return {self._keys[number][0]: number for number in sorted(numbers)}

    def present(self, text: str | bytes, codes: Codes, language: str) -> Mapping[str, int]:
        """Return which concepts of `language` a text speaks of, each with its number for `marks`."""
        possible = self.possible(codes, language)
        return {concept: number for concept, number in possible.items() if self._finder(number).search(text)}

    def marks(self, text: str | bytes, number: int) -> list[Mark]:
        """Return the marks of the concept of a number, in order, at most 2000."""
        concept, language = self._keys[number]
        spans = (match.span() for match in islice(self._finder(number).finditer(text), _MOST_MARKS))
        return [Mark(start, end, concept, language) for start, end in spans]

    def _finder(self, number: int) -> Any:  # noqa: ANN401  # RE2 ships no types
        finder = self._finders.get(number)
        if finder is None:
            pattern = expression(self._entries[number], self._keys[number][1])
            finder = self._finders[number] = re2.compile(pattern, _options())
        return finder

    def _spotter(self, language: str) -> tuple[Spotter, frozenset[int]]:
        """Return what spots the concepts of a language, and which have to be looked for in any text.

        Made when first asked for: few installations speak all languages.
        """
        if language not in self._spotters:
            anchors: list[tuple[Anchor, int]] = []
            # What is only a part of what a concept's match holds has a number of its own.
            parts: dict[tuple[Anchor, ...], int] = {}
            pairs: list[tuple[int, int, int]] = []
            always = set()
            for number in self._numbers.get(language, range(0)):
                for entry in self._entries[number]:
                    match self._read_anchors(entry, language):
                        case []:
                            always.add(number)
                        case [held]:
                            anchors += ((anchor, number) for anchor in held)
                        case both:
                            one, other = (parts.setdefault(held, len(self._keys) + len(parts)) for held in both)
                            pairs.append((one, other, number))
            anchors += ((anchor, part) for held, part in parts.items() for anchor in held)
            self._spotters[language] = Spotter(anchors, pairs), frozenset(always)
        return self._spotters[language]

    def _read_anchors(self, entry: str, language: str) -> list[tuple[Anchor, ...]]:
        read = read_anchors(expression([entry], language), list_small_words(language), spaced=language != "ja")
        return [tuple(held) for held in read]


def _check(concept: str, entries: Iterable[str], language: str) -> None:
    try:
        re2.Set.SearchSet(_options()).Add(expression(entries, language))
    except re2.error as error:
        raise ValueError(f"{concept} in {language}: {error}") from error


def _options() -> re2.Options:
    options = re2.Options()
    options.max_mem = _MEMORY
    options.log_errors = False
    options.never_capture = True
    return options


def expression(entries: Iterable[str], language: str) -> str:
    """Return the one regular expression that stands for all `entries` of a concept."""
    if language == "ja":
        return "|".join(f"(?:{entry.replace(' .. ', _GAP_JAPANESE)})" for entry in entries)
    return "|".join(rf"(?:{_bound(_latin(entry, language))})" for entry in entries)


def settled(marks: Iterable[Mark]) -> list[Mark]:
    """Return `marks` in order of place, without those that a mark `NOT_X` of their language takes back.

    `NOT_X` takes back every mark of `X` that overlaps it, and is itself gone.
    """
    marks = sorted(marks)
    refusals: dict[tuple[str, str], list[Mark]] = {}
    for mark in marks:
        if mark.concept.startswith("NOT_"):
            refusals.setdefault((mark.concept[4:], mark.language), []).append(mark)
    return [
        mark
        for mark in marks
        if not mark.concept.startswith("NOT_") and not _overlapped(mark, refusals.get((mark.concept, mark.language)))
    ]


@cache
def shared() -> Lexicon:
    """Return the concepts that several rules use, compiled once."""
    return Lexicon({path.stem: read_words(path) for path in sorted(SHARED.glob("*.toml"))})


def read_words(path: Path) -> dict[str, Any]:
    """Read a file of words: concept → entries, or language → concept → entries."""
    return tomllib.loads(path.read_text(encoding="utf-8"))


def _overlapped(mark: Mark, refusals: list[Mark] | None) -> bool:
    if refusals is None:
        return False
    # Marks of one concept do not overlap, so both their starts and their ends are in order.
    at = bisect_left(refusals, mark.start + 1, key=lambda refusal: refusal.end)
    return at < len(refusals) and refusals[at].start < mark.end


def _latin(entry: str, language: str) -> str:
    if language == "de":
        entry = "".join(_UMLAUTS.get(character, character) for character in entry)
    entry = _SPACE.sub(_words, entry.translate(ACCENTLESS))
    entry = _GROUP.sub("(?:", entry)
    entry = _STAR.sub(r"\\w*", entry)
    return entry.replace(" .. ", _GAP).replace(" ", _BLANK)


def _words(match: re.Match[str]) -> str:
    """Return a space of so many characters as one of words: far fewer states, and few patterns mean letters."""
    most = max(1, int(match.group(1)) // _LETTERS)
    return "" if match.end() == len(match.string) else rf"(?:{_BLANK}\w+){{0,{most}}}[^\w.!?\n]{{0,3}}"


def _bound(entry: str) -> str:
    """Return `entry` as whole words: no letter may go before its first or after its last letter."""
    first = r"\b" if _WORD_FIRST.match(entry) else ""
    last = r"\b" if _WORD_LAST.search(entry) else ""
    return first + entry + last
