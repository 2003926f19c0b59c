"""The packaged weights: one byte for each bucket and label, and what turns their sums into a decision.

The file is a line of JSON, then the table as it stands, which is mapped into memory, not read. What a word's features
are is remembered, so that a message is one look into the table.
"""

import json
from array import array
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from functools import lru_cache, partial
from mmap import ACCESS_READ, mmap
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from services.policy.gate.model.concepts import Concepts, Meaning, features, joint_features
from services.policy.gate.model.concepts import packaged as concepts
from services.policy.gate.model.line import Calibration, Line, Lines
from services.policy.gate.model.pieces import (
    BUCKETS,
    FIRST_JAPANESE,
    LONGEST_RUN,
    REACH,
    bucket,
    is_japanese,
    pair_buckets,
    run_buckets,
    tokens,
    word_buckets,
)
from services.policy.gate.remembered import Remembered, RememberedTogether

Sums: TypeAlias = NDArray[np.int32]
"""Rows of all labels' sums, each with the number of features at its end."""

PACKAGED = Path(__file__).with_name("weights.bin")
ZERO = 128
_NUMBER, _NUMBER_SIZE = "i", 4
_MOST_WORDS, _MOST_RUNS, _MOST_MEANINGS, _MOST_JOINT = 65_536, 65_536, 8_192, 131_072
# Greetings, courtesies, signatures: short sentences come back as a whole.
_MOST_SENTENCES, _SHORT_SENTENCE = 4_096, 160


class Weights:
    """Adds up the weights of sentences, for all labels at once."""

    def __init__(self, labels: dict[str, Calibration], table: bytes | memoryview, lists: Concepts) -> None:
        """Take over a table of `BUCKETS` rows with a byte for each of `labels`. Fails with `ValueError` on another."""
        size = len(labels)
        if len(table) != BUCKETS * size:
            raise ValueError("the table's size does not fit its labels")
        self.labels = labels
        self.order = tuple(labels)
        self.both = Lines({label: one.both for label, one in labels.items()})
        self.alone = Lines({label: one.alone for label, one in labels.items()})
        self._scales = np.array([one.scale for one in labels.values()])
        self._table = np.frombuffer(table, np.uint8).reshape(BUCKETS, size)
        self._lists = lists
        self._words: Remembered[str, bytes] = Remembered(lambda word: _packed(word_buckets(word)), _MOST_WORDS)
        self._runs: Remembered[str, bytes] = Remembered(lambda run: _packed(run_buckets(run)), _MOST_RUNS)
        self._spoken: Remembered[str, Meaning] = Remembered(lists.of_word, _MOST_WORDS)
        # First what is said unasked, then in answers.
        self._meant = tuple(Remembered(partial(_mean, reply=reply), _MOST_MEANINGS) for reply in (False, True))
        self._joint: Remembered[tuple[Meaning, Meaning], bytes] = Remembered(_mean_together, _MOST_JOINT)
        self._sentences = tuple(
            RememberedTogether(partial(self._read, reply=reply), _MOST_SENTENCES, _is_short) for reply in (False, True)
        )

    def sums(self, sentences: Sequence[str], *, reply: bool = False) -> Sums:
        """Return a row for each folded sentence: the sums of all labels, and then how many features were summed."""
        rows = self._sentences[reply].list_all(sentences)
        return np.frombuffer(b"".join(rows), np.int32).reshape(-1, len(self.order) + 1)

    def freed(self, sums: Sums) -> NDArray[np.float64]:
        """Return the sums of all labels, freed from the length of what they are of; of one row or of several."""
        values: NDArray[np.float64] = sums[..., :-1] * self._scales / np.sqrt(np.maximum(1, sums[..., -1:]))
        return values

    def _read(self, sentences: Sequence[str], *, reply: bool) -> list[bytes]:
        """Return the rows of `sums`, each by itself: numbers of all their features, then one look into the table."""
        numbers, counts = [], []
        for sentence in sentences:
            counted, other = self._features(sentence, reply=reply)
            numbers.append(counted + other)
            counts.append(len(counted) // _NUMBER_SIZE)
        sizes = np.array([len(one) // _NUMBER_SIZE for one in numbers], np.int32)
        rows = np.zeros((len(sentences), len(self.order) + 1), np.int32)
        rows[:, -1] = counts
        filled = sizes > 0
        if filled.any():
            steps = self._table.take(np.frombuffer(b"".join(numbers), np.int32), axis=0)
            begins = (np.cumsum(sizes) - sizes)[filled]
            rows[filled, :-1] = np.add.reduceat(steps, begins, axis=0, dtype=np.int32) - ZERO * sizes[filled, None]
        return [row.tobytes() for row in rows]

    def _features(self, sentence: str, *, reply: bool) -> tuple[bytes, bytes]:
        """Return the numbers of the features that make a sentence longer, and of those that do not."""
        words = tokens(sentence)
        if sentence.isascii() or max(words, default="") < FIRST_JAPANESE:
            counted = list(map(self._words.__getitem__, words))
            pairs = pair_buckets(words)
            spoken = list(filter(None, map(self._spoken.__getitem__, words)))
        else:
            counted, pairs, spoken = self._mixed(words)
        other = list(map(self._meant[reply].__getitem__, spoken))
        for reach in range(1, REACH + 1):
            other += map(self._joint.__getitem__, zip(spoken, spoken[reach:], strict=False))
        return b"".join([*counted, _packed(pairs)]), b"".join(other)

    def _mixed(self, words: Sequence[str]) -> tuple[list[bytes], list[int], list[Meaning]]:
        counted: list[bytes] = []
        pairs: list[int] = []
        spoken: list[Meaning] = []
        before = "^"
        for word in words:
            if is_japanese(word):
                counted += map(self._runs.__getitem__, [word[at : at + LONGEST_RUN] for at in range(len(word))])
                spoken += self._lists.of_stretch(word)
                before = "~"
            else:
                counted.append(self._words[word])
                pairs += pair_buckets([word], before)
                spoken.append(self._spoken[word])
                before = word
        return counted, pairs, list(filter(None, spoken))


def _is_short(sentence: str) -> bool:
    return len(sentence) <= _SHORT_SENTENCE


def _packed(numbers: Iterable[int]) -> bytes:
    return array(_NUMBER, numbers).tobytes()


def _mean(meaning: Meaning, *, reply: bool) -> bytes:
    return _packed(map(bucket, features(meaning, reply=reply)))


def _mean_together(pair: tuple[Meaning, Meaning]) -> bytes:
    return _packed(map(bucket, joint_features(*pair)))


def read_weights(path: Path = PACKAGED, lists: Concepts | None = None) -> Weights:
    """Read the weights. Fails with `ValueError` on a file that is none."""
    with path.open("rb") as file:
        head = file.readline()
        labels = {
            label: Calibration(float(one["scale"]), Line(**one["both"]), Line(**one["alone"]))
            for label, one in json.loads(head).items()
        }
        mapped = memoryview(mmap(file.fileno(), 0, access=ACCESS_READ))
    return Weights(labels, mapped[len(head) :], lists or concepts())


def write_weights(path: Path, labels: dict[str, Calibration], table: bytes) -> None:
    """Write what `read_weights` reads: the same bytes for the same weights."""
    head = {label: _rounded(asdict(one)) for label, one in labels.items()}
    path.write_bytes(json.dumps(head).encode() + b"\n" + table)


def _rounded(values: dict[str, Any]) -> dict[str, Any]:
    return {
        name: _rounded(value) if isinstance(value, dict) else round(float(value), 9) for name, value in values.items()
    }


@lru_cache(maxsize=1)
def packaged() -> Weights:
    """Return the packaged weights, mapped when first asked for."""
    return read_weights()
