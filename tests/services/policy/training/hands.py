"""Says how the model does on the messages of a hand it has not read: `python -m tests.services.policy.training.hands`.

Each hand is left out in turn: weights, what word lists are worth, and thresholds all come from the others.
Needs the dependency group `training`.
"""

import sys
from collections.abc import Sequence

import numpy as np

from services.policy.gate.ruleset import RuleSet
from tests.services.policy.training.calibration import Sums, calibrate, inputs_of
from tests.services.policy.training.course import Course
from tests.services.policy.training.examples import read_examples
from tests.services.policy.training.features import Truths
from tests.services.policy.training.lesson import Lesson
from tests.services.policy.training.material import Material
from tests.services.policy.training.tasks import Task, tasks

_SHARES = (0.01, 0.02, 0.03)


def main() -> int:
    """Print recall and false alarms of each hand left out, by rule and by language."""
    both = tasks(read_examples(), RuleSet.load())
    names = sorted({one.hand for task in both for one in task.examples})
    hands = [np.array([one.hand for one in task.examples]) for task in both]
    materials = [Material.of(task, np.searchsorted(names, own)) for task, own in zip(both, hands, strict=True)]
    nets = Course.of(materials).held_back()
    for task, own, material, net in zip(both, hands, materials, nets, strict=True):
        sums = Sums(*Lesson.of(material).held_back(), net)
        for name in names:
            if name and (own == name).any():
                sys.stdout.write(tell(task, f"{name}, linear", own == name, sums.without_net()))
                sys.stdout.write(tell(task, f"{name}, both", own == name, sums))
    return 0


def tell(task: Task, name: str, held: Truths, sums: Sums) -> str:
    """Return the lines on one hand, from the sums by example and label."""
    others, own = task.of_chosen(~held), task.of_chosen(held)
    margins = np.zeros(own.truths.shape)
    for at in range(len(task.labels)):
        margins[:, at] = calibrate(others, at, sums.of(~held)).score(inputs_of(own, at, sums.of(held)))
    fires = margins >= 0
    alarms = np.sort(margins[own.clean].max(axis=1))[::-1]
    found = [(margins[own.truths] > alarms[int(share * len(alarms))]).mean() for share in _SHARES]
    at_shares = ", ".join(f"{one:.3f}" for one in found)
    lines = [f"{name}: {_shares(fires, own.truths, own.clean)}; at 1, 2, 3 % of clean ones hit {at_shares}"]
    for at, label in enumerate(task.labels):
        lines.append(f"  {label:21} {_shares(fires[:, [at]], own.truths[:, [at]], own.clean)}")
    languages = np.array([one.language for one in own.examples])
    for language in sorted(set(languages)):
        among = languages == language
        lines.append(f"  {language:21} {_shares(fires[among], own.truths[among], own.clean[among])}")
    return "\n".join(lines) + "\n"


def _shares(fires: Truths, truths: Truths, clean: Sequence[bool]) -> str:
    found, alarmed = fires[truths].mean(), fires[clean].any(axis=1).mean()
    return f"recall {found:.3f} of {truths.sum():4}, clean hit {alarmed:.4f} of {np.sum(clean)}"


if __name__ == "__main__":
    sys.exit(main())
