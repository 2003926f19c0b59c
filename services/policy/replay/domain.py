"""What other rules change about past decisions, summed up by rule. Pure."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from uuid import UUID

from shared.contracts.vocabulary import Verdict


class Flip(StrEnum):
    """How a message's fate changes."""

    STOPPED = "approved, would be rejected"
    RELEASED = "rejected, would be approved"


@dataclass(frozen=True, slots=True)
class Outcome:
    """One decision: its verdict, and the words that each rule that blocked found (empty where it is about none)."""

    verdict: Verdict
    blocking: Mapping[str, str]
    others: frozenset[str] = frozenset()

    @property
    def rules(self) -> frozenset[str]:
        """All rules that found something, blocking or not."""
        return self.others | self.blocking.keys()


@dataclass(frozen=True, slots=True)
class Example:
    """A message that a rule made flip, with the words that it is about. Shown to operators only, kept nowhere."""

    message_id: UUID
    flip: Flip
    excerpt: str


@dataclass(slots=True)
class RuleChange:
    """What changes through one rule: messages it finds something in now or no more, and verdicts it turns round."""

    found: int = 0
    lost: int = 0
    flips: Counter[Flip] = field(default_factory=Counter)
    examples: list[Example] = field(default_factory=list)


@dataclass(slots=True)
class Report:
    """The sum over all messages. `most_examples` bounds the examples of each rule and flip."""

    most_examples: int
    judged: int = 0
    unreadable: int = 0
    flips: Counter[Flip] = field(default_factory=Counter)
    rules: dict[str, RuleChange] = field(default_factory=dict)

    def add(self, message_id: UUID, before: Outcome, after: Outcome) -> None:
        """Take in one message, as it was decided and as it would be."""
        self.judged += 1
        for rule in after.rules - before.rules:
            self._change(rule).found += 1
        for rule in before.rules - after.rules:
            self._change(rule).lost += 1
        flip = find_flip(before.verdict, after.verdict)
        if flip is None:
            return
        self.flips[flip] += 1
        guilty = after.blocking if flip is Flip.STOPPED else before.blocking
        for rule, excerpt in guilty.items():
            self._note(rule, Example(message_id, flip, excerpt))

    def _note(self, rule: str, example: Example) -> None:
        change = self._change(rule)
        change.flips[example.flip] += 1
        if change.flips[example.flip] <= self.most_examples:
            change.examples.append(example)

    def _change(self, rule: str) -> RuleChange:
        return self.rules.setdefault(rule, RuleChange())


def find_flip(before: Verdict, after: Verdict) -> Flip | None:
    """Return how a verdict changed, None where it did not."""
    if before is after:
        return None
    return Flip.STOPPED if after is Verdict.REJECTED else Flip.RELEASED


def write_report(report: Report) -> Iterable[str]:
    """Yield the report's lines: the sum first, then the rules that change most, each with its examples."""
    yield (
        f"{report.judged} messages judged anew, {report.unreadable} cannot be read any more, "
        f"{report.flips.total()} verdicts change"
    )
    for flip in Flip:
        yield f"  {flip}: {report.flips[flip]}"
    by_weight = sorted(report.rules.items(), key=lambda item: (-item[1].flips.total(), item[0]))
    for rule, change in by_weight:
        yield f"{rule}: {change.flips.total()} flips, finds {change.found} more, {change.lost} no more"
        for example in change.examples:
            yield f"  {example.flip}: {example.message_id} {_show(example.excerpt)}".rstrip()


def _show(excerpt: str) -> str:
    """Make foreign words fit for a terminal: on one line, and nothing in them that steers it."""
    plain = "".join(character if character.isprintable() else " " for character in excerpt)
    return f"“{' '.join(plain.split())}”" if plain.strip() else ""
