"""Scores a message for every label: as a whole, and by the stretches of it that speak most for the label."""

from collections.abc import Sequence
from dataclasses import dataclass
from math import exp, log

from services.policy.gate.judged import Judged
from services.policy.gate.model.net import packaged as packaged_net
from services.policy.gate.model.weights import Calibration, Line, Sums, packaged
from services.policy.gate.reading import Reading, readings

WINDOW = 2
LONGEST = 20_000
"""How many characters of a body the model reads; what is longer is left to the word lists."""

LONGEST_FOR_NET = 4_096
"""How many octets a body has at most that the net reads, without its subject; of longer ones the sums alone count."""

SOFTNESS = 0.5
"""How far below the best window another still counts beside it."""

_MOST_SENTENCES = 600
_FAR = 30.0
_ROUNDING = 1e-6


@dataclass(frozen=True, slots=True)
class Body:
    """One body with its sums of all labels.

    `messages`: over the subject and all sentences; `best`: the best over neighbouring sentences; both freed from their
    length, in the order of the labels. `parts`: each window's sums. `net`: what the net says, if it has read the body.
    """

    reading: Reading
    messages: Sequence[float]
    best: Sequence[float]
    parts: Sequence[Sequence[float]]
    net: Sequence[float] | None
    complete: bool

    def line(self, calibration: Calibration) -> Line:
        """Return the line of a label that fits what has been read."""
        return calibration.alone if self.net is None else calibration.both

    def margin(self, label: int, line: Line, *, reply: bool) -> float:
        """Return how far above the threshold of a label the body is, before the word lists have their say.

        Of the windows the best counts, and more if several are as good.
        """
        return self._margin(label, line, _pooled([part[label] for part in self.parts]), reply=reply)

    def most(self, label: int, line: Line, *, reply: bool) -> float:
        """Return what `margin` is not above, for much less work."""
        best = self.best[label]
        if line.window > 0:
            best += SOFTNESS * log(len(self.parts))
        return self._margin(label, line, best, reply=reply) + _ROUNDING

    def _margin(self, label: int, line: Line, window: float, *, reply: bool) -> float:
        value = line.bias + line.message * self.messages[label] + line.window * window + line.reply * reply
        if self.net is not None:
            value += line.net * self.net[label]
        return value - line.threshold

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
    reply = judged.candidate.kind == "reply"
    shown = [(one, _sentences(one)) for one in readings(judged) if not one.passage.hidden]
    subject = [sentence for one, read in shown if one.passage.field == "subject" for sentence in read]
    sums = packaged().sums
    above: Sums = sums(subject, reply=reply).sum(axis=0)
    return tuple(
        _body(one, sums(read, reply=reply), above, _read_by_net(one, [*subject, *read], reply=reply))
        for one, read in shown
        if one.passage.field != "subject"
    )


def _sentences(reading: Reading) -> list[str]:
    read = [span for span in reading.sentences[:_MOST_SENTENCES] if span.end <= LONGEST]
    return [reading.text[span.start : span.end] for span in read]


def _read_by_net(reading: Reading, sentences: Sequence[str], *, reply: bool) -> Sequence[float] | None:
    if len(reading.text) > LONGEST_FOR_NET or len(reading.text.encode()) > LONGEST_FOR_NET:
        return None
    return packaged_net().scores(sentences, reply=reply)


def _body(reading: Reading, sums: Sums, subject: Sums, net: Sequence[float] | None) -> Body:
    weights = packaged()
    windows = sums[:-1] + sums[1:] if len(sums) > 1 else sums.sum(axis=0, keepdims=True)
    parts = weights.freed(windows)
    return Body(
        reading,
        weights.freed(subject + sums.sum(axis=0)).tolist(),
        parts.max(axis=0).tolist(),
        parts.tolist(),
        net,
        complete=len(sums) == len(reading.sentences),
    )


def _pooled(sums: Sequence[float]) -> float:
    best = max(sums)
    return best + SOFTNESS * log(sum([exp(max(-_FAR, (one - best) / SOFTNESS)) for one in sums]))
