"""Weighs sums, word lists and kind of message against each other, and chooses the threshold of a label."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler

from services.policy.gate.model.line import Line
from tests.services.policy.training.examples import Source
from tests.services.policy.training.features import Floats, Truths
from tests.services.policy.training.tasks import SEED, Task

FALSE_ALARM = 8.0
"""How many misses a false alarm on a clean message weighs as much as."""
_FOLDS = 10
_FREEDOM = 0.3
# Where the word lists' say stands among the inputs of a line; they never speak against their rule.
_PHRASE = -2
_SLACK = 0.5
_OTHER = 0.05
# Word lists were written looking at the other sources: only these tell honestly how much the lists' word is worth.
_IMPORTANCE: Mapping[Source, float] = {"written": 1.0, "drawn": 0.3, "dev": 0.3, "short": 0.3, "rule": 0.3}
# Examiners wrote what strangers write; hands were asked for what is hard. So thresholds listen to examiners more.
_SAY: Mapping[Source, float] = {**_IMPORTANCE, "dev": 2.0}


@dataclass(frozen=True, slots=True)
class Sums:
    """What a task's messages and their windows come to, and what the net says of them, by example and label."""

    messages: Floats
    windows: Floats
    nets: Floats

    def of(self, chosen: Truths) -> "Sums":
        """Return the sums of the chosen examples."""
        return Sums(self.messages[chosen], self.windows[chosen], self.nets[chosen])

    def alone(self, at: int) -> "Sums":
        """Return the sums of one label, as if neither the net nor other labels said anything.

        What is too long for the net has sums that no example had: those of other labels would speak too loudly there.
        """
        own = np.arange(self.messages.shape[1]) == at
        return Sums(self.messages * own, self.windows * own, np.zeros_like(self.nets))

    def without_net(self) -> "Sums":
        """Return the sums as if the net said nothing."""
        return Sums(self.messages, self.windows, np.zeros_like(self.nets))


@dataclass(frozen=True, slots=True)
class Slopes:
    """What the inputs of a line are worth, and what is said without any."""

    values: Floats
    bias: float

    def score(self, inputs: Floats) -> Floats:
        """Return what the line is over `inputs`."""
        return inputs @ self.values + self.bias


@dataclass(frozen=True, slots=True)
class Calibrated:
    """A label's line, what held-back examples say of it, and their scores."""

    line: Line
    slopes: Slopes
    told: str
    scores: Floats

    def score(self, inputs: Floats) -> Floats:
        """Return how far above the threshold the line is over `inputs`."""
        return self.slopes.score(inputs) - self.line.threshold


def inputs_of(task: Task, at: int, sums: Sums) -> Floats:
    """Return what a label's line is over: what is said for all labels, as one rule's words may be another's too."""
    columns = [sums.messages, sums.windows, sums.nets, task.spoken[:, at], task.replies]
    return np.column_stack(columns).astype(np.float64)


def calibrate(task: Task, at: int, sums: Sums) -> Calibrated:
    """Fit a label's line to sums that were learned without their example."""
    truths = task.truths[:, at]
    inputs = inputs_of(task, at, sums)
    folds = np.random.default_rng(SEED + 1).integers(0, _FOLDS, len(truths))
    importance = _weights(task, _IMPORTANCE) * np.where(truths | task.clean, 1.0, _OTHER)
    scores = np.zeros(len(truths))
    for fold in range(_FOLDS):
        held = folds == fold
        scores[held] = _fit(inputs[~held], truths[~held], importance[~held]).score(inputs[held])
    threshold = choose(scores, task, at)
    slopes = _fit(inputs, truths, importance)
    slopes.values[_PHRASE] = max(0.0, slopes.values[_PHRASE])
    told = _told(task, at, scores, threshold)
    return Calibrated(_line(task.labels, slopes, threshold), slopes, told, scores)


def _line(labels: Sequence[str], slopes: Slopes, threshold: float) -> Line:
    *by_label, phrase, reply = slopes.values.tolist()
    messages, windows, nets = (
        dict(zip(labels, by_label[at : at + len(labels)], strict=True)) for at in range(0, len(by_label), len(labels))
    )
    return Line(slopes.bias, messages, windows, nets, phrase, reply, threshold)


def choose(scores: Floats, task: Task, at: int) -> float:
    """Return the threshold that costs least: a false alarm on a clean message weighs as much as several misses.

    Of those that cost nearly as little as the best one, it is the one in the middle.
    """
    truths, clean = task.truths[:, at], task.clean
    importance = _weights(task, _SAY) * ~task.settled[:, at]
    thresholds = np.linspace(-6, 6, 241)
    costs = np.array(
        [
            importance[truths & (scores < one)].sum() + FALSE_ALARM * importance[clean & (scores >= one)].sum()
            for one in thresholds
        ]
    )
    return float(np.median(thresholds[costs <= costs.min() + _SLACK]))


def _fit(inputs: Floats, truths: Truths, importance: Floats) -> Slopes:
    scale = StandardScaler().fit(inputs)
    model = LogisticRegression(C=_FREEDOM, max_iter=1000).fit(scale.transform(inputs), truths, importance)
    values = model.coef_[0] / scale.scale_
    return Slopes(values, float(model.intercept_[0] - values @ scale.mean_))


def _weights(task: Task, by_source: Mapping[Source, float]) -> Floats:
    return np.array([by_source[one.source] for one in task.examples])


def _told(task: Task, at: int, scores: Floats, threshold: float) -> str:
    """Say how held-back examples come out, first those that the word lists were not written for."""
    lists, fires = task.spoken[:, at], (scores >= threshold) | task.settled[:, at]
    lines = []
    for name, sources in (("written", {"written"}), ("others", {"dev", "short", "rule"})):
        among = np.array([one.source in sources for one in task.examples])
        hits, clean = task.truths[:, at] & among, task.clean & among
        shares = [f"{found[hits].mean():.3f} / {found[clean].mean():.4f}" for found in (lists, fires)]
        lines.append(
            f"{task.labels[at]:21} {name:8} {hits.sum():4} of it, {clean.sum():4} clean: word lists {shares[0]},"
            f" with the model {shares[1]}; threshold {threshold:.2f}"
        )
    return "\n".join(lines)
