"""Trains the gate's model and writes its packaged weights: `python -m tests.services.policy.training.train`.

Needs the dependency group `training`. The same examples and word lists give the same file.
"""

import sys
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from sklearn.linear_model import LogisticRegression

from services.policy.gate.model.weights import FIELD, PACKAGED, ZERO, Calibration, write_weights
from services.policy.gate.ruleset import RuleSet
from tests.services.policy.training.examples import TO_SELLER, Example, read_examples
from tests.services.policy.training.features import Features, featured, spoken_of
from tests.services.policy.training.ridge import Floats, Numbers, Ridge, Truths

LABELS = (
    "order_confirmation",
    "thanks_only",
    "promotion",
    "review_incentive",
    "review_change",
    "review_conditional",
    "cancel_request",
    "off_platform_payment",
    "sensitive",
    "phishing",
    "spam",
)
FOLDS, SEED = 10, 20
PENALTY = 1.0
_STEPS = 127
_SCALED = 3.0
_FALSE_ALARM = 6.0
_SLACK = 0.5
# Whether a message that breaks another rule seems to break this one, too, matters little.
_OTHER = 0.05
# Word lists were written looking at the other sources: only these tell honestly how much the lists' word is worth.
_IMPORTANCE = {"written": 1.0, "dev": 0.3, "short": 0.3, "rule": 0.3}
# A rule's own examples have to come out right.
_WEIGHT = {"written": 1.0, "dev": 1.0, "short": 1.0, "rule": 3.0}


@dataclass(frozen=True)
class Task:
    """The examples of one direction and the labels that can apply in it; `spoken`: what the word lists find."""

    examples: Sequence[Example]
    labels: tuple[str, ...]
    features: Features
    truths: Truths
    spoken: Truths

    @classmethod
    def of(cls, examples: Sequence[Example], labels: tuple[str, ...], rules: RuleSet) -> "Task":
        """Read the examples. Where a rule's own examples say nothing of another rule, its word lists do."""
        weighed = [rules.by_id[f"content.{label}"] for label in labels]
        found = [spoken_of(weighed, example) for example in examples]
        spoken = np.array([[rule.id in one for rule in weighed] for one in found])
        truths = np.array([[rule.id in example.labels for rule in weighed] for example in examples])
        for number, example in enumerate(examples):
            if example.unknown and example.labels:
                truths[number] |= spoken[number]
        return cls(examples, labels, featured(examples), truths, spoken)

    @property
    def importance(self) -> Floats:
        return np.array([_IMPORTANCE[one.source] for one in self.examples])

    @property
    def clean(self) -> Truths:
        return np.array([not one.labels for one in self.examples])

    @property
    def replies(self) -> Truths:
        return np.array([one.candidate.kind == "reply" for one in self.examples])


def main() -> int:
    """Train, write the weights, and print what held-back examples say of them."""
    rules = RuleSet.load()
    examples = read_examples()
    calibrations: dict[str, Calibration] = {}
    columns: list[Numbers] = []
    for to_seller in (False, True):
        own = [one for one in examples if (one.candidate.direction == "buyer_to_seller") is to_seller]
        labels = tuple(label for label in LABELS if (f"content.{label}" in TO_SELLER) is to_seller)
        task = Task.of(own, labels, rules)
        weights, messages, windows = learn(task)
        for at, label in enumerate(labels):
            scale = float(np.abs(weights[:, at]).max()) / _STEPS
            columns.append(np.rint(weights[:, at] / scale).astype(np.int16))
            calibrations[label] = calibrate(task, at, np.column_stack([messages[:, at], windows[:, at]]), scale)
    write_weights(PACKAGED, calibrations, table(columns))
    sys.stdout.write(f"{len(examples)} examples, {PACKAGED.stat().st_size / 1e6:.2f} MB\n")
    return 0


def learn(task: Task) -> tuple[Floats, Floats, Floats]:
    """Return the weights, and the sums of messages and of their best windows, each learned without its example."""
    importance = np.array([_WEIGHT[one.source] for one in task.examples], dtype=np.float32)
    fit = Ridge.fit(task.features.messages, task.truths.astype(np.float32) * 2 - 1, importance, PENALTY)
    folds = np.random.default_rng(SEED).integers(0, FOLDS, len(task.examples))
    messages = np.zeros(task.truths.shape, dtype=np.float32)
    windows = np.full(task.truths.shape, -np.inf, dtype=np.float32)
    for held, weights, _ in fit.without(folds):
        messages[held] = task.features.messages[held] @ weights
        rows = np.flatnonzero(np.isin(task.features.owner, held))
        np.maximum.at(windows, task.features.owner[rows], np.asarray(task.features.windows[rows] @ weights))
    return fit.weights()[0], messages, windows


def calibrate(task: Task, at: int, sums: Floats, scale: float) -> Calibration:
    """Weigh sums, word lists and kind against each other, and choose the threshold of a label."""
    truths = task.truths[:, at]
    inputs = np.column_stack([sums * _SCALED, task.spoken[:, at], task.replies]).astype(np.float64)
    folds = np.random.default_rng(SEED + 1).integers(0, FOLDS, len(truths))
    importance = task.importance * np.where(truths | task.clean, 1.0, _OTHER)
    scores = np.zeros(len(truths))
    for fold in range(FOLDS):
        held = folds == fold
        scores[held] = _fit(inputs[~held], truths[~held], importance[~held]).decision_function(inputs[held])
    spoken = task.spoken[:, at]
    with_words, without = (choose(scores, task, at, among) for among in (spoken, ~spoken))
    # What the lists' word is worth beyond the fit is the distance of the two thresholds.
    scores += (without - with_words) * spoken
    _tell(task, at, scores, without)
    model = _fit(inputs, truths, importance)
    message, window, phrase, reply = (float(one) for one in model.coef_[0])
    phrase += without - with_words
    bias = float(model.intercept_[0])
    return Calibration(scale, bias, _SCALED * message, _SCALED * window, phrase, reply, without)


def _fit(inputs: Floats, truths: Truths, importance: Floats) -> LogisticRegression:
    return LogisticRegression(C=1.0, max_iter=1000).fit(inputs, truths, importance)


def choose(scores: Floats, task: Task, at: int, among: Truths) -> float:
    """Return the threshold that costs least: a false alarm on a clean message weighs as much as several misses.

    Of those that cost nearly as little as the best one, it is the one in the middle.
    """
    truths, clean, importance = task.truths[:, at] & among, task.clean & among, task.importance
    thresholds = np.linspace(-6, 6, 241)
    costs = np.array(
        [
            importance[truths & (scores < one)].sum() + _FALSE_ALARM * importance[clean & (scores >= one)].sum()
            for one in thresholds
        ]
    )
    return float(np.median(thresholds[costs <= costs.min() + _SLACK]))


def table(columns: Sequence[Numbers]) -> bytes:
    """Return the rows of all buckets: a field of three bytes for each label, the first one its weight."""
    rows = np.zeros((len(columns[0]), len(columns), FIELD), dtype=np.uint8)
    for at, column in enumerate(columns):
        rows[:, at, 0] = (column + ZERO).astype(np.uint8)
    return bytes(rows.tobytes())


def _tell(task: Task, at: int, scores: Floats, threshold: float) -> None:
    lists, fires = task.spoken[:, at], scores >= threshold
    for name, sources in (("written", {"written"}), ("others", {"dev", "short", "rule"})):
        among = np.array([one.source in sources for one in task.examples])
        hits, clean = task.truths[:, at] & among, task.clean & among
        shares = [f"{found[hits].mean():.3f} / {found[clean].mean():.4f}" for found in (lists, fires)]
        sys.stdout.write(
            f"{task.labels[at]:21} {name:8} {hits.sum():4} of it, {clean.sum():4} clean: word lists {shares[0]},"
            f" with the model {shares[1]}; threshold {threshold:.2f}\n"
        )


if __name__ == "__main__":
    sys.exit(main())
