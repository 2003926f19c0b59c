"""Scores a message for every label: as a whole, and by the stretches of it that speak most for the label."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from services.policy.gate.judged import Judged
from services.policy.gate.model.line import WINDOW, Calibration, Line
from services.policy.gate.model.lookup import Lookup
from services.policy.gate.model.meanings import packaged as packaged_meanings
from services.policy.gate.model.net import packaged as packaged_net
from services.policy.gate.model.weights import packaged
from services.policy.gate.model.windows import weigh
from services.policy.gate.reading import Reading, readings

LONGEST = 20_000
"""How many characters of a body the model reads; what is longer is left to the word lists."""

LONGEST_FOR_NET = 4_096
"""How many octets a body has at most that the net reads, without its subject; of longer ones the sums alone count."""

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


@dataclass(frozen=True, slots=True)
class Score:
    """What the model makes of a message: of its `bodies` that show.

    `near`: the labels that some body may break, once the word lists have had their say. `whole`: whether the model has
    read all of the message, or whether some of it is hidden or too long.
    """

    bodies: tuple[Body, ...]
    near: frozenset[str]
    whole: bool


def score(judged: Judged) -> Score:
    """Return what the model makes of the message, found once for all labels."""
    return judged.once("score of the model", _score)


def _score(judged: Judged) -> Score:
    bodies = _bodies(judged)
    whole = all(body.complete for body in bodies) and not any(passage.hidden for passage in judged.passages)
    return Score(bodies, _list_near(bodies), whole)


def _bodies(judged: Judged) -> tuple[Body, ...]:
    reply = judged.candidate.kind == "reply"
    shown = [(one, _sentences(one)) for one in readings(judged) if not one.passage.hidden]
    subject = [sentence for one, read in shown if one.passage.field == "subject" for sentence in read]
    return tuple(_body(one, subject, read, reply=reply) for one, read in shown if one.passage.field != "subject")


def _list_near(bodies: Sequence[Body]) -> frozenset[str]:
    weights = packaged()
    return frozenset(
        label
        for body in bodies
        for label in (weights.alone if body.net is None else weights.both).list_near(body.scores)
    )


def _sentences(reading: Reading) -> list[str]:
    if len(reading.text) <= LONGEST:
        return reading.said[:_MOST_SENTENCES]
    read = [span for span in reading.sentences[:_MOST_SENTENCES] if span.end <= LONGEST]
    return reading.said[: len(read)]


def _body(reading: Reading, subject: Sequence[str], sentences: Sequence[str], *, reply: bool) -> Body:
    weights, for_net = packaged(), _is_for_net(reading.text)
    sums, vectors = packaged_lookup().read([*subject, *sentences], reply=reply, for_net=for_net)
    message, windows, parts = weigh(sums, len(subject), weights.scales)
    net = packaged_net().scores(vectors, reply=reply) if for_net else None
    if net is None:
        scores = weights.alone.scores(message, windows, [0.0] * len(message), reply=reply)
    else:
        scores = weights.both.scores(message, windows, net, reply=reply)
    return Body(reading, scores, parts, net, complete=len(sentences) == len(reading.sentences))


def _is_for_net(text: str) -> bool:
    return len(text) <= LONGEST_FOR_NET and (text.isascii() or len(text.encode()) <= LONGEST_FOR_NET)


@lru_cache(maxsize=1)
def packaged_lookup() -> Lookup:
    """Return the tables of both packaged models, read when first asked for."""
    weights, net = packaged(), packaged_net()
    return Lookup(packaged_meanings(), weights.table, net.pieces, net.scale, net.concepts)
