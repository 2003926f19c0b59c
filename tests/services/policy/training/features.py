"""Examples as rows of numbers, made by the very code that reads messages when they are judged."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from math import sqrt

import numpy as np
from scipy.sparse import csr_matrix

from services.policy.gate.detectors.model import Weighing
from services.policy.gate.judged import Judged
from services.policy.gate.model.pieces import BUCKETS, buckets, units
from services.policy.gate.model.scoring import WINDOW
from services.policy.gate.reading import Reading, readings
from services.policy.gate.rule import Rule
from tests.services.policy.training.examples import Example
from tests.services.policy.training.ridge import Numbers

Bag = Counter[int]


@dataclass(frozen=True)
class Features:
    """Rows of whole messages and of their windows; `owner` is the example that a window belongs to."""

    messages: csr_matrix
    windows: csr_matrix
    owner: Numbers


def featured(examples: Sequence[Example]) -> Features:
    """Return the features of the examples; of several bodies the longest counts."""
    messages: list[Bag] = []
    windows: list[Bag] = []
    owner: list[int] = []
    for number, example in enumerate(examples):
        message, parts = _bags(example)
        messages.append(message)
        windows += parts
        owner += [number] * len(parts)
    return Features(_matrix(messages), _matrix(windows), np.array(owner, dtype=np.int64))


def spoken_of(rules: Iterable[Rule], example: Example) -> set[str]:
    """Return the rules whose word lists find something, before the model has its say."""
    judged = Judged(example.candidate)
    return {
        rule.id
        for rule in rules
        for detector in rule.detectors
        if isinstance(detector, Weighing) and any(True for _ in detector.words(judged))
    }


def _bags(example: Example) -> tuple[Bag, list[Bag]]:
    shown = [one for one in readings(Judged(example.candidate)) if not one.passage.hidden]
    subject = _joined(bag for one in shown if one.passage.field == "subject" for bag in _sentences(one))
    bodies = [_sentences(one) for one in shown if one.passage.field != "subject"]
    sentences = max(bodies, key=lambda body: sum(bag.total() for bag in body), default=[])
    starts = range(max(1, len(sentences) - WINDOW + 1))
    return _joined([subject, *sentences]), [_joined(sentences[at : at + WINDOW]) for at in starts]


def _sentences(reading: Reading) -> list[Bag]:
    return [
        Counter(bucket for unit in units(reading.text[span.start : span.end]) for bucket in _buckets(unit))
        for span in reading.sentences
    ]


@lru_cache(maxsize=1 << 18)
def _buckets(unit: str) -> list[int]:
    return buckets(unit)


def _joined(bags: Iterable[Bag]) -> Bag:
    total: Bag = Counter()
    for bag in bags:
        total.update(bag)
    return total


def _matrix(bags: Sequence[Bag]) -> csr_matrix:
    """Return a row for each bag, freed from its length as the judged messages are."""
    places, columns, values = [0], list[int](), list[float]()
    for bag in bags:
        length = sqrt(max(1, bag.total()))
        columns += list(bag)
        values += [count / length for count in bag.values()]
        places.append(len(columns))
    return csr_matrix((np.array(values, dtype=np.float32), columns, places), shape=(len(bags), BUCKETS))
