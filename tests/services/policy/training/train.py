"""Trains the gate's model and writes its packaged weights: `python -m tests.services.policy.training.train`.

Needs the dependency group `training`. The same examples and word lists give the same file.
"""

import sys
from collections.abc import Sequence

import numpy as np

from services.policy.gate.model.weights import PACKAGED, ZERO, Calibration, write_weights
from services.policy.gate.ruleset import RuleSet
from tests.services.policy.training.calibration import calibrate
from tests.services.policy.training.examples import read_examples
from tests.services.policy.training.features import Floats, Numbers
from tests.services.policy.training.tasks import SEED, Lesson, tasks

FOLDS = 5
_STEPS = 127
# The few weights beyond are cut off, so that the many small ones do not all become nothing.
_OUTERMOST = 0.99995


def main() -> int:
    """Train, write the weights, and print what held-back examples say of them."""
    examples = read_examples()
    calibrations: dict[str, Calibration] = {}
    columns: list[Numbers] = []
    for task in tasks(examples, RuleSet.load()):
        folds = np.random.default_rng(SEED).integers(0, FOLDS, len(task.examples))
        lesson = Lesson.of(task, folds)
        messages, windows = lesson.held_back()
        learned = lesson.fit(np.ones(len(lesson.folds), dtype=bool))
        for at, label in enumerate(task.labels):
            column, scale = quantised(learned.weights[:, at])
            columns.append(column)
            line = calibrate(task, at, messages, windows)
            calibrations[label] = Calibration(scale, line.bias, *line.slopes, line.threshold)
            sys.stdout.write(f"{line.told}\n")
    write_weights(PACKAGED, calibrations, table(columns))
    sys.stdout.write(f"{len(examples)} examples, {PACKAGED.stat().st_size / 1e6:.2f} MB\n")
    return 0


def quantised(weights: Floats) -> tuple[Numbers, float]:
    """Return the weights as whole steps of a byte, and what one step is worth."""
    sizes = np.abs(weights[weights != 0])
    scale = float(np.quantile(sizes, _OUTERMOST)) / _STEPS
    return np.clip(np.rint(weights / scale), -_STEPS, _STEPS).astype(np.int16), scale


def table(columns: Sequence[Numbers]) -> bytes:
    """Return the rows of all buckets: a byte for each label."""
    return bytes((np.column_stack(columns) + ZERO).astype(np.uint8).tobytes())


if __name__ == "__main__":
    sys.exit(main())
