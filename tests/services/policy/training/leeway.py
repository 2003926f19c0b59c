"""Lets thresholds yield a little to the rules' own examples, which have to come out right."""

from collections.abc import Iterator, Sequence
from dataclasses import replace

from services.policy.gate.detectors.model import Weighing
from services.policy.gate.judged import Judged
from services.policy.gate.model.line import Calibration
from services.policy.gate.model.scoring import score
from services.policy.gate.model.weights import Weights
from services.policy.gate.rule import Rule
from services.policy.gate.ruleset import RuleSet
from tests.services.policy.training.examples import Example

LEEWAY = 0.5
"""How far a threshold yields at most: so near to it, held-back messages cost about the same."""
_STEP = 0.01


def yielding(weights: Weights, rules: RuleSet, examples: Sequence[Example]) -> dict[str, Calibration]:
    """Return the calibrations of `weights`, lower where a rule's own examples fall short by `LEEWAY` or less."""
    labels = dict(weights.labels)
    for rule in rules.rules:
        own = [Judged(one.candidate) for one in examples if rule.id in one.labels]
        for weighing in (one for one in rule.detectors if isinstance(one, Weighing)):
            missing = [one for one in _shortfalls(weights, rule, weighing, own) if 0 < one <= LEEWAY]
            if missing:
                both = labels[weighing.label].both
                lower = replace(both, threshold=round(both.threshold - max(missing) - _STEP, 2))
                labels[weighing.label] = replace(labels[weighing.label], both=lower)
    return labels


def _shortfalls(weights: Weights, rule: Rule, weighing: Weighing, own: Sequence[Judged]) -> Iterator[float]:
    """Yield how far each example that no other detector of the rule finds stays below the threshold."""
    line, label = weights.labels[weighing.label].both, weights.order.index(weighing.label)
    for judged in own:
        read = [body for body in score(judged).bodies if body.net is not None]
        if read and not any(any(detector(judged)) for detector in rule.detectors if detector is not weighing):
            spoken = line.phrase if any(weighing.words(judged)) else 0.0
            yield -spoken - max(body.margin(label, line) for body in read)
