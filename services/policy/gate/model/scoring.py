"""Scores a message for every label: as a whole, and by the stretches of it that speak most for the label."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from services.policy.gate.judged import Judged
from services.policy.gate.model.line import Calibration, Line
from services.policy.gate.model.net import packaged as packaged_net
from services.policy.gate.model.weights import Sums, packaged
from services.policy.gate.reading import Reading, readings

WINDOW = 2
LONGEST = 20_000
"""How many characters of a body the model reads; what is longer is left to the word lists."""

LONGEST_FOR_NET = 4_096
"""How many octets a body has at most that the net reads, without its subject; of longer ones the sums alone count."""

SOFTNESS = 0.5
"""How far below the best window another still counts beside it."""

_MOST_SENTENCES = 600


@dataclass(frozen=True, slots=True)
class Body:
    """One body, and what model and net say of it for all labels, in their order: `scores`.

    `parts`: each window's sums, freed from their length. `net`: what the net says, if it has read the body.
    """

    reading: Reading
    scores: Sequence[float]
    parts: NDArray[np.float64]
    net: Sequence[float] | None
    complete: bool

    def line(self, calibration: Calibration) -> Line:
        """Return the line of a label that fits what has been read."""
        return calibration.alone if self.net is None else calibration.both

    def margin(self, label: int, line: Line) -> float:
        """Return how far above the threshold of a label the body is, before the word lists have their say."""
        return self.scores[label] - line.threshold

    def span(self, label: int) -> tuple[int, int]:
        """Return the place in the field of the sentences that speak most for the label."""
        if not self.reading.sentences:
            return self.reading.passage.text.span(0, len(self.reading.text))
        at = int(self.parts[:, label].argmax())
        first, last = self.reading.sentences[at], self.reading.sentences[at : at + WINDOW][-1]
        return self.reading.passage.text.span(first.start, last.end)


def bodies(judged: Judged) -> tuple[Body, ...]:
    """Return the bodies of the message that show, with their scores, found once for all labels."""
    return judged.once("bodies for the model", _bodies)


def list_near(judged: Judged) -> frozenset[str]:
    """Return the labels that some body may break, once the word lists have had their say."""
    return judged.once("labels near for the model", _list_near)


def is_read_whole(judged: Judged) -> bool:
    """Tell whether the model has read all of the message, or whether some of it is hidden or too long."""
    return judged.once("read whole by the model", _is_read_whole)


def _bodies(judged: Judged) -> tuple[Body, ...]:
    reply = judged.candidate.kind == "reply"
    shown = [(one, _sentences(one)) for one in readings(judged) if not one.passage.hidden]
    subject = [sentence for one, read in shown if one.passage.field == "subject" for sentence in read]
    sums = packaged().sums
    above: Sums = sums(subject, reply=reply).sum(axis=0)
    return tuple(
        _body(one, sums(read, reply=reply), above, _read_by_net(one, [*subject, *read], reply=reply), reply=reply)
        for one, read in shown
        if one.passage.field != "subject"
    )


def _list_near(judged: Judged) -> frozenset[str]:
    weights = packaged()
    return frozenset(
        label
        for body in bodies(judged)
        for label in (weights.alone if body.net is None else weights.both).list_near(body.scores)
    )


def _is_read_whole(judged: Judged) -> bool:
    return all(body.complete for body in bodies(judged)) and not any(passage.hidden for passage in judged.passages)


def _sentences(reading: Reading) -> list[str]:
    read = [span for span in reading.sentences[:_MOST_SENTENCES] if span.end <= LONGEST]
    return [reading.text[span.start : span.end] for span in read]


def _read_by_net(reading: Reading, sentences: Sequence[str], *, reply: bool) -> Sequence[float] | None:
    if len(reading.text) > LONGEST_FOR_NET or len(reading.text.encode()) > LONGEST_FOR_NET:
        return None
    return packaged_net().scores(sentences, reply=reply)


def _body(reading: Reading, sums: Sums, subject: Sums, net: Sequence[float] | None, *, reply: bool) -> Body:
    weights = packaged()
    parts = weights.freed(sums[:-1] + sums[1:] if len(sums) > 1 else sums.sum(axis=0, keepdims=True))
    message, windows = weights.freed(subject + sums.sum(axis=0)), _pooled(parts)
    if net is None:
        scores = weights.alone.scores(message, windows, [0.0] * len(message), reply=reply)
    else:
        scores = weights.both.scores(message, windows, net, reply=reply)
    return Body(reading, scores, parts, net, complete=len(sums) == len(reading.sentences))


def _pooled(parts: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return what the windows say for each label: the best one counts, and more if several are as good."""
    best = parts.max(axis=0)
    pooled: NDArray[np.float64] = best + SOFTNESS * np.log(np.exp((parts - best) / SOFTNESS).sum(axis=0))
    return pooled
