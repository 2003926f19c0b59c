"""Scores a message for every label: as a whole, and by the stretch of it that speaks most for the label."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt

from services.policy.gate.judged import Judged
from services.policy.gate.model.pieces import units
from services.policy.gate.model.weights import Weights, packaged
from services.policy.gate.reading import Reading, readings

WINDOW = 2
LONGEST = 20_000
"""How many characters of a body the model reads; what is longer is left to the word lists."""

_MOST_SENTENCES = 600
Sums = tuple[list[int], int]
"""The sums of all labels, and the number of features summed."""


@dataclass(frozen=True, slots=True)
class Body:
    """One body with its sums of all labels: for the message, subject and all, and for each of its windows."""

    reading: Reading
    whole: Sequence[float]
    windows: tuple[Sequence[float], ...]
    complete: bool

    def message(self, label: int) -> float:
        """Return the sum of a label over the subject and all sentences, freed from their length."""
        return self.whole[label]

    def window(self, label: int) -> tuple[float, int]:
        """Return the best sum over neighbouring sentences, freed from their length, and the first one's number."""
        if not self.windows:
            return self.whole[label], 0
        best, at = max((window[label], -at) for at, window in enumerate(self.windows))
        return best, -at

    def span(self, label: int) -> tuple[int, int]:
        """Return the place in the field of the sentences that speak most for the label."""
        at = self.window(label)[1]
        first, last = self.reading.sentences[at], self.reading.sentences[at : at + WINDOW][-1]
        return self.reading.passage.text.span(first.start, last.end)


def bodies(judged: Judged) -> tuple[Body, ...]:
    """Return the bodies of the message that show, with their sums, found once for all labels."""
    return judged.once("bodies for the model", _bodies)


def _bodies(judged: Judged) -> tuple[Body, ...]:
    weights = packaged()
    shown = [one for one in readings(judged) if not one.passage.hidden]
    subject = weights.add(unit for one in shown if one.passage.field == "subject" for unit in _units(one))
    return tuple(_body(one, subject, weights) for one in shown if one.passage.field != "subject")


def _units(reading: Reading) -> list[str]:
    return [unit for span in reading.sentences for unit in units(reading.text[span.start : span.end])]


def _body(reading: Reading, subject: Sums, weights: Weights) -> Body:
    read = [span for span in reading.sentences[:_MOST_SENTENCES] if span.end <= LONGEST]
    sums = [weights.add(units(reading.text[span.start : span.end])) for span in read]
    starts = range(max(1, len(sums) - WINDOW + 1)) if sums else ()
    windows = tuple(_freed(sums[at : at + WINDOW]) for at in starts)
    return Body(reading, _freed([subject, *sums]), windows, complete=len(read) == len(reading.sentences))


def _freed(parts: Sequence[Sums]) -> list[float]:
    """Return the sums of all labels over `parts`, freed from their length."""
    length = sqrt(max(1, sum(count for _, count in parts)))
    return [sum(column) / length for column in zip(*(sums for sums, _ in parts), strict=True)]
