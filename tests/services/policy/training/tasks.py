"""What there is to learn in one direction."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from services.policy.gate.ruleset import RuleSet
from tests.services.policy.training.examples import LABELS, TO_SELLER, Example
from tests.services.policy.training.features import Truths, spoken_of

SEED = 20
WHOLE = frozenset({"content.order_confirmation", "content.thanks_only"})
"""What a message says as a whole, which it says no more within another one."""
ADDED = frozenset({"content.contact_info"})
"""What the model only adds to: what the other detectors find stands."""


@dataclass(frozen=True)
class Task:
    """The examples of one direction and the labels that can apply in it; `spoken`: what the word lists find."""

    examples: Sequence[Example]
    labels: tuple[str, ...]
    truths: Truths
    spoken: Truths

    @classmethod
    def of(cls, examples: Sequence[Example], labels: tuple[str, ...], rules: RuleSet) -> "Task":
        """Read the examples. Where a rule's own examples say nothing of another rule, its word lists do."""
        weighed = [rules.by_id[f"content.{label}"] for label in labels]
        found = [spoken_of(weighed, example) for example in examples]
        spoken = np.array([[rule.id in one for rule in weighed] for one in found])
        added = np.array([rule.id in ADDED for rule in weighed])
        truths = np.array([[rule.id in example.labels for rule in weighed] for example in examples])
        for number, example in enumerate(examples):
            if example.labels:
                # Who wrote for other rules did not always note that contact data stands there, too.
                truths[number] |= spoken[number] & (example.unknown | added)
        return cls(examples, labels, truths, spoken)

    def of_chosen(self, chosen: Truths) -> "Task":
        """Return the task of the chosen examples alone."""
        examples = [example for example, one in zip(self.examples, chosen, strict=True) if one]
        return Task(examples, self.labels, self.truths[chosen], self.spoken[chosen])

    @property
    def whole(self) -> Truths:
        return np.array([f"content.{label}" in WHOLE for label in self.labels])

    @property
    def settled(self) -> Truths:
        """What is found whatever the model says."""
        return self.spoken & np.array([f"content.{label}" in ADDED for label in self.labels])

    @property
    def clean(self) -> Truths:
        return np.array([not one.labels for one in self.examples])

    @property
    def replies(self) -> Truths:
        return np.array([one.candidate.kind == "reply" for one in self.examples])


def tasks(examples: Sequence[Example], rules: RuleSet) -> list[Task]:
    """Return the task of each direction, that of messages to buyers first."""
    both = []
    for to_seller in (False, True):
        own = [one for one in examples if (one.candidate.direction == "buyer_to_seller") is to_seller]
        labels = tuple(label for label in LABELS if (f"content.{label}" in TO_SELLER) is to_seller)
        both.append(Task.of(own, labels, rules))
    return both
