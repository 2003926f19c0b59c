"""Every rule's own examples: what must hit and the look-alikes that must not, in all six languages."""

from collections.abc import Iterator
from typing import Any

import pytest

from services.policy.gate.candidate import Attachment, Candidate
from services.policy.gate.rule import LANGUAGES, Rule
from services.policy.gate.ruleset import RuleSet

pytestmark = pytest.mark.req("R-POLICY-2")

RULES = RuleSet.load()
STOREFRONTS = frozenset(
    {"amazon.it", "amazon.de", "amazon.fr", "amazon.es", "amazon.co.uk", "amazon.co.jp", "amazon.com"}
)


def _content_rules() -> list[Rule]:
    return [rule for rule in RULES.rules if rule.id.startswith("content.")]


def _candidate(rule: Rule, example: dict[str, Any]) -> Candidate:
    values = {"trusted_domains": STOREFRONTS, **example}
    values["attachments"] = tuple(Attachment(**one) for one in example.get("attachments", ()))
    values["headers"] = tuple((name, value) for name, value in example.get("headers", ()))
    candidate = Candidate(**values)
    assert rule.severity(candidate) is not None, "the example's situation must be one the rule applies to"
    return candidate


def _examples(kind: str) -> Iterator[Any]:
    for rule in _content_rules():
        for number, example in enumerate(rule.examples.get(kind, ())):
            yield pytest.param(rule, example, id=f"{rule.id}-{example.get('language', 'en')}-{number}")


@pytest.mark.parametrize(("rule", "example"), list(_examples("hit")))
def test_hits_what_it_must(rule: Rule, example: dict[str, Any]) -> None:
    decision = RULES.judge(_candidate(rule, example))
    assert rule.id in {finding.rule for finding in decision.findings}


@pytest.mark.parametrize(("rule", "example"), list(_examples("miss")))
def test_leaves_look_alikes_alone(rule: Rule, example: dict[str, Any]) -> None:
    decision = RULES.judge(_candidate(rule, example))
    assert rule.id not in {finding.rule for finding in decision.findings}


@pytest.mark.parametrize("kind", ["hit", "miss"])
@pytest.mark.parametrize("rule", _content_rules(), ids=lambda rule: rule.id)
def test_has_at_least_eight_examples_over_six_languages(rule: Rule, kind: str) -> None:
    examples = rule.examples[kind]
    assert len(examples) >= 8
    assert {example.get("language", "en") for example in examples} == set(LANGUAGES)
