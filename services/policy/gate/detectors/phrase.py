"""Finds what a message means from the concepts its sentences combine, their order, and what is denied.

A rule's `patterns` are lines such as `ASK REMOVE > REVIEW !ASKED ~1`:
a word is a concept that must occur (`A|B`: one of them), in any order, `>`: only then the following ones;
`!A`: must not occur; `~1`: within this many sentences more than one; `<60`: within so many characters;
`neg`: also where it is denied; `@reply`, `@proactive`: only in such a message. All concepts are of one language.
`derive` names such combinations (`ASKREV = WRITE REVIEW <60`) as concepts for the patterns.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from services.policy.gate.judged import Hit, Judged
from services.policy.gate.lexicon import Lexicon, Mark, settled, shared
from services.policy.gate.reading import Negations, Reading, readings

Concepts = frozenset[str]
_ANY_REACH = 1 << 30


@dataclass(frozen=True, slots=True, eq=False)
class Pattern:
    """What a stretch of sentences must combine; `steps` follow one another, concepts within one come in any order."""

    steps: tuple[tuple[Concepts, ...], ...]
    unless: Concepts
    sentences: int
    reach: int
    denied: bool
    kind: str | None

    @property
    def required(self) -> Concepts:
        """Every concept of which some, or that itself, must occur."""
        return frozenset[str]().union(*(concepts for step in self.steps for concepts in step))

    @property
    def mentioned(self) -> Concepts:
        """Every concept that the pattern needs to know the places of."""
        return self.unless | self.required

    def find(self, marks: Sequence[Mark], denies: Callable[[Mark], bool]) -> Iterator[tuple[int, int]]:
        """Yield the stretches from the first to the last concept where `marks` of one language combine so."""
        if self.unless and any(mark.concept in self.unless for mark in marks):
            return
        fit = marks if self.denied else [mark for mark in marks if not denies(mark)]
        first = self.steps[0][0]
        for anchor in fit:
            if anchor.concept in first:
                span = self._from(anchor, fit)
                if span is not None:
                    yield span

    def _from(self, anchor: Mark, marks: Sequence[Mark]) -> tuple[int, int] | None:
        chosen: list[Mark] = []
        begin = 0
        for step in self.steps:
            for concepts in step:
                mark = anchor if not chosen else _nearest(marks, concepts, anchor, begin, chosen)
                if mark is None:
                    return None
                chosen.append(mark)
            begin = max(one.end for one in chosen)
        start, end = min(one.start for one in chosen), max(one.end for one in chosen)
        return (start, end) if end - start <= self.reach else None


def _nearest(
    marks: Sequence[Mark], concepts: Concepts, anchor: Mark, begin: int, chosen: Sequence[Mark]
) -> Mark | None:
    fit = [mark for mark in marks if mark.concept in concepts and mark.start >= begin and mark not in chosen]
    return min(fit, key=lambda mark: max(mark.start - anchor.end, anchor.start - mark.end), default=None)


def parse(source: str) -> Pattern:
    """Read a pattern from its line. Fails with `ValueError` on one without a concept."""
    steps: list[list[Concepts]] = [[]]
    unless: set[str] = set()
    sentences, reach, denied, kind = 1, _ANY_REACH, False, None
    for word in source.split():
        if word == ">":
            steps.append([])
        elif word == "neg":
            denied = True
        elif word[0] == "!":
            unless.update(word[1:].split("|"))
        elif word[0] == "~":
            sentences = 1 + int(word[1:])
        elif word[0] == "<":
            reach = int(word[1:])
        elif word[0] == "@":
            kind = word[1:]
        else:
            steps[-1].append(frozenset(word.split("|")))
    if not all(steps):
        raise ValueError(f"a step without a concept: {source}")
    return Pattern(tuple(tuple(step) for step in steps), frozenset(unless), sentences, reach, denied, kind)


class Phrases:
    """Patterns over the shared concepts, the rule's own, and those derived from both."""

    def __init__(self, lexicon: Lexicon, derived: Sequence[tuple[str, Pattern]], patterns: Sequence[Pattern]) -> None:
        """Take the rule's own concepts, patterns that name what they find, and those that make a hit."""
        self.lexicon, self.derived, self.patterns = lexicon, derived, patterns
        every = [*patterns, *(pattern for _, pattern in derived)]
        self._mentioned = {pattern: pattern.mentioned for pattern in every}
        names = {name for name, _ in derived}.union(*self._mentioned.values())
        asked = Counter(concept for one in every for concept in one.required)
        self._telling = frozenset(concept for concept, count in asked.items() if count == 1)
        self._bits = {name: 1 << at for at, name in enumerate(sorted(names))}
        # Of each pattern the sets of concepts of which a text has to speak: numbers are quicker to compare than names.
        self._needs = {
            pattern: [sum(map(self._bits.__getitem__, concepts)) for step in pattern.steps for concepts in step]
            for pattern in every
        }

    def __call__(self, judged: Judged) -> Iterator[Hit]:
        """Yield a hit for each pattern and stretch of sentences that it finds in a passage."""
        patterns = [one for one in self.patterns if one.kind in {None, judged.candidate.kind}]
        for reading in readings(judged):
            for start, end in self._spans(reading, patterns):
                yield Hit(reading.passage.field, *reading.passage.text.span(start, end))

    def _spans(self, reading: Reading, patterns: Sequence[Pattern]) -> Iterator[tuple[int, int]]:
        for language in reading.languages:
            own = self.lexicon.possible(reading.codes, language)
            # Most texts lack what only the rule's own lists know: then nothing needs the shared ones, which are long.
            possible = self._possible(patterns, [*own, *shared().names(language)])
            if possible:
                possible = self._possible(possible, [*own, *reading.possible(language)])
            if possible:
                yield from self._look(reading, language, own, possible)

    def _look(
        self, reading: Reading, language: str, own: Mapping[str, int], patterns: Sequence[Pattern]
    ) -> Iterator[tuple[int, int]]:
        found: dict[str, list[Mark]] = {}
        # What only one pattern asks for is seldom there, and without it the rest has not to be looked for.
        for names in (self._telling, own):
            if patterns:
                needed = self._needed(patterns)
                sought = [name for name in own if name in names and name in needed and name not in found]
                found |= {name: self.lexicon.marks(reading.data, own[name]) for name in sought}
                present = [name for name in own if found.get(name, True)]
                patterns = self._possible(patterns, [*present, *reading.possible(language)])
        if patterns:
            marks = self._marks(reading, found, language, self._needed(patterns))
            yield from self._search(reading, marks, patterns)

    def _possible(self, patterns: Iterable[Pattern], present: Iterable[str]) -> Sequence[Pattern]:
        """Return the patterns that a text may hold which speaks of the concepts `present`."""
        spoken = 0
        for name in present:
            spoken |= self._bits.get(name, 0)
        bits = spoken
        for name, pattern in self.derived:
            if self._may_hold(spoken, pattern):
                bits |= self._bits[name]
        return [one for one in patterns if self._may_hold(bits, one)]

    def _may_hold(self, bits: int, pattern: Pattern) -> bool:
        return all(bits & need for need in self._needs[pattern])

    def _needed(self, patterns: Iterable[Pattern]) -> set[str]:
        needed = {"NEG"}.union(*(self._mentioned[pattern] for pattern in patterns))
        for name, pattern in self.derived:
            if name in needed:
                needed |= self._mentioned[pattern]
        return needed | {f"NOT_{concept}" for concept in needed}

    def _marks(
        self, reading: Reading, own: Mapping[str, list[Mark]], language: str, needed: Iterable[str]
    ) -> list[Mark]:
        marks: list[Mark] = []
        for concept in needed:
            marks += reading.common(language, concept)
            marks += own.get(concept, ())
        return settled(marks)

    def _search(self, reading: Reading, marks: list[Mark], patterns: Iterable[Pattern]) -> Iterator[tuple[int, int]]:
        denies = Negations(reading, marks).deny
        by_sentence = _by_sentence(reading, marks)
        for name, pattern in self.derived:
            for number, spoken in by_sentence.items():
                spans = pattern.find(spoken, denies)
                by_sentence[number] = sorted([*spoken, *(Mark(*span, name, "") for span in spans)])
        for pattern in patterns:
            for number in by_sentence:
                yield from pattern.find(_window(by_sentence, number, pattern.sentences), denies)


def _by_sentence(reading: Reading, marks: Iterable[Mark]) -> dict[int, list[Mark]]:
    found: dict[int, list[Mark]] = {}
    for mark in marks:
        found.setdefault(reading.sentence_of(mark.start), []).append(mark)
    return found


def _window(by_sentence: Mapping[int, list[Mark]], number: int, count: int) -> list[Mark]:
    if count == 1:
        return by_sentence[number]
    return [mark for one in range(number, number + count) for mark in by_sentence.get(one, ())]


def build(parameters: Mapping[str, Any]) -> Phrases:
    """Build the detector from a rule's `patterns`, `derive` and `words` (language → concept → entries)."""
    unknown = set(parameters) - {"patterns", "derive", "words"}
    if unknown:
        raise ValueError(f"unknown parameter {', '.join(sorted(unknown))}")
    derived = [line.partition(" = ") for line in parameters.get("derive", ())]
    return Phrases(
        Lexicon(parameters.get("words", {})),
        [(name, parse(line)) for name, _, line in derived],
        [parse(line) for line in parameters["patterns"]],
    )
