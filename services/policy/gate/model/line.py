"""What all sums and the net together say of each label: one line over them for each, and where it counts."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

WINDOW = 2
"""How many sentences are taken together."""
SOFTNESS = 0.5
"""How far below the best window another still counts beside it."""

Values: TypeAlias = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Line:
    """What the numbers of all labels mean for one: the slopes of messages, windows and net, by label.

    A label without a slope says nothing. `phrase`: what it adds that word lists find something; `reply`: that the
    message is an answer.
    """

    bias: float
    messages: Mapping[str, float]
    windows: Mapping[str, float]
    nets: Mapping[str, float]
    phrase: float
    reply: float
    threshold: float


@dataclass(frozen=True, slots=True)
class Calibration:
    """What the numbers mean for one label with the net, and `alone` where the net has not read the message.

    `scale` is what one step of the table's bytes is worth.
    """

    scale: float
    both: Line
    alone: Line


class Lines:
    """The lines of all labels, asked together."""

    def __init__(self, lines: Mapping[str, Line]) -> None:
        """Take over the line of each label, in the order of the labels."""
        self._slopes = np.array([_slopes(line, tuple(lines)) for line in lines.values()])
        self._biases = np.array([line.bias for line in lines.values()])
        self._edges = [(label, line.threshold - line.phrase) for label, line in lines.items()]
        self._replies = np.array([line.reply for line in lines.values()])

    def scores(self, messages: Values, windows: Values, nets: Sequence[float], *, reply: bool) -> list[float]:
        """Return what the numbers, each in the order of the labels, say for each label: before word lists do."""
        found = self._slopes @ np.concatenate([messages, windows, nets]) + self._biases
        said: list[float] = (found + self._replies if reply else found).tolist()
        return said

    def list_near(self, scores: Sequence[float]) -> list[str]:
        """Return the labels whose scores are so high that what word lists find would make the message break them."""
        return [label for (label, edge), score in zip(self._edges, scores, strict=True) if score >= edge]


def _slopes(line: Line, labels: Sequence[str]) -> list[float]:
    return [slopes.get(label, 0.0) for slopes in (line.messages, line.windows, line.nets) for label in labels]
