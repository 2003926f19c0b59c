"""The packaged weights: one signed byte for each bucket and label, and what turns their sums into a decision.

The file is a line of JSON, then the table as it stands, which is mapped into memory, not read. Sums of all labels are
one integer, a field of four bytes for each label and one for the number of features, so that one addition adds
them all, and what words and pairs of words come to is remembered.
"""

import json
import struct
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import lru_cache, partial
from itertools import chain, pairwise
from math import sqrt
from mmap import ACCESS_READ, mmap
from pathlib import Path
from typing import Any

from services.policy.gate.model.concepts import Concepts, Meaning, features, joint_features
from services.policy.gate.model.concepts import packaged as concepts
from services.policy.gate.model.pieces import (
    BUCKETS,
    FIRST_JAPANESE,
    LONGEST_RUN,
    bucket,
    is_japanese,
    pair_bucket,
    run_bucket,
    run_buckets,
    tokens,
    word_buckets,
)
from services.policy.gate.remembered import Remembered

PACKAGED = Path(__file__).with_name("weights.bin")
ZERO = 128
_FIELD = 32
_MIDDLE = 1 << (_FIELD - 1)
_MOST_WORDS, _MOST_PAIRS, _MOST_RUNS, _MOST_BEGINNINGS = 24_576, 65_536, 24_576, 8_192
_BEGINNING = 2
# Greetings, courtesies, signatures: short sentences come back as a whole.
_MOST_SENTENCES, _SHORT_SENTENCE = 4_096, 160


@dataclass(frozen=True, slots=True)
class Line:
    """What one label's sums mean: weights of message, windows, net, phrases and answer, and the threshold."""

    bias: float
    message: float
    window: float
    net: float
    phrase: float
    reply: float
    threshold: float


@dataclass(frozen=True, slots=True)
class Calibration:
    """What one label's sums mean with the net, and `alone` where the net has not read the message.

    `scale` is what one step of the table's bytes is worth.
    """

    scale: float
    both: Line
    alone: Line


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
        self._fields = struct.Struct(f"<{size}I")
        self._zero = sum(ZERO << _FIELD * at for at in range(size))
        # A word with what it speaks of, where nothing parts them: first what is said unasked, then in answers.
        self._words = tuple(Remembered(partial(self._word, reply=reply), _MOST_WORDS) for reply in (False, True))
        self._pairs: Remembered[tuple[str, str], int] = Remembered(
            lambda pair: self._one + self._of_bucket(pair_bucket(*pair)), _MOST_PAIRS
        )
        self._spoken: Remembered[str, Meaning] = Remembered(lists.of_word, _MOST_WORDS)
        self._runs: Remembered[str, int] = Remembered(self._run, _MOST_RUNS)
        self._beginnings: Remembered[str, int] = Remembered(self._run, _MOST_BEGINNINGS)
        self._meanings: dict[bool, Remembered[Meaning, int]] = {
            reply: Remembered(partial(self._mean, reply=reply), _MOST_WORDS) for reply in (False, True)
        }
        self._joint: Remembered[tuple[Meaning, Meaning], int] = Remembered(self._mean_together, _MOST_PAIRS)
        self._sentences = tuple(Remembered(partial(self._add, reply=reply), _MOST_SENTENCES) for reply in (False, True))

    def add(self, sentence: str, *, reply: bool = False) -> int:
        """Return the sums over the features of a folded sentence, and their number, packed; such integers add up."""
        if len(sentence) <= _SHORT_SENTENCE:
            return self._sentences[reply][sentence]
        return self._add(sentence, reply=reply)

    def _add(self, sentence: str, *, reply: bool) -> int:
        words = tokens(sentence)
        if sentence.isascii() or max(words, default="") < FIRST_JAPANESE:
            total = sum(map(self._words[reply].__getitem__, words))
            total += sum(map(self._pairs.__getitem__, zip(chain("^", words), words, strict=False)))
            spoken = list(filter(None, map(self._spoken.__getitem__, words)))
        else:
            total, spoken = self._mixed(words, reply=reply)
        if len(spoken) > 1:
            near = chain(pairwise(spoken), zip(spoken, spoken[2:], strict=False), zip(spoken, spoken[3:], strict=False))
            total += sum(map(self._joint.__getitem__, near))
        return total

    def unpack(self, total: int) -> tuple[list[int], int]:
        """Return each label's sum, and how many features were summed."""
        *sums, count = self._row.unpack((total + self._middle).to_bytes(self._row.size, "little"))
        return [one - _MIDDLE for one in sums], count

    def freed(self, total: int) -> list[float]:
        """Return the sums of all labels, freed from the length of what they are of."""
        fields = self._row.unpack((total + self._middle).to_bytes(self._row.size, "little"))
        length = 1 / sqrt(max(1, fields[-1]))
        return [(one - _MIDDLE) * scale * length for one, scale in zip(fields, self.scales, strict=False)]

    def _mixed(self, words: Sequence[str], *, reply: bool) -> tuple[int, list[Meaning]]:
        total = 0
        spoken: list[Meaning] = []
        before = "^"
        for word in words:
            if not is_japanese(word):
                total += self._words[reply][word] + self._pairs[before, word]
                spoken.append(self._spoken[word])
                before = word
                continue
            total += sum(map(self._runs.__getitem__, [word[at : at + LONGEST_RUN] for at in range(len(word))]))
            meant = self._lists.of_stretch(word)
            total += sum(map(self._meanings[reply].__getitem__, meant))
            spoken += meant
            before = "~"
        return total, list(filter(None, spoken))

    def _word(self, word: str, *, reply: bool) -> int:
        return self._sum(word_buckets(word)) + self._meanings[reply][self._spoken[word]]

    def _run(self, run: str) -> int:
        """Return the sum of a run: of its beginning, which is nearly always known, and of what is longer."""
        if len(run) <= _BEGINNING:
            return self._sum(run_buckets(run))
        longer = [run_bucket(run[:end]) for end in range(_BEGINNING + 1, len(run) + 1)]
        return self._beginnings[run[:_BEGINNING]] + self._one * len(longer) + sum(map(self._of_bucket, longer))

    def _mean(self, meaning: Meaning, *, reply: bool) -> int:
        return self._sum([bucket(feature) for feature in features(meaning, reply=reply)], counted=False)

    def _mean_together(self, pair: tuple[Meaning, Meaning]) -> int:
        return sum(map(self._of_bucket, map(bucket, joint_features(*pair))))

    def _of_bucket(self, number: int) -> int:
        at = number * self._size
        return int.from_bytes(self._fields.pack(*self._table[at : at + self._size]), "little") - self._zero

    def _sum(self, numbers: Sequence[int], *, counted: bool = True) -> int:
        if not numbers:
            return 0
        table, size = self._table, self._size
        rows = b"".join([table[number * size : number * size + size] for number in numbers])
        total = int.from_bytes(self._fields.pack(*[sum(rows[at::size]) for at in range(size)]), "little")
        total -= self._zero * len(numbers)
        return total + self._one * len(numbers) if counted else total


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
