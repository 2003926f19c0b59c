"""Scores a message for every label: as a whole, and by the stretches of it that speak most for the label."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import exp, log

from services.policy.gate.judged import Judged
from services.policy.gate.model.weights import Calibration, Weights, packaged
from services.policy.gate.reading import Reading, readings

WINDOW = 2
LONGEST = 20_000
"""How many characters of a body the model reads; what is longer is left to the word lists."""

SOFTNESS = 0.5
"""How far below the best window another still counts beside it."""

_MOST_SENTENCES = 600
_FAR = 30.0
_ROUNDING = 1e-6


@dataclass(frozen=True, slots=True)
class Body:
    """One body with its sums of all labels.

    `messages`: over the subject and all sentences; `best`: the best over neighbouring sentences; both freed from their
    length, in the order of the labels. `parts`: each window's sums.
    """

    reading: Reading
    messages: Sequence[float]
    best: Sequence[float]
    parts: Sequence[Sequence[float]]
    complete: bool

    def score(self, label: int, calibration: Calibration, *, reply: bool) -> float:
        """Return how much the sums speak for a label, before the word lists do.

        Of the windows the best counts, and more if several are as good.
        """
        return self._score(label, calibration, _pooled([part[label] for part in self.parts]), reply=reply)

    def most(self, label: int, calibration: Calibration, *, reply: bool) -> float:
        """Return what `score` is not above, for much less work."""
        best = self.best[label]
        if calibration.window > 0:
            best += SOFTNESS * log(len(self.parts))
        return self._score(label, calibration, best, reply=reply) + _ROUNDING

    def _score(self, label: int, calibration: Calibration, window: float, *, reply: bool) -> float:
        one = calibration
        value = one.bias + one.message * self.messages[label] + one.window * window
        return value + one.reply * reply

    def span(self, label: int) -> tuple[int, int]:
        """Return the place in the field of the sentences that speak most for the label."""
        if not self.reading.sentences:
            return self.reading.passage.text.span(0, len(self.reading.text))
        at = max(range(len(self.parts)), key=lambda number: (self.parts[number][label], -number))
        first, last = self.reading.sentences[at], self.reading.sentences[at : at + WINDOW][-1]
        return self.reading.passage.text.span(first.start, last.end)


def bodies(judged: Judged) -> tuple[Body, ...]:
    """Return the bodies of the message that show, with their sums, found once for all labels."""
    return judged.once("bodies for the model", _bodies)


def _bodies(judged: Judged) -> tuple[Body, ...]:
    weights = packaged()
    shown = [one for one in readings(judged) if not one.passage.hidden]
    reply = judged.candidate.kind == "reply"
    sums = [(one, _sums(one, weights, reply=reply)) for one in shown]
    subject = sum(sum(parts) for one, parts in sums if one.passage.field == "subject")
    return tuple(_body(one, parts, subject, weights) for one, parts in sums if one.passage.field != "subject")


def _sums(reading: Reading, weights: Weights, *, reply: bool) -> list[int]:
    read = [span for span in reading.sentences[:_MOST_SENTENCES] if span.end <= LONGEST]
    return [weights.add(reading.text[span.start : span.end], reply=reply) for span in read]


def _body(reading: Reading, sums: list[int], subject: int, weights: Weights) -> Body:
    windows = [one + after for one, after in pairwise(sums)] or sums or [0]
    parts = [weights.freed(window) for window in windows]
    return Body(
        reading,
        weights.freed(subject + sum(sums)),
        list(map(max, zip(*parts, strict=True))),
        parts,
        complete=len(sums) == len(reading.sentences),
    )


def _pooled(sums: Sequence[float]) -> float:
    best = max(sums)
    return best + SOFTNESS * log(sum([exp(max(-_FAR, (one - best) / SOFTNESS)) for one in sums]))
