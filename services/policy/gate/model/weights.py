"""The packaged weights: one byte for each bucket and label, and what turns their sums into a decision.

The file is a line of JSON, then the table as it stands, which is mapped into memory, not read.
"""

import json
from dataclasses import asdict
from functools import lru_cache
from mmap import ACCESS_READ, mmap
from pathlib import Path
from typing import Any

import numpy as np

from services.policy.gate.model.line import Calibration, Line, Lines
from services.policy.gate.model.pieces import BUCKETS

PACKAGED = Path(__file__).with_name("weights.bin")


class Weights:
    """The weights of all labels: `table` has a row for each bucket and a byte for each label."""

    def __init__(self, labels: dict[str, Calibration], table: bytes | memoryview) -> None:
        """Take over a table of `BUCKETS` rows with a byte for each of `labels`. Fails with `ValueError` on another."""
        size = len(labels)
        if len(table) != BUCKETS * size:
            raise ValueError("the table's size does not fit its labels")
        self.labels = labels
        self.order = tuple(labels)
        self.both = Lines({label: one.both for label, one in labels.items()})
        self.alone = Lines({label: one.alone for label, one in labels.items()})
        self.scales = np.array([one.scale for one in labels.values()])
        self.table = np.frombuffer(table, np.uint8).reshape(BUCKETS, size)


def read_weights(path: Path = PACKAGED) -> Weights:
    """Read the weights. Fails with `ValueError` on a file that is none."""
    with path.open("rb") as file:
        head = file.readline()
        labels = {
            label: Calibration(float(one["scale"]), Line(**one["both"]), Line(**one["alone"]))
            for label, one in json.loads(head).items()
        }
        mapped = memoryview(mmap(file.fileno(), 0, access=ACCESS_READ))
    return Weights(labels, mapped[len(head) :])


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
