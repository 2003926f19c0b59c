"""How well a rule set does on labelled messages: judged one by one, counted by rule and by language."""

import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from services.policy.gate.ruleset import RuleSet
from tests.services.policy.labelled.messages import Labelled


@dataclass(frozen=True, slots=True)
class Outcome:
    """What the gate made of one message: the rules it found, whether it blocked, and the time in seconds."""

    message: Labelled
    found: frozenset[str]
    blocked: bool
    seconds: float

    @property
    def missed(self) -> frozenset[str]:
        return self.message.expect - self.found

    @property
    def superfluous(self) -> frozenset[str]:
        return self.found - self.message.expect


@dataclass(frozen=True, slots=True)
class Counts:
    """Of one rule or all: how often it was expected, found, and found where it was expected."""

    expected: int
    found: int
    right: int

    @property
    def recall(self) -> float | None:
        """The share of the expected that was found; `None` where nothing was expected."""
        return self.right / self.expected if self.expected else None

    @property
    def precision(self) -> float | None:
        """The share of the found that was expected; `None` where nothing was found."""
        return self.right / self.found if self.found else None


def judge_all(rule_set: RuleSet, messages: Sequence[Labelled]) -> list[Outcome]:
    """Judge every message by its content alone, after one untimed round that loads what loads lazily."""
    for message in messages[:20]:
        rule_set.judge(message.candidate())
    return [_judge(rule_set, message) for message in messages]


def count(outcomes: Iterable[Outcome], rule: str | None = None) -> Counts:
    """Count the findings of `rule`, or of all rules together, a rule counting once for a message."""
    expected = found = right = 0
    for outcome in outcomes:
        wanted = {rule} & outcome.message.expect if rule else outcome.message.expect
        got = {rule} & outcome.found if rule else outcome.found
        expected += len(wanted)
        found += len(got)
        right += len(wanted & got)
    return Counts(expected, found, right)


def blocked_clean(outcomes: Iterable[Outcome]) -> tuple[int, int]:
    """Return how many clean messages were blocked, and of how many."""
    clean = [outcome for outcome in outcomes if outcome.message.clean]
    return sum(outcome.blocked for outcome in clean), len(clean)


def touched_clean(outcomes: Iterable[Outcome]) -> int:
    """Return how many clean messages passed with a finding that mends or flags them."""
    return sum(outcome.message.clean and not outcome.blocked and bool(outcome.found) for outcome in outcomes)


def _judge(rule_set: RuleSet, message: Labelled) -> Outcome:
    candidate = message.candidate()
    start = time.perf_counter()
    decision = rule_set.judge(candidate, language=message.lang)
    seconds = time.perf_counter() - start
    found = frozenset(finding.rule for finding in decision.findings)
    return Outcome(message, found, decision.verdict == "rejected", seconds)
