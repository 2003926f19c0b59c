"""The linear model's lesson: a task's material as rows of features, and what held-back messages say of it."""

from dataclasses import dataclass

import numpy as np

from tests.services.policy.training.features import Features, Floats, Numbers, Truths, featured
from tests.services.policy.training.material import Material
from tests.services.policy.training.pooled import Fit, fit


@dataclass(frozen=True)
class Lesson:
    """Examples, and after them mixtures of them, ready to be learned from."""

    features: Features
    beside: Floats
    truths: Truths
    importance: Floats
    folds: Numbers
    size: int

    @classmethod
    def of(cls, material: Material) -> "Lesson":
        """Prepare what the linear model gains from: all but the mixtures of what messages say as a whole."""
        read = slice(0, material.plain)
        truths = material.truths[read]
        replies = material.replies[read, None] * np.ones(truths.shape[1])
        return cls(
            featured(material.texts[read]),
            np.stack([material.spoken[read], replies]),
            truths,
            (material.importance * material.weights[:, None])[read],
            material.folds[read],
            material.size,
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
