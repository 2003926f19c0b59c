"""A passage read for what it says: its sentences, and in each the marks of the concepts it speaks of."""

import re
from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property

from services.policy.gate.judged import Judged, Passage
from services.policy.gate.lexicon import Mark, shared
from services.policy.gate.links.address import IN_LINK
from services.policy.gate.sentences import Span, sentences
from services.policy.gate.spotting import Codes
from services.policy.gate.tongues import spoken

# What a link is called says nothing of what the sentence around it means.
_LINK = re.compile(rf"(?:(?<=://)|\bwww\.)(?:(?!'){IN_LINK})+")
_CLAUSE = re.compile(r"[,;:()\n、]|\s[-/]\s")
_BEFORE = 42
_AFTER = {"de": 45, "ja": 30}
_AFTER_OTHERS = 18


def _blanked(match: re.Match[str]) -> str:
    return "_" * len(match.group())


class Reading:
    """One passage, its sentences, and the shared concepts in it; `text` is folded, links in it are blank.

    `sentences` are in order; `said` is what each of them says.
    """

    def __init__(self, passage: Passage) -> None:
        self.passage = passage
        text = passage.text.folded
        self.text = _LINK.sub(_blanked, text) if "://" in text or "www." in text else text
        # Of plain ASCII, places in bytes are places in the text, and bytes are faster.
        self.data: str | bytes = self.text.encode() if self.text.isascii() else self.text
        self.sentences: list[Span] = sentences(self.text)
        self.said = [self.text[start:end] for start, end in self.sentences]
        self._possible: dict[str, Mapping[str, int]] = {}
        self._shared: dict[int, list[Mark]] = {}

    @cached_property
    def languages(self) -> frozenset[str]:
        """The languages that the passage may be in."""
        return spoken(self.said)

    @property
    def codes(self) -> Codes:
        """The codes of the characters of the passage, those of links among them."""
        return self.passage.text.codes

    def possible(self, language: str) -> Mapping[str, int]:
        """Return the shared concepts of `language` that the passage may speak of."""
        if language not in self._possible:
            self._possible[language] = shared().possible(self.codes, language)
        return self._possible[language]

    def common(self, language: str, concept: str) -> list[Mark]:
        """Return the marks of a shared concept."""
        index = self.possible(language).get(concept)
        if index is None:
            return []
        if index not in self._shared:
            self._shared[index] = shared().marks(self.data, index)
        return self._shared[index]

    @cached_property
    def _starts(self) -> list[int]:
        return [span.start for span in self.sentences]

    def sentence_of(self, position: int) -> int:
        """Return the number of the sentence that `position` is in."""
        return max(0, bisect_left(self._starts, position + 1) - 1)

    @cached_property
    def cuts(self) -> list[int]:
        """Where clauses part: at punctuation, and at words such as `but` or `if`."""
        points = [match.start() for match in _CLAUSE.finditer(self.text)]
        points += [mark.start for language in self.languages for mark in self.common(language, "CUT")]
        points += [span.start for span in self.sentences]
        return sorted(points)

    def parted(self, start: int, end: int) -> bool:
        """Tell whether a clause ends between two positions."""
        at = bisect_left(self.cuts, start)
        return at < len(self.cuts) and self.cuts[at] < end


class Negations:
    """Tells which marks of a reading, all of one language, are denied: `we do not offer discounts` offers none."""

    def __init__(self, reading: Reading, marks: Sequence[Mark]) -> None:
        self._reading = reading
        self._negations = [mark for mark in marks if mark.concept == "NEG"]
        self._known: dict[Mark, bool] = {}

    def deny(self, mark: Mark) -> bool:
        """Tell whether a negation governs `mark` within its clause."""
        if not self._negations:
            return False
        if mark not in self._known:
            self._known[mark] = self._denied(mark)
        return self._known[mark]

    def _denied(self, mark: Mark) -> bool:
        at = bisect_left(self._negations, mark.start, key=lambda one: one.start)
        if at and mark.language != "ja":
            before = self._negations[at - 1]
            near = mark.start - before.end <= _BEFORE
            if near and before.end <= mark.start and not self._reading.parted(before.end, mark.start):
                return True
        for after in self._negations[at : at + 3]:
            if after.start >= mark.end:
                near = after.start - mark.end <= _AFTER.get(mark.language, _AFTER_OTHERS)
                return near and not self._reading.parted(mark.end, after.start)
        return False


def readings(judged: Judged) -> Iterator[Reading]:
    """Yield the passages of `judged`, each read once for all rules."""
    yield from judged.once("readings", _read)


def _read(judged: Judged) -> list[Reading]:
    # The subject of a reply is the other side's.
    reply = judged.candidate.kind == "reply"
    return [Reading(passage) for passage in judged.passages if not (reply and passage.field == "subject")]
