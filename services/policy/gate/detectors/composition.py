"""Finds messages that consist of nothing but courtesy, or of nothing but a confirmation.

Every sentence of the body is put into one of a few kinds by the concepts it speaks of. A single sentence with
substance (a question, a problem, an instruction …) makes the message more than that.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import Enum
from functools import cache
from pathlib import Path
from typing import Any, Literal

from services.policy.gate.judged import Hit, Judged
from services.policy.gate.lexicon import Lexicon, read_words, settled
from services.policy.gate.reading import Reading, readings

_WORDS = Path(__file__).parent / "composition.toml"
_MOST_UNKNOWN = 0.6
"""Share of letters in sentences of no known kind above which a message says more than it seems to."""
_MOST_UNKNOWN_OF_TOPIC = 0.3
"""The same where shipping and the like is only mentioned."""
_LABEL = 22
"""Letters up to which a sentence of no known kind is a label, a name or a signature."""


class Kind(Enum):
    """What a sentence is for."""

    SUBSTANCE = "substance"
    CONFIRMATION = "confirmation"
    COURTESY = "courtesy"
    FILLING = "filling"
    UNKNOWN = "unknown"


_KINDS = (
    (Kind.SUBSTANCE, {"SUBSTANCE"}),
    (Kind.CONFIRMATION, {"CONFIRM"}),
    (Kind.COURTESY, {"THANKS", "HELP", "WISH"}),
    (Kind.CONFIRMATION, {"TOPIC"}),
    (Kind.FILLING, {"GREETING", "CLOSING", "NEUTRAL"}),
)


@dataclass(frozen=True, slots=True)
class Composition:
    """What a passage consists of: letters of each kind of sentence, and where the first telling one is.

    `strong`: it speaks like a template; `plain`: it says outright that something was done.
    """

    letters: Counter[Kind]
    first: Mapping[Kind, tuple[int, int]]
    strong: bool
    plain: bool

    def only(self, kind: Kind) -> bool:
        """Tell whether the passage is of `kind` and, but for greetings and the like, of nothing else."""
        counted = sum(self.letters.values())
        if not self.letters[kind] or self.letters[Kind.SUBSTANCE]:
            return False
        if kind is Kind.COURTESY and self.letters[Kind.CONFIRMATION]:
            return False
        most = _MOST_UNKNOWN_OF_TOPIC if kind is Kind.CONFIRMATION and not self.plain else _MOST_UNKNOWN
        return self.letters[Kind.UNKNOWN] <= most * counted


@cache
def _lexicon() -> Lexicon:
    return Lexicon(read_words(_WORDS))


def compose(reading: Reading) -> Composition:
    """Return what the passage consists of, read in the language that most of its concepts are of."""
    present = {language: _lexicon().present(reading.data, reading.codes, language) for language in reading.languages}
    language = max(present, key=lambda one: (len(present[one]), one))
    concepts = present[language]
    if "SUBSTANCE" in concepts and "NOT_SUBSTANCE" not in concepts:
        return Composition(Counter({Kind.SUBSTANCE: 1}), {}, strong=False, plain=False)
    marks = settled(mark for index in concepts.values() for mark in _lexicon().marks(reading.data, index))
    by_sentence: dict[int, set[str]] = {}
    for mark in marks:
        by_sentence.setdefault(reading.sentence_of(mark.start), set()).add(mark.concept)
    letters: Counter[Kind] = Counter()
    first: dict[Kind, tuple[int, int]] = {}
    for number, span in enumerate(reading.sentences):
        size = sum(map(str.isalpha, reading.text[span.start : span.end]))
        kind = _kind(by_sentence.get(number, set()), size, language)
        letters[kind] += size
        first.setdefault(kind, (span.start, span.end))
    return Composition(letters, first, strong="STRONG" in concepts, plain="CONFIRM" in concepts)


def _kind(concepts: set[str], size: int, language: str) -> Kind:
    for kind, telling in _KINDS:
        if concepts & telling:
            return kind
    return Kind.FILLING if size <= (_LABEL // 2 if language == "ja" else _LABEL) else Kind.UNKNOWN


@dataclass(frozen=True, slots=True)
class Only:
    """Messages that are of one kind only. Answers are taken for more, unless they speak like a template."""

    kind: Kind

    def __call__(self, judged: Judged) -> Iterator[Hit]:
        """Yield a hit on the first telling sentence of each body that consists of nothing else."""
        if judged.candidate.attachments:
            return
        for reading, composition in judged.once("compositions", _composed):
            if composition.only(self.kind) and (judged.candidate.kind == "proactive" or composition.strong):
                yield Hit(reading.passage.field, *reading.passage.text.span(*composition.first[self.kind]))


def _composed(judged: Judged) -> list[tuple[Reading, Composition]]:
    bodies = (one for one in readings(judged) if one.passage.field != "subject" and not one.passage.hidden)
    return [(reading, compose(reading)) for reading in bodies]


def build(parameters: Mapping[str, Any]) -> Only:
    """Build the detector from `only`: `courtesy` or `confirmation`."""
    only: Literal["courtesy", "confirmation"] = parameters["only"]
    if set(parameters) != {"only"} or only not in {"courtesy", "confirmation"}:
        raise ValueError("`only` is `courtesy` or `confirmation`")
    return Only(Kind(only))
