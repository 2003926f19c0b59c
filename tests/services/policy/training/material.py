"""What is learned from: a task's examples, and after them mixtures of them."""

from dataclasses import dataclass

import numpy as np

from tests.services.policy.training.examples import Example
from tests.services.policy.training.features import Floats, Numbers, Text, Truths, read
from tests.services.policy.training.mixing import Mixture, Part, mix, mix_two, mix_whole
from tests.services.policy.training.tasks import SEED, WHOLE, Task

# Whether a message that breaks another rule seems to break this one, too, matters little.
_OTHER = 0.3
_MIXED = 0.5
# A rule's own examples have to come out right.
_WEIGHT = {"written": 1.0, "drawn": 0.5, "dev": 1.0, "short": 1.0, "rule": 8.0}


@dataclass(frozen=True)
class Material:
    """Texts with what is true of them, by labels; the first ones, `size` in number, are the task's examples.

    The mixtures after the first `plain` ones are of what messages say as a whole. `spoken`: what word lists find;
    `importance`: of each label's truth; `weights`: of the text.
    """

    task: Task
    texts: list[Text]
    truths: Truths
    spoken: Truths
    replies: Truths
    importance: Floats
    weights: Floats
    folds: Numbers
    size: int
    plain: int

    @classmethod
    def of(cls, task: Task, folds: Numbers) -> "Material":
        """Mix a task's examples; what is mixed is of one of the `folds`."""
        texts = [read(example) for example in task.examples]
        parts = _parts(task, texts, folds)
        partial = [part for part in parts if not part.whole]
        simple = [*mix(partial, SEED), *mix_two(partial, SEED)]
        mixtures = [*simple, *mix_whole(parts, SEED)]
        truths, importance, spoken = _mixed(task, mixtures, len(simple))
        inner = np.array([one.inner for one in mixtures])
        weights = np.array([_WEIGHT[one.source] for one in task.examples])
        return cls(
            task,
            [*texts, *(one.text for one in mixtures)],
            np.vstack([task.truths, truths]),
            np.vstack([task.spoken, spoken]),
            np.concatenate([task.replies, task.replies[inner]]),
            np.vstack([np.where(task.truths | task.clean[:, None], 1.0, _OTHER), importance]),
            np.concatenate([weights, np.full(len(mixtures), _MIXED)]),
            np.concatenate([folds, folds[inner]]),
            len(texts),
            len(texts) + len(simple),
        )


def _parts(task: Task, texts: list[Text], folds: Numbers) -> list[Part]:
    return [
        Part(
            number,
            text,
            not example.labels,
            (int(folds[number]), example.language, example.candidate.kind),
            example.labels if example.labels and example.labels <= WHOLE else frozenset(),
        )
        for number, (example, text) in enumerate(zip(task.examples, texts, strict=True))
        if text.body and _mixable(example)
    ]


def _mixable(example: Example) -> bool:
    plain = not example.unknown and example.candidate.html is None
    return plain and (example.labels <= WHOLE or not example.labels & WHOLE)


def _mixed(task: Task, mixtures: list[Mixture], simple: int) -> tuple[Truths, Floats, Truths]:
    """Return what is true of mixtures, how important that is, and what word lists find in them."""
    inner = np.array([one.inner for one in mixtures])
    outer = np.array([one.outer for one in mixtures])
    ours, theirs, whole = task.truths[inner], task.truths[outer], task.whole
    later = (np.arange(len(mixtures)) >= simple)[:, None]
    both = later & ~task.clean[outer][:, None]
    truths = np.where(later, ours & theirs, ours | theirs)
    importance = np.where(later | truths | task.clean[inner][:, None], 1.0, _OTHER) * (later | ~whole)
    # A confirmation with thanks: which of the two rules would it break?
    importance[both & (ours ^ theirs)] = 0.0
    spoken = (task.spoken[inner] | task.spoken[outer]) & (both | ~whole)
    return truths, importance, spoken
