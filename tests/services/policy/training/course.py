"""The net's course: the material of both directions, and what held-back messages say of it."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from services.policy.gate.model.net import OUTERMOST
from tests.services.policy.training.features import Floats, Numbers, Truths
from tests.services.policy.training.lines import Lines
from tests.services.policy.training.material import Material
from tests.services.policy.training.network import Lecture, Network, learn


@dataclass(frozen=True)
class Course:
    """Texts of all directions, by the labels of all: what does not apply in a text's direction is of no importance.

    `examples`: of each direction its numbers, in order; `columns`: its labels.
    """

    lecture: Lecture
    folds: Numbers
    examples: Sequence[Numbers]
    columns: Sequence[slice]

    @classmethod
    def of(cls, materials: Sequence[Material]) -> "Course":
        """Prepare what the net reads. What weighs less is read less often."""
        counts = [len(one.texts) for one in materials]
        widths = [one.truths.shape[1] for one in materials]
        columns = [slice(sum(widths[:at]), sum(widths[: at + 1])) for at in range(len(widths))]
        lecture = Lecture(
            Lines([text for one in materials for text in one.texts]),
            _joined([one.truths for one in materials], counts, columns),
            _joined([one.spoken for one in materials], counts, columns),
            np.concatenate([one.replies for one in materials]),
            _joined([one.importance * np.maximum(1, one.weights)[:, None] for one in materials], counts, columns),
            np.minimum(1, np.concatenate([one.weights for one in materials])),
        )
        examples = [np.arange(one.size) + sum(counts[:at]) for at, one in enumerate(materials)]
        return cls(lecture, np.concatenate([one.folds for one in materials]), examples, columns)

    def learn(self, chosen: Truths) -> Network:
        """Learn from the chosen texts."""
        return learn(self.lecture, chosen)

    def held_back(self) -> list[Floats]:
        """Return each direction's scores of its examples, by its labels, each learned without its fold."""
        found = [np.zeros((len(own), at.stop - at.start)) for own, at in zip(self.examples, self.columns, strict=True)]
        for fold in np.unique(self.folds):
            network = self.learn(self.folds != fold)
            for scores, own, at in zip(found, self.examples, self.columns, strict=True):
                held = self.folds[own] == fold
                if held.any():
                    read = network.scores(self.lecture, own[held])[:, at]
                    scores[held] = np.clip(read, -OUTERMOST, OUTERMOST)
        return found


def _joined(parts: Sequence[Floats], counts: Sequence[int], columns: Sequence[slice]) -> Floats:
    joined = np.zeros((sum(counts), columns[-1].stop), np.float32)
    for at, part in enumerate(parts):
        joined[sum(counts[:at]) : sum(counts[: at + 1]), columns[at]] = part
    return joined
