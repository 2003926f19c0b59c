"""The packaged weights: one signed byte for each bucket and label, and what turns their sums into a decision.

The file is a line of JSON, then the table, compressed: for each bucket one field of three bytes for each label, its
byte and two of nothing, so that whole rows add up as one integer without running into each other.
"""

import json
import zlib
from collections.abc import Iterable
from dataclasses import dataclass, fields
from functools import lru_cache
from pathlib import Path

from services.policy.gate.model.pieces import BUCKETS, buckets

PACKAGED = Path(__file__).with_name("weights.bin")
ZERO = 128
FIELD = 3
_MOST_FEATURES = (1 << 8 * FIELD) // 256
_REMEMBERED = 8192


@dataclass(frozen=True, slots=True)
class Calibration:
    """What one label's sums mean: weights of message, best window, phrases and answer, and the threshold.

    `scale` is what one step of the table's bytes is worth.
    """

    scale: float
    bias: float
    message: float
    window: float
    phrase: float
    reply: float
    threshold: float


class Weights:
    """Adds up the weights of units of text, for all labels at once; remembers those of recent words."""

    def __init__(self, labels: dict[str, Calibration], table: bytes) -> None:
        """Take over a table of `BUCKETS` rows with a field for each of `labels`. Fails with `ValueError` on another."""
        self._row = FIELD * len(labels)
        if len(table) != BUCKETS * self._row:
            raise ValueError("the table's size does not fit its labels")
        self.labels = labels
        self.order = tuple(labels)
        self._table = table
        self._remembered = lru_cache(maxsize=_REMEMBERED)(self._sum)

    def add(self, units: Iterable[str]) -> tuple[list[int], int]:
        """Return each label's sum over the features of `units`, and how many features these are.

        Reads no more features than a field can count.
        """
        total = count = 0
        for unit in units:
            value, size = self._sum(unit) if " " in unit else self._remembered(unit)
            if count + size > _MOST_FEATURES:
                break
            total += value
            count += size
        row = total.to_bytes(self._row, "little")
        return [
            int.from_bytes(row[at : at + FIELD], "little") - ZERO * count for at in range(0, self._row, FIELD)
        ], count

    def _sum(self, unit: str) -> tuple[int, int]:
        numbers = buckets(unit)
        table, size = self._table, self._row
        total = 0
        for number in numbers:
            total += int.from_bytes(table[number * size : number * size + size], "little")
        return total, len(numbers)


def read_weights(path: Path = PACKAGED) -> Weights:
    """Read the weights. Fails with `ValueError` or `zlib.error` on a file that is none."""
    head, _, packed = path.read_bytes().partition(b"\n")
    values = json.loads(head)
    names = [field.name for field in fields(Calibration)]
    labels = {label: Calibration(**{name: float(one[name]) for name in names}) for label, one in values.items()}
    return Weights(labels, zlib.decompress(packed))


def write_weights(path: Path, labels: dict[str, Calibration], table: bytes) -> None:
    """Write what `read_weights` reads: the same bytes for the same weights."""
    head = {
        label: {field.name: round(getattr(one, field.name), 6) for field in fields(one)}
        for label, one in labels.items()
    }
    path.write_bytes(json.dumps(head).encode() + b"\n" + zlib.compress(table, 9))


@lru_cache(maxsize=1)
def packaged() -> Weights:
    """Return the packaged weights, read when first asked for."""
    return read_weights()
