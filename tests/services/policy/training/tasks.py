"""What there is to learn in one direction, and what messages that were held back say of it."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from services.policy.gate.ruleset import RuleSet
from tests.services.policy.training.examples import LABELS, TO_SELLER, Example
from tests.services.policy.training.features import Features, Floats, Numbers, Truths, featured, read, spoken_of
from tests.services.policy.training.mixing import Part, mix
from tests.services.policy.training.pooled import Fit, fit

SEED = 20
# What a message says as a whole, which it says no more within another one.
_WHOLE = frozenset({"content.order_confirmation", "content.thanks_only"})
# Whether a message that breaks another rule seems to break this one, too, matters little.
_OTHER = 0.3
_MIXED = 0.5
# A rule's own examples have to come out right.
_WEIGHT = {"written": 1.0, "drawn": 0.5, "dev": 1.0, "short": 1.0, "rule": 3.0}


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
        truths = np.array([[rule.id in example.labels for rule in weighed] for example in examples])
        for number, example in enumerate(examples):
            if example.unknown and example.labels:
                truths[number] |= spoken[number]
        return cls(examples, labels, truths, spoken)

    def of_chosen(self, chosen: Truths) -> "Task":
        """Return the task of the chosen examples alone."""
        examples = [example for example, one in zip(self.examples, chosen, strict=True) if one]
        return Task(examples, self.labels, self.truths[chosen], self.spoken[chosen])

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


@dataclass(frozen=True)
class Lesson:
    """A task's examples, and after them mixtures of them, ready to be learned from."""

    features: Features
    beside: Floats
    truths: Truths
    importance: Floats
    folds: Numbers
    size: int

    @classmethod
    def of(cls, task: Task, folds: Numbers) -> "Lesson":
        """Prepare a task; what is mixed is of one of the `folds`."""
        texts = [read(example) for example in task.examples]
        parts = [
            Part(number, text, clean, (int(folds[number]), example.language, example.candidate.kind))
            for number, (example, text, clean) in enumerate(zip(task.examples, texts, task.clean, strict=True))
            if text.body and not example.unknown and example.candidate.html is None and not example.labels & _WHOLE
        ]
        mixtures = list(mix(parts, SEED))
        inner = np.array([one.inner for one in mixtures])
        outer = np.array([one.outer for one in mixtures])
        whole = np.array([f"content.{label}" in _WHOLE for label in task.labels])
        importance = np.array([_WEIGHT[one.source] for one in task.examples])[:, None]
        importance = importance * np.where(task.truths | task.clean[:, None], 1.0, _OTHER)
        mixed = np.where(task.truths[inner] | task.clean[inner][:, None], _MIXED, _MIXED * _OTHER) * ~whole
        spoken = np.vstack([task.spoken, (task.spoken[inner] | task.spoken[outer]) & ~whole])
        replies = np.concatenate([task.replies, task.replies[inner]])[:, None] * np.ones(len(task.labels))
        return cls(
            featured([*texts, *(one.text for one in mixtures)]),
            np.stack([spoken, replies]),
            np.vstack([task.truths, task.truths[inner]]),
            np.vstack([importance, mixed]),
            np.concatenate([folds, folds[inner]]),
            len(texts),
        )

    def fit(self, chosen: Truths) -> Fit:
        """Learn from the chosen ones."""
        features = self.features.of(chosen)
        return fit(features, self.beside[:, chosen], self.truths[chosen], self.importance[chosen])

    def held_back(self) -> tuple[Floats, Floats]:
        """Return the sums of the examples and of their windows, each learned without its fold."""
        sums = np.zeros((2, self.size, self.truths.shape[1]), np.float32)
        for fold in np.unique(self.folds):
            held = (self.folds == fold) & (np.arange(len(self.folds)) < self.size)
            learned = self.fit(self.folds != fold)
            sums[:, held[: self.size]] = learned.sums(self.features.of(held))
        return sums[0], sums[1]
