import pytest

from services.policy.documentation import describe_rule, write_rules
from services.policy.gate.rule import LANGUAGES, Rule
from services.policy.gate.ruleset import RuleSet

RULES = RuleSet.load()
pytestmark = pytest.mark.req("R-POLICY-2", "R-POLICY-9")


@pytest.mark.parametrize("rule", RULES.rules, ids=lambda rule: rule.id)
def test_every_rule_explains_itself_in_every_language(rule: Rule) -> None:
    answer = describe_rule(rule)
    assert answer.title
    assert answer.rationale
    assert answer.advice
    assert answer.situations
    assert set(answer.explanations) == set(LANGUAGES)
    sentences = [words.message for words in answer.explanations.values()]
    assert all(sentences)
    assert len(set(sentences)) == len(LANGUAGES)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_document_has_every_rule_and_what_it_says(language: str) -> None:
    document = write_rules(RULES, language)
    assert RULES.version in document
    for rule in RULES.rules:
        assert f"## `{rule.id}`: {rule.title}" in document
        assert rule.explanation(language).message in document
    assert "- rejects a message (direction seller to buyer; kind proactive)" in document
    assert "mends a message" in document
    assert "flags a message" in document


def test_a_situation_that_a_rule_leaves_alone_is_said() -> None:
    rule = RuleSet.load().by_id["content.order_confirmation"]
    assert describe_rule(rule).situations[0].severity == "none"
    assert describe_rule(rule).situations[0].when == {"reason": ["out_of_stock"]}
