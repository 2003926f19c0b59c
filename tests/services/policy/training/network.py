"""Trains the net: on whole messages, with words left out at random, so that it learns from what they speak of, too."""

from dataclasses import dataclass

import numpy as np

from services.policy.gate.model.concepts import packaged
from services.policy.gate.model.pieces import NEIGHBOURS, ROWS, STRIDES
from tests.services.policy.training.adam import Adam
from tests.services.policy.training.features import Floats, Numbers, Truths
from tests.services.policy.training.lines import Lines
from tests.services.policy.training.propagation import Arrays, Propagation

WIDTH, HEADS = 32, 8
EPOCHS = 7
_BATCH = 128
_SEED = 0
_FAR = 30.0


@dataclass(frozen=True)
class Lecture:
    """Texts and what is true of them, by labels: how important that is, and what word lists find (`spoken`).

    `chance`: how likely a text is read in an epoch.
    """

    lines: Lines
    truths: Floats
    spoken: Floats
    replies: Truths
    importance: Floats
    chance: Floats


@dataclass(frozen=True, slots=True)
class Network:
    """A net that has learned."""

    arrays: Arrays

    def scores(self, lecture: Lecture, chosen: Numbers) -> Floats:
        """Return the scores of the chosen texts, by labels, as if word lists found nothing."""
        found = np.zeros_like(lecture.truths)
        for some in lecture.lines.batches(chosen, _BATCH):
            reading = Propagation(self.arrays, lecture.lines.batch(some), lecture.replies[some])
            found[some] = reading.scores(np.zeros_like(lecture.spoken[some]))
        return found[chosen]


def learn(lecture: Lecture, chosen: Truths) -> Network:
    """Learn from the chosen texts of a lecture; the same network from the same."""
    luck = np.random.default_rng(_SEED)
    net = start(lecture.truths.shape[1], luck)
    chance = lecture.chance * chosen
    adam = Adam(net, float(chance.sum()) * EPOCHS / _BATCH)
    for _ in range(EPOCHS):
        now = luck.permutation(np.flatnonzero(luck.random(len(chance)) < chance))
        batches = lecture.lines.batches(now, _BATCH)
        for at in luck.permutation(len(batches)):
            adam.step(_slopes(net, lecture, batches[at], luck))
    return Network(net)


def _slopes(net: Arrays, lecture: Lecture, chosen: Numbers, luck: np.random.Generator) -> Arrays:
    reading = Propagation(net, lecture.lines.batch(chosen), lecture.replies[chosen], luck)
    likely = 1 / (1 + np.exp(-np.clip(reading.scores(lecture.spoken[chosen]), -_FAR, _FAR)))
    error = (likely - lecture.truths[chosen]) * lecture.importance[chosen] / len(chosen)
    return reading.back(error.astype(np.float32))


def start(labels: int, luck: np.random.Generator) -> Arrays:
    """Return a net that knows nothing."""

    def noise(scale: float, *shape: int) -> Floats:
        return (luck.standard_normal(shape) * scale).astype(np.float32)

    near = NEIGHBOURS * WIDTH
    net = {
        "pieces": noise(0.05, ROWS, WIDTH),
        "concepts": noise(0.1, len(packaged().names), WIDTH),
        "heads": noise(0.1, WIDTH, HEADS),
        "words": noise(0.1, WIDTH, labels),
        "out": noise(0.03, WIDTH * (2 + HEADS), labels),
        "bias": np.full(labels, -2.0, np.float32),
        "reply": noise(0.1, WIDTH),
        "reply_bias": np.zeros(labels, np.float32),
        "spoken": np.ones(labels, np.float32),
    }
    for number in range(len(STRIDES)):
        net[f"pass{number}"] = noise(near**-0.5, near, WIDTH)
        net[f"pass{number}_bias"] = np.zeros(WIDTH, np.float32)
    return net
