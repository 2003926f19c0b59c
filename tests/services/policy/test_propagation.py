from pathlib import Path

import numpy as np
import pytest

from services.policy.gate.model.meanings import packaged as packaged_meanings
from services.policy.gate.model.net import read_net, write_net
from tests.services.policy.gate.model.reader import Reader
from tests.services.policy.training.features import Floats, Text
from tests.services.policy.training.lines import Lines
from tests.services.policy.training.network import start
from tests.services.policy.training.propagation import Arrays, Propagation

pytestmark = pytest.mark.req("R-POLICY-2")

TEXTS = [
    Text((), ("please pay by bank transfer.", "thank you very much for the order"), reply=True),
    Text((), ("hello there",), reply=False),
    Text(("order 5",), ("支払は銀行でお願いします", "leave us a review! we give 5 % off"), reply=True),
]
REPLIES = np.array([text.reply for text in TEXTS])
LABELS = 3
SPOKEN = np.eye(LABELS)
STEP = 1e-5


def _net(kind: type[np.floating] = np.float64) -> Arrays:
    return {name: one.astype(kind) for name, one in start(LABELS, np.random.default_rng(3)).items()}


def _read(net: Arrays) -> tuple[Propagation, Floats]:
    reading = Propagation(net, Lines(TEXTS).batch(np.arange(len(TEXTS))), REPLIES)
    return reading, reading.scores(SPOKEN)


def test_scores_what_the_packaged_net_scores(tmp_path: Path) -> None:
    net = _net(np.float32)
    write_net(tmp_path / "net.bin", dict.fromkeys("abc", False), net)
    found = read_net(tmp_path / "net.bin")
    read = Reader(found, packaged_meanings())
    scores = Propagation(net, Lines(TEXTS).batch(np.arange(len(TEXTS))), REPLIES).scores(np.zeros((3, LABELS)))
    for text, expected in zip(TEXTS, scores, strict=True):
        assert read.scores((*text.subject, *text.body), reply=text.reply) == pytest.approx(expected, abs=0.02)


def test_slopes_are_what_small_steps_say() -> None:
    net = _net()
    error = np.random.default_rng(4).standard_normal((len(TEXTS), LABELS))
    reading, _ = _read(net)
    for name, slope in reading.back(error).items():
        array, place = net[name], np.unravel_index(np.argmax(np.abs(slope)), slope.shape)
        before = array[place]
        found = []
        for step in (STEP, -STEP):
            array[place] = before + step
            found.append(float((_read(net)[1] * error).sum()))
        array[place] = before
        assert (found[0] - found[1]) / (2 * STEP) == pytest.approx(slope[place], rel=1e-3), name


def test_what_is_left_out_by_chance_is_the_same_for_the_same_chance() -> None:
    net, batch = _net(np.float32), Lines(TEXTS).batch(np.arange(len(TEXTS)))
    first, again, other = (
        Propagation(net, batch, REPLIES, np.random.default_rng(seed)).scores(SPOKEN) for seed in (1, 1, 2)
    )
    assert (first == again).all()
    assert (first != other).any()
