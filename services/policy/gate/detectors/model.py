"""Weighs what the word lists find in a message against what the model makes of it: adds findings, and takes them back.

Written in a rule's file after the detector that it weighs, with `label`: what the model calls the rule's messages;
`whole = true` where the rule speaks of the message as a whole, and something attached makes it another message;
`adds = true` where what the detector finds stands, and the model only adds to it, in messages to buyers, unless their
reason is one of `not_for`.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from services.policy.gate.judged import Detector, Hit, Judged, Quotations
from services.policy.gate.model.scoring import Body, score
from services.policy.gate.model.weights import packaged

# Some five words of Latin letters, or ten Japanese characters.
_FEW_WORDS_OCTETS = 32
# Of a thousand harmless answers so short, written by others than those it had learned from, six were that far above.
_SURE = 2.0


@dataclass(frozen=True, slots=True)
class Learned:
    """The detector of one label, which the model has learned, over the detector written before it."""

    label: str
    words: Detector


@dataclass(frozen=True, slots=True)
class Weighing(Learned):
    """Weighs what the `words` find; `whole`: of a message as a whole."""

    whole: bool

    def __call__(self, judged: Judged) -> Iterable[Hit]:
        """Return the hits of the words, if the model does not speak against them; its own, where it needs none.

        What the model has not read, hidden or very long text, it does not take back. What an answer of a few words
        means (`OK, will do.`) depends on what it answers: by itself it finds there only what it is sure of.
        """
        found = score(judged)
        if not found.bodies or (self.whole and judged.candidate.attachments):
            return self.words(judged)
        # Most messages are so far from a rule that the words, which are slower, could not change the answer.
        if found.whole and self.label not in found.near:
            return ()
        return self._weigh(judged, found.bodies, whole=found.whole)

    def _weigh(self, judged: Judged, found: Sequence[Body], *, whole: bool) -> Sequence[Hit]:
        weights = packaged()
        label, calibration = weights.order.index(self.label), weights.labels[self.label]
        lines = [body.line(calibration) for body in found]
        margins = [body.margin(label, line) for body, line in zip(found, lines, strict=True)]
        hits = list(self.words(judged))
        if hits:
            margins = [margin + line.phrase for margin, line in zip(margins, lines, strict=True)]
        if max(margins) >= 0:
            return hits or _own(found, margins, label, reply=judged.candidate.kind == "reply")
        return [] if whole else hits


@dataclass(frozen=True, slots=True)
class Adding(Learned):
    """Adds to what the other detector finds, which stands, in messages to buyers for none of the reasons `not_for`."""

    not_for: frozenset[str]

    def __call__(self, judged: Judged) -> Iterable[Hit]:
        """Return the other detector's hits, or where it has none, what the model finds."""
        return list(self.words(judged)) or self._own(judged)

    def _own(self, judged: Judged) -> list[Hit]:
        candidate = judged.candidate
        # Around what is quoted mail clients put addresses, which do not ask to be written to.
        if (
            candidate.direction != "seller_to_buyer"
            or candidate.reason in self.not_for
            or isinstance(judged, Quotations)
        ):
            return []
        weights = packaged()
        label, calibration = weights.order.index(self.label), weights.labels[self.label]
        found = [body for body in score(judged).bodies if not _has_few_words(body)]
        margins = [body.margin(label, body.line(calibration)) for body in found]
        return _own(found, margins, label, reply=False)


def _own(found: Sequence[Body], margins: Sequence[float], label: int, *, reply: bool) -> list[Hit]:
    """Return the model's own hit, in the body that speaks most for the label of those that may."""
    telling = [
        (margin, -number, body)
        for number, (margin, body) in enumerate(zip(margins, found, strict=True))
        if margin >= (_SURE if reply and _has_few_words(body) else 0)
    ]
    if not telling:
        return []
    body = max(telling)[2]
    return [Hit(body.reading.passage.field, *body.span(label))]


def _has_few_words(body: Body) -> bool:
    return len(body.reading.text.encode()) < _FEW_WORDS_OCTETS


@dataclass(frozen=True, slots=True)
class Unweighed:
    """A model detector before it knows the detector that it weighs, or adds to."""

    label: str
    whole: bool
    adds: bool = False
    not_for: frozenset[str] = frozenset()

    def over(self, words: Detector) -> Weighing | Adding:
        """Return the detector that weighs what `words` finds, or adds to it."""
        if self.adds:
            return Adding(self.label, words, self.not_for)
        return Weighing(self.label, words, self.whole)


def build(parameters: Mapping[str, Any]) -> Unweighed:
    """Read `label`, `whole`, `adds` and `not_for`; what it weighs follows from the rule's file."""
    unknown = set(parameters) - {"label", "whole", "adds", "not_for"}
    if unknown:
        raise ValueError(f"unknown parameter {', '.join(sorted(unknown))}")
    return Unweighed(
        parameters["label"],
        bool(parameters.get("whole", False)),
        bool(parameters.get("adds", False)),
        frozenset(parameters.get("not_for", ())),
    )
