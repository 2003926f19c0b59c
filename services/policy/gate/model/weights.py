"""The packaged weights: one byte for each bucket and label, and what turns their sums into a decision.

The file is a line of JSON, then the table as it stands, which is mapped into memory, not read.
"""

import json
from collections.abc import Sequence
from dataclasses import asdict
from functools import lru_cache, partial
from mmap import ACCESS_READ, mmap
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from services.policy.gate.model.line import Calibration, Line, Lines
from services.policy.gate.model.lookup import Adder
from services.policy.gate.model.meanings import Meanings
from services.policy.gate.model.meanings import packaged as packaged_meanings
from services.policy.gate.model.pieces import BUCKETS
from services.policy.gate.remembered import RememberedTogether

Sums: TypeAlias = NDArray[np.int32]
"""Rows of all labels' sums, each with the number of features at its end."""

PACKAGED = Path(__file__).with_name("weights.bin")
_MOST_SENTENCES = 4_096
_SHORT = 160


class Weights:
    """Adds up the weights of sentences, for all labels at once."""

    def __init__(self, labels: dict[str, Calibration], table: bytes | memoryview, meanings: Meanings) -> None:
        """Take over a table of `BUCKETS` rows with a byte for each of `labels`. Fails with `ValueError` on another."""
        size = len(labels)
        if len(table) != BUCKETS * size:
            raise ValueError("the table's size does not fit its labels")
        self.labels = labels
        self.order = tuple(labels)
        self.both = Lines({label: one.both for label, one in labels.items()})
        self.alone = Lines({label: one.alone for label, one in labels.items()})
        self._scales = np.array([one.scale for one in labels.values()])
        self._adder = Adder(meanings, np.frombuffer(table, np.uint8).reshape(BUCKETS, size))
        # First what is said unasked, then in answers.
        self._sentences = tuple(
            RememberedTogether(partial(self._read, reply=reply), _MOST_SENTENCES, _is_short) for reply in (False, True)
        )

    def sums(self, sentences: Sequence[str], *, reply: bool = False) -> Sums:
        """Return a row for each folded sentence: the sums of all labels, and then how many features were summed."""
        rows = self._sentences[reply].list_all(sentences)
        return np.frombuffer(b"".join(rows), np.int32).reshape(-1, len(self.order) + 1)

    def _read(self, sentences: Sequence[str], *, reply: bool) -> list[bytes]:
        sums = self._adder.add_up(sentences, reply=reply)
        data, size = sums.tobytes(), sums.itemsize * len(sums.T)
        return [data[at : at + size] for at in range(0, len(data), size)]

    def freed(self, sums: Sums) -> NDArray[np.float64]:
        """Return the sums of all labels, freed from the length of what they are of; of one row or of several."""
        values: NDArray[np.float64] = sums[..., :-1] * self._scales / np.sqrt(np.maximum(1, sums[..., -1:]))
        return values


def _is_short(sentence: str) -> bool:
    """Tell whether a sentence may well come back: greetings, courtesies and signatures are short."""
    return len(sentence) <= _SHORT


def read_weights(path: Path = PACKAGED, meanings: Meanings | None = None) -> Weights:
    """Read the weights. Fails with `ValueError` on a file that is none."""
    with path.open("rb") as file:
        head = file.readline()
        labels = {
            label: Calibration(float(one["scale"]), Line(**one["both"]), Line(**one["alone"]))
            for label, one in json.loads(head).items()
        }
        mapped = memoryview(mmap(file.fileno(), 0, access=ACCESS_READ))
    return Weights(labels, mapped[len(head) :], meanings or packaged_meanings())


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
