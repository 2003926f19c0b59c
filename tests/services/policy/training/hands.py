"""Says how the model does on the messages of a hand it has not read: `python -m tests.services.policy.training.hands`.

Each hand is left out in turn: weights, what word lists are worth, and thresholds all come from the others.
Needs the dependency group `training`.
"""

import sys
from collections.abc import Sequence

import numpy as np

from services.policy.gate.ruleset import RuleSet
from tests.services.policy.training.calibration import calibrate, inputs_of
from tests.services.policy.training.examples import read_examples
from tests.services.policy.training.features import Floats, Truths
from tests.services.policy.training.tasks import Lesson, Task, tasks


def main() -> int:
    """Print recall and false alarms of each hand left out, by rule and by language."""
    for task in tasks(read_examples(), RuleSet.load()):
        hands = np.array([one.hand for one in task.examples])
        names = sorted(set(hands))
        messages, windows = Lesson.of(task, np.searchsorted(names, hands)).held_back()
        for name in names:
            if name:
                sys.stdout.write(tell(task, name, hands == name, messages, windows))
    return 0


def tell(task: Task, name: str, held: Truths, messages: Floats, windows: Floats) -> str:
    """Return the lines on one hand, from the sums of messages and windows by example and label."""
    others = task.of_chosen(~held)
    fires = np.zeros((int(held.sum()), len(task.labels)), dtype=bool)
    for at in range(len(task.labels)):
        line = calibrate(others, at, messages[~held], windows[~held])
        inputs = inputs_of(task, at, messages, windows)[held]
        fires[:, at] = inputs @ np.array(line.slopes) + line.bias >= line.threshold
    own = task.of_chosen(held)
    lines = [f"{name}: {_shares(fires, own.truths, own.clean)}"]
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
