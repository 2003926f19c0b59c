"""Lets thresholds yield a little to the rules' own examples, which have to come out right."""

from collections.abc import Iterator
from dataclasses import replace

from services.policy.gate.candidate import Candidate
from services.policy.gate.detectors.model import Weighing
from services.policy.gate.judged import Judged
from services.policy.gate.model.scoring import bodies
from services.policy.gate.model.weights import Calibration, Weights
from services.policy.gate.rule import Rule
from services.policy.gate.ruleset import RuleSet

LEEWAY = 0.5
"""How far a threshold yields at most: so near to it, held-back messages cost about the same."""
_READABLE = {"direction", "kind", "subject", "text", "html", "language", "presale", "reason"}
_STEP = 0.01


def yielding(weights: Weights, rules: RuleSet) -> dict[str, Calibration]:
    """Return the calibrations of `weights`, which `rules` judge with: lower where examples fall short by `LEEWAY`."""
    labels = dict(weights.labels)
    for rule in rules.rules:
        for weighing in (one for one in rule.detectors if isinstance(one, Weighing)):
            missing = [one for one in _shortfalls(weights, rule, weighing) if 0 < one <= LEEWAY]
            if missing:
                both = labels[weighing.label].both
                lower = replace(both, threshold=round(both.threshold - max(missing) - _STEP, 2))
                labels[weighing.label] = replace(labels[weighing.label], both=lower)
    return labels


def _shortfalls(weights: Weights, rule: Rule, weighing: Weighing) -> Iterator[float]:
    """Yield how far each example that the rule must find stays below the threshold."""
    for example in rule.examples.get("hit", ()):
        judged = Judged(Candidate(**{name: value for name, value in example.items() if name in _READABLE}))
        found = [body for body in bodies(judged) if body.net is not None]
        hit = any(list(detector(judged)) for detector in rule.detectors)
        if found and not hit:
            line, label = weights.labels[weighing.label].both, weights.order.index(weighing.label)
            spoken = line.phrase if list(weighing.words(judged)) else 0.0
            reply = judged.candidate.kind == "reply"
            yield -spoken - max(body.margin(label, line, reply=reply) for body in found)
