"""The packaged weights: one signed byte for each bucket and label, and what turns their sums into a decision.

The file is a line of JSON, then the table as it stands, which is mapped into memory, not read. Sums of all labels are
one integer, a field of four bytes for each label and one for the number of features, so that one addition adds
them all, and what words and pairs of words come to is remembered.
"""

import json
import struct
from collections.abc import Callable, Hashable, Sequence
from dataclasses import asdict, dataclass
from functools import lru_cache, partial
from itertools import chain, pairwise
from mmap import ACCESS_READ, mmap
from pathlib import Path
from typing import TypeVar

from services.policy.gate.model.concepts import Concepts, Meaning, features, joint_features
from services.policy.gate.model.concepts import packaged as concepts
from services.policy.gate.model.pieces import (
    BUCKETS,
    bucket,
    is_japanese,
    pair_bucket,
    run_buckets,
    tokens,
    word_buckets,
)

PACKAGED = Path(__file__).with_name("weights.bin")
ZERO = 128
_FIELD = 32
_MIDDLE = 1 << (_FIELD - 1)
_MOST_WORDS, _MOST_PAIRS = 12_288, 24_576
_Key = TypeVar("_Key", bound=Hashable)
_Value = TypeVar("_Value")


@dataclass(frozen=True, slots=True)
class Calibration:
    """What one label's sums mean: weights of message, windows, phrases and answer, and the threshold.

    `scale` is what one step of the table's bytes is worth.
    """

    scale: float
    bias: float
    message: float
    window: float
    phrase: float
    reply: float
    threshold: float


class _Remembered(dict[_Key, _Value]):
    """Remembers what a function came to, and forgets all of it when that is too much."""

    def __init__(self, find: Callable[[_Key], _Value], most: int) -> None:
        super().__init__()
        self._find, self._most = find, most

    def __missing__(self, key: _Key) -> _Value:
        if len(self) >= self._most:
            self.clear()
        value = self[key] = self._find(key)
        return value


class Weights:
    """Adds up the weights of sentences, for all labels at once."""

    def __init__(self, labels: dict[str, Calibration], table: bytes | memoryview, lists: Concepts) -> None:
        """Take over a table of `BUCKETS` rows with a byte for each of `labels`. Fails with `ValueError` on another."""
        size = len(labels)
        if len(table) != BUCKETS * size:
            raise ValueError("the table's size does not fit its labels")
        self.labels = labels
        self.order = tuple(labels)
        self.scales = tuple(one.scale for one in labels.values())
        self._table, self._size, self._lists = table, size, lists
        self._one = 1 << _FIELD * size
        self._middle = sum(_MIDDLE << _FIELD * at for at in range(size))
        self._row = struct.Struct(f"<{size + 1}I")
        self._words: _Remembered[str, int] = _Remembered(lambda word: self._sum(word_buckets(word)), _MOST_WORDS)
        self._runs: _Remembered[str, int] = _Remembered(lambda run: self._sum(run_buckets(run)), _MOST_WORDS)
        self._pairs: _Remembered[tuple[str, str], int] = _Remembered(
            lambda pair: self._sum([pair_bucket(*pair)]), _MOST_PAIRS
        )
        self._spoken: _Remembered[str, Meaning] = _Remembered(lists.of_word, _MOST_WORDS)
        self._spoken_run: _Remembered[str, tuple[Meaning, int]] = _Remembered(lists.of_run, _MOST_WORDS)
        self._meanings: dict[bool, _Remembered[Meaning, int]] = {
            reply: _Remembered(partial(self._mean, reply=reply), _MOST_WORDS) for reply in (False, True)
        }
        self._joint: _Remembered[tuple[Meaning, Meaning], int] = _Remembered(self._mean_together, _MOST_PAIRS)

    def add(self, sentence: str, *, reply: bool = False) -> int:
        """Return the sums over the features of a folded sentence, and their number, packed; such integers add up."""
        words = tokens(sentence)
        if sentence.isascii() or not any(map(is_japanese, words)):
            total = sum(map(self._words.__getitem__, words))
            total += sum(map(self._pairs.__getitem__, zip(chain("^", words), words, strict=False)))
            spoken = list(filter(None, map(self._spoken.__getitem__, words)))
        else:
            total, spoken = self._mixed(words)
        total += sum(map(self._meanings[reply].__getitem__, spoken))
        joint = self._joint.__getitem__
        total += sum(map(joint, pairwise(spoken)))
        total += sum(map(joint, zip(spoken, spoken[2:], strict=False)))
        return total + sum(map(joint, zip(spoken, spoken[3:], strict=False)))

    def unpack(self, total: int) -> tuple[list[int], int]:
        """Return each label's sum, and how many features were summed."""
        *sums, count = self._row.unpack((total + self._middle).to_bytes(self._row.size, "little"))
        return [one - _MIDDLE for one in sums], count

    def _mixed(self, words: Sequence[str]) -> tuple[int, list[Meaning]]:
        total = 0
        spoken: list[Meaning] = []
        before = "^"
        for word in words:
            if not is_japanese(word):
                total += self._words[word] + self._pairs[before, word]
                spoken.append(self._spoken[word])
                before = word
                continue
            total += sum(map(self._runs.__getitem__, _runs(word, 4)))
            at = 0
            for number, run in enumerate(_runs(word, self._lists.longest)):
                if number >= at:
                    meaning, length = self._spoken_run[run]
                    spoken.append(meaning)
                    at += length
            before = "~"
        return total, list(filter(None, spoken))

    def _mean(self, meaning: Meaning, *, reply: bool) -> int:
        return self._sum([bucket(feature) for feature in features(meaning, reply=reply)], counted=False)

    def _mean_together(self, pair: tuple[Meaning, Meaning]) -> int:
        return self._sum([bucket(feature) for feature in joint_features(*pair)], counted=False)

    def _sum(self, numbers: Sequence[int], *, counted: bool = True) -> int:
        table, size = self._table, self._size
        rows = b"".join([table[number * size : number * size + size] for number in numbers])
        zero = ZERO * len(numbers)
        total = self._one * len(numbers) if counted else 0
        for at in range(size):
            total += (sum(rows[at::size]) - zero) << (_FIELD * at)
        return total


def _runs(stretch: str, length: int) -> list[str]:
    return [stretch[at : at + length] for at in range(len(stretch))]


def read_weights(path: Path = PACKAGED, lists: Concepts | None = None) -> Weights:
    """Read the weights. Fails with `ValueError` on a file that is none."""
    with path.open("rb") as file:
        head = file.readline()
        labels = {
            label: Calibration(**{name: float(value) for name, value in one.items()})
            for label, one in json.loads(head).items()
        }
        mapped = memoryview(mmap(file.fileno(), 0, access=ACCESS_READ))
    return Weights(labels, mapped[len(head) :], lists or concepts())


def write_weights(path: Path, labels: dict[str, Calibration], table: bytes) -> None:
    """Write what `read_weights` reads: the same bytes for the same weights."""
    head = {label: {name: round(value, 9) for name, value in asdict(one).items()} for label, one in labels.items()}
    path.write_bytes(json.dumps(head).encode() + b"\n" + table)


@lru_cache(maxsize=1)
def packaged() -> Weights:
    """Return the packaged weights, mapped when first asked for."""
    return read_weights()
