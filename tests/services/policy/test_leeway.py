"""Thresholds yield to the rules' own examples where these are near."""

from copy import copy
from dataclasses import replace

import pytest

from services.policy.gate.candidate import Candidate
from services.policy.gate.model.weights import read_weights
from services.policy.gate.ruleset import RuleSet
from tests.services.policy.training.examples import Example
from tests.services.policy.training.leeway import LEEWAY, yielding

pytestmark = pytest.mark.req("R-POLICY-2")

RULES = RuleSet.load()
WEIGHTS = read_weights()
LABEL = "sensitive"


def _example(text: str) -> Example:
    candidate = Candidate(text=text, kind="reply", language="it")
    return Example(candidate, "it", frozenset({f"content.{LABEL}"}), "rule")


OWN = [_example("Ho il suo indirizzo, se lo ricordi."), _example("So dove abita, stia attento.")]


def _lowered(shift: float) -> float:
    """Return by how much a threshold that was raised by `shift` yields."""
    calibration = WEIGHTS.labels[LABEL]
    raised = replace(calibration.both, threshold=calibration.both.threshold + shift)
    weights = copy(WEIGHTS)
    weights.labels = WEIGHTS.labels | {LABEL: replace(calibration, both=raised)}
    return raised.threshold - yielding(weights, RULES, OWN)[LABEL].both.threshold


def test_a_threshold_yields_to_what_is_near_and_to_nothing_else() -> None:
    lowered = [_lowered(0.1 * tenths) for tenths in range(100)]
    assert 0 < max(lowered) <= LEEWAY + 0.02
    assert min(lowered) == lowered[-1] == 0
