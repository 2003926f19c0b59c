"""Trains the gate's model and writes its packaged files: `python -m tests.services.policy.training.train`.

Needs the dependency group `training`. The same examples and word lists give the same files.
"""

import sys
from collections.abc import Sequence

import numpy as np
from threadpoolctl import threadpool_limits

from services.policy.gate.model.line import Calibration
from services.policy.gate.model.net import PACKAGED as NET
from services.policy.gate.model.net import packaged as packaged_net
from services.policy.gate.model.net import write_net
from services.policy.gate.model.pieces import ZERO
from services.policy.gate.model.scoring import packaged_lookup
from services.policy.gate.model.weights import PACKAGED, packaged, write_weights
from services.policy.gate.ruleset import RuleSet
from tests.services.policy.training.calibration import Sums, calibrate
from tests.services.policy.training.course import Course
from tests.services.policy.training.examples import read_examples, read_rules_own
from tests.services.policy.training.features import Floats, Numbers
from tests.services.policy.training.leeway import yielding
from tests.services.policy.training.lesson import Lesson
from tests.services.policy.training.material import Material
from tests.services.policy.training.propagation import Arrays
from tests.services.policy.training.tasks import SEED, tasks

FOLDS = 5
_STEPS = 127
# The few weights beyond are cut off, so that the many small ones do not all become nothing.
_OUTERMOST = 0.99995


def main() -> int:
    """Train, write net and weights, and print what held-back examples say of them."""
    examples = read_examples()
    # Several threads would add up in another order each time.
    with threadpool_limits(1):
        materials = [
            Material.of(task, np.random.default_rng(SEED).integers(0, FOLDS, len(task.examples)))
            for task in tasks(examples, RuleSet.load())
        ]
        net, nets = _train_net(materials)
        calibrations, columns = _train_weights(materials, nets)
    # Both at the end: who breaks off keeps the files, which belong together, as they are.
    write_net(NET, _labels(materials), net)
    write_weights(PACKAGED, calibrations, table(columns))
    yield_to_examples()
    for path in (PACKAGED, NET):
        sys.stdout.write(f"{len(examples)} examples, {path.name}: {path.stat().st_size / 1e6:.2f} MB\n")
    return 0


def yield_to_examples() -> None:
    """Lower the packaged thresholds to what the rules' own examples reach, where that is near."""
    for read_before in (packaged_net, packaged, packaged_lookup):
        read_before.cache_clear()
    lowered = yielding(packaged(), RuleSet.load(), list(read_rules_own()))
    _, table_as_it_is = PACKAGED.read_bytes().split(b"\n", 1)
    write_weights(PACKAGED, lowered, table_as_it_is)


def _labels(materials: Sequence[Material]) -> dict[str, bool]:
    """Return the labels of both directions, each with whether it speaks of a message as a whole."""
    taught = [one.task for one in materials]
    return {label: bool(whole) for task in taught for label, whole in zip(task.labels, task.whole, strict=True)}


def _train_net(materials: Sequence[Material]) -> tuple[Arrays, list[Floats]]:
    """Return the net, and each direction's scores of its examples, learned without them."""
    course = Course.of(materials)
    return course.learn(np.ones(len(course.folds), dtype=bool)).arrays, course.held_back()


def _train_weights(
    materials: Sequence[Material], nets: Sequence[Floats]
) -> tuple[dict[str, Calibration], list[Numbers]]:
    """Return of each label what it is weighed by, and its column of weights."""
    calibrations: dict[str, Calibration] = {}
    columns: list[Numbers] = []
    for material, net in zip(materials, nets, strict=True):
        lesson = Lesson.of(material)
        sums = Sums(*lesson.held_back(), net)
        learned = lesson.fit(np.ones(len(lesson.folds), dtype=bool))
        for at, label in enumerate(material.task.labels):
            column, scale = quantised(learned.weights[:, at])
            columns.append(column)
            both, alone = (calibrate(material.task, at, one) for one in (sums, sums.alone(at)))
            calibrations[label] = Calibration(scale, both.line, alone.line)
            sys.stdout.write(f"{both.told}\n")
    return calibrations, columns


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
