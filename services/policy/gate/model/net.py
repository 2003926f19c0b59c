"""A small net that reads words in their order: what stands near a word changes what it says.

Each word is a vector: of its pieces, and of what it speaks of. Two passes mix it with its neighbours; what is said
on the whole, what is said most, and what some heads look for make a number for each label. It is plain arithmetic
over a packaged file: the same message gives the same numbers in every process of a machine.
"""

import json
from collections.abc import Mapping
from functools import lru_cache
from math import prod
from pathlib import Path
from threading import Lock
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from services.policy.gate.model.meanings import Meanings
from services.policy.gate.model.meanings import packaged as packaged_meanings
from services.policy.gate.model.pieces import AROUND, NEIGHBOURS, ROWS, STRIDES
from services.policy.gate.model.stretch import Stretch

Floats: TypeAlias = NDArray[np.float32]

PACKAGED = Path(__file__).with_name("net.bin")
SHARPNESS = 3.0
"""How little what is said less counts beside what is said most."""
STRETCH = 25 * 16
"""How many words are read at once: whole blocks of what is multiplied."""
OUTERMOST = 8.0

_STEPS_OF_ONE = 1000
_STEPS = 127
_TABLE = "pieces"
# OpenBLAS starts threads for larger products, where the service has its own idea of who works when.
_LARGEST_PRODUCT, _LARGEST_OF_A_VECTOR = 1 << 18, 1 << 13
_ROWS_AT_ONCE = 16


class Net:
    """Reads the vectors of words, which are made of its tables `pieces`, `scale` and `concepts`, for all its labels."""

    def __init__(self, labels: Mapping[str, bool], arrays: Mapping[str, Floats], meanings: Meanings) -> None:
        """Take over labels, each with whether it speaks of a message as a whole, and arrays as training makes them.

        Fails with `ValueError` where labels, arrays and meanings do not fit each other.
        """
        _check(arrays, len(labels), len(meanings.names))
        self.labels = labels
        self.pieces: NDArray[np.int8] = arrays[_TABLE].astype(np.int8, copy=False)
        self.scale, self.concepts = arrays["scale"], arrays["concepts"]
        self._whole = np.array(list(labels.values()))
        self._layers, self._lock = _Layers(arrays), Lock()

    def scores(self, vectors: Floats, *, reply: bool) -> list[float]:
        """Return how much words speak for each label, between -8 and 8, in the order of the labels.

        Of stretches of long text the most telling counts; what a message says as a whole, all of them have to say.
        """
        last = max(0, len(vectors) - STRETCH)
        # The last stretch overlaps the one before: a few words by themselves were never learned from.
        starts = dict.fromkeys(min(at, last) for at in range(0, len(vectors), STRETCH))
        with self._lock:
            stretches = [self._layers.read(vectors, at, min(STRETCH, len(vectors)), reply=reply) for at in starts]
        found = stretches[0]
        if len(stretches) > 1:
            found = np.where(self._whole, np.min(stretches, axis=0), np.max(stretches, axis=0))
        rounded = np.rint(found.astype(np.float64) * _STEPS_OF_ONE) / _STEPS_OF_ONE
        scores: list[float] = np.maximum(-OUTERMOST, np.minimum(OUTERMOST, rounded)).tolist()
        return scores


class _Layers:
    """The arrays of a net, laid out one after the other, and the room to read one stretch at a time in."""

    def __init__(self, arrays: Mapping[str, Floats]) -> None:
        self._passes = [
            (_lay_out(arrays[f"pass{number}"]), arrays[f"pass{number}_bias"], stride)
            for number, stride in enumerate(STRIDES)
        ]
        # What the heads look for and what each word says, together.
        self._telling = np.concatenate([arrays["heads"], arrays["words"] * np.float32(SHARPNESS)], axis=1)
        self._out = arrays["out"]
        # First of what is said unasked, then of answers.
        self._added = np.zeros_like(arrays["reply"]), arrays["reply"]
        self._biases = arrays["bias"], arrays["bias"] + arrays["reply_bias"]
        width, self._heads = arrays["heads"].shape
        self._stretch = Stretch(STRETCH, width, self._heads, self._telling.shape[1])
        self._words, self._told, self._gathered, self._best, self._sums = map(
            np.asarray,
            (
                self._stretch.words,
                self._stretch.told,
                self._stretch.gathered,
                self._stretch.best,
                self._stretch.sums,
            ),
        )
        self._products = np.asarray(self._stretch.products)[AROUND:-AROUND]

    def read(self, vectors: Floats, first: int, size: int, *, reply: bool) -> Floats:
        """Return how much `size` words from `first` on, at most a stretch of them, speak for each label."""
        rows, stretch = -(-size // _ROWS_AT_ONCE) * _ROWS_AT_ONCE, self._stretch
        words, told = self._words[:rows], self._told[:size]
        stretch.fill(vectors, first, size, self._added[reply], rows)
        for kernel, bias, stride in self._passes:
            _multiply(words, kernel, self._products[:rows])
            stretch.mix(size, bias, stride)
        _multiply(words, self._telling, self._told[:rows])
        stretch.lower(size)
        np.exp(told, out=told)
        np.matmul(told[:, : self._heads].T, words[:size], out=self._gathered[2:])
        stretch.gather(size)
        most = self._best[self._heads :] + np.log(self._sums[self._heads :])
        result: Floats = self._gathered.ravel() @ self._out + most / np.float32(SHARPNESS) + self._biases[reply]
        return result


def _check(arrays: Mapping[str, Floats], labels: int, concepts: int) -> None:
    (_, width), (_, heads) = arrays[_TABLE].shape, arrays["heads"].shape
    # What compiled loops read must be there: they do not look.
    shapes = {
        _TABLE: (ROWS, width),
        "scale": (width,),
        "concepts": (concepts, width),
        "heads": (width, heads),
        "words": (width, labels),
        "out": ((2 + heads) * width, labels),
        "reply": (width,),
        "bias": (labels,),
        "reply_bias": (labels,),
    }
    for number in range(len(STRIDES)):
        shapes |= {f"pass{number}": (NEIGHBOURS * width, width), f"pass{number}_bias": (width,)}
    for name, shape in shapes.items():
        if arrays[name].shape != shape:
            raise ValueError(f"the net does not fit its words and labels: {name} is not of {shape}")
        if not np.isfinite(arrays[name]).all():
            raise ValueError(f"the net is damaged: {name} holds what is no number")
    # The passes are all of one size; what is told of words is less than `out`.
    largest = max(_ROWS_AT_ONCE * arrays["pass0"].size, STRETCH * arrays["heads"].size)
    if largest > _LARGEST_PRODUCT or arrays["out"].size > _LARGEST_OF_A_VECTOR:
        raise ValueError("the net is too wide to be multiplied without threads")


def _multiply(words: Floats, kernel: Floats, product: Floats) -> None:
    blocks = (len(words) // _ROWS_AT_ONCE, _ROWS_AT_ONCE, -1)
    np.matmul(words.reshape(blocks), kernel, out=product.reshape(blocks))


def _lay_out(kernel: Floats) -> Floats:
    """Return a pass, which has a matrix for each place below that for the one before, with these side by side."""
    width = len(kernel.T)
    return np.ascontiguousarray(kernel.reshape(NEIGHBOURS, width, width).transpose(1, 0, 2).reshape(width, -1))


def read_net(path: Path = PACKAGED, meanings: Meanings | None = None) -> Net:
    """Read a net. Fails with `ValueError` on a file that is none."""
    data = path.read_bytes()
    size = data.index(b"\n") + 1
    head = json.loads(data[:size])
    arrays: dict[str, Floats] = {}
    try:
        for name, shape in head["arrays"].items():
            kind = np.dtype(np.int8 if name == _TABLE else "<f2")
            stored = np.frombuffer(data, kind, prod(shape), size).reshape(shape)
            arrays[name] = stored if name == _TABLE else stored.astype(np.float32)
            size += prod(shape) * kind.itemsize
        return Net(head["labels"], arrays, meanings or packaged_meanings())
    except KeyError as error:
        raise ValueError(f"{path.name} lacks {error}") from None


def write_net(path: Path, labels: Mapping[str, bool], arrays: Mapping[str, Floats]) -> None:
    """Write what `read_net` reads: the same bytes for the same net. The table of pieces is written in steps."""
    scale = np.abs(arrays[_TABLE]).max(axis=0) / _STEPS + np.float32(1e-9)
    stored = {**arrays, "scale": scale, _TABLE: np.rint(arrays[_TABLE] / scale)}
    head = {"labels": dict(labels), "arrays": {name: stored[name].shape for name in sorted(stored)}}
    parts = [stored[name].astype(np.int8 if name == _TABLE else "<f2").tobytes() for name in sorted(stored)]
    path.write_bytes(json.dumps(head).encode() + b"\n" + b"".join(parts))


@lru_cache(maxsize=1)
def packaged() -> Net:
    """Return the packaged net, read when first asked for."""
    return read_net()
