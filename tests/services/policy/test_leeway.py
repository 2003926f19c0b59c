"""Thresholds yield to the rules' own examples where these are near."""

from collections.abc import Sequence
from copy import copy
from dataclasses import replace

import pytest

from services.policy.gate.candidate import Candidate
from services.policy.gate.model.weights import read_weights
from services.policy.gate.ruleset import RuleSet
from tests.services.policy.training.examples import Example, read_examples, read_rules_own
from tests.services.policy.training.leeway import LEEWAY, yielding

pytestmark = pytest.mark.req("R-POLICY-2")

RULES = RuleSet.load()
WEIGHTS = read_weights()
LABEL = "sensitive"


TEXTS = ["Ho il suo indirizzo, se lo ricordi.", "So dove abita, stia attento."]
PLAIN = [Candidate(text=text, kind="reply", language="it") for text in TEXTS]
HTML = [Candidate(html=f"<p>{text}</p>", kind="reply", language="it") for text in TEXTS]


def _lowered(shift: float, own: Sequence[Candidate]) -> float:
    """Return by how much a threshold that was raised by `shift` yields."""
    calibration = WEIGHTS.labels[LABEL]
    raised = replace(calibration.both, threshold=calibration.both.threshold + shift)
    weights = copy(WEIGHTS)
    weights.labels = WEIGHTS.labels | {LABEL: replace(calibration, both=raised)}
    examples = [Example(one, "it", frozenset({f"content.{LABEL}"}), "rule") for one in own]
    return raised.threshold - yielding(weights, RULES, examples)[LABEL].both.threshold


@pytest.mark.parametrize("own", [PLAIN, HTML], ids=["plain", "html"])
def test_a_threshold_yields_to_what_is_near_and_to_nothing_else(own: Sequence[Candidate]) -> None:
    lowered = [_lowered(0.1 * tenths, own) for tenths in range(100)]
    assert 0 < max(lowered) <= LEEWAY + 0.02
    assert min(lowered) == lowered[-1] == 0


def test_the_rules_own_examples_in_html_are_yielded_to_and_not_learned_from() -> None:
    assert any(one.candidate.html for one in read_rules_own())
    learned = [one.candidate for one in read_examples() if one.source == "rule"]
    assert learned
    assert not any(one.html for one in learned)
