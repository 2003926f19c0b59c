"""The rules' documentation, made from the same files that the gate runs by."""

from collections.abc import Iterator

from services.policy.gate.rule import LANGUAGES, Rule, Situation
from services.policy.gate.ruleset import RuleSet
from services.policy.schemas import ExplanationAnswer, RuleAnswer, SituationAnswer

_DOES = {"block": "rejects", "fix": "mends", "flag": "flags", "none": "leaves alone"}


def describe_rule(rule: Rule) -> RuleAnswer:
    """Return a rule as its readers see it."""
    return RuleAnswer(
        id=rule.id,
        title=rule.title,
        rationale=rule.rationale,
        advice=rule.advice,
        situations=[_describe_situation(situation) for situation in rule.situations],
        explanations={
            language: ExplanationAnswer(
                message=rule.explanation(language).message, advice=rule.explanation(language).advice
            )
            for language in LANGUAGES
        },
    )


def write_rules(rules: RuleSet, language: str = "en") -> str:
    """Return a rule set as a Markdown document, with what findings say in `language`."""
    parts = [f"# Rules {rules.version}", *(part for rule in rules.rules for part in _write_rule(rule, language))]
    return "\n\n".join(parts) + "\n"


def _describe_situation(situation: Situation) -> SituationAnswer:
    conditions = {name: list(values) for name, values in situation.conditions.items()}
    return SituationAnswer(severity=situation.severity or "none", when=conditions)


def _write_rule(rule: Rule, language: str) -> Iterator[str]:
    words = rule.explanation(language)
    yield f"## `{rule.id}`: {rule.title}"
    yield rule.rationale
    yield "\n".join(f"- {_write_situation(situation)}" for situation in rule.situations)
    yield f"Instead: {rule.advice}"
    yield f"> {words.message} {words.advice}"


def _write_situation(situation: Situation) -> str:
    when = "; ".join(
        f"{name.replace('_', ' ')} {' or '.join(str(value).replace('_', ' ') for value in values)}"
        for name, values in situation.conditions.items()
    )
    return f"{_DOES[situation.severity or 'none']} a message" + (f" ({when})" if when else "")
