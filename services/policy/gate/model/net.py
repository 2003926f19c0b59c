"""A small net that reads words in their order: what stands near a word changes what it says.

Each word is a vector: of its pieces, and of what it speaks of. Two passes mix it with its neighbours; what is said
on the whole, what is said most, and what some heads look for make a number for each label. It is plain arithmetic
over a packaged file: the same message gives the same numbers in every process of a machine.
"""

import json
from collections.abc import Iterable, Mapping
from functools import lru_cache
from math import prod
from pathlib import Path
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from services.policy.gate.model.lookup import Embedder
from services.policy.gate.model.meanings import Meanings
from services.policy.gate.model.meanings import packaged as packaged_meanings
from services.policy.gate.model.neighbours import mix
from services.policy.gate.model.pieces import ROWS
from services.policy.gate.model.pooling import pool

Floats: TypeAlias = NDArray[np.float32]

PACKAGED = Path(__file__).with_name("net.bin")
NEIGHBOURS, STRIDES = 5, (1, 2)
"""How many words each pass takes together, and how far apart they stand."""
PASS_REACH = max(STRIDES) * (NEIGHBOURS // 2)
"""How many words away the furthest neighbour stands that a pass takes in."""
SHARPNESS = 3.0
"""How little what is said less counts beside what is said most."""
STRETCH = 400
"""How many words are read at once."""
OUTERMOST = 8.0

_STEPS = 127
_TABLE = "pieces"
# OpenBLAS starts threads for larger products, where the service has its own idea of who works when.
_LARGEST_PRODUCT, _LARGEST_OF_A_VECTOR = 1 << 18, 1 << 13
_ROWS_AT_ONCE = 16


class Net:
    """Reads sentences for all of its labels at once."""

    def __init__(self, labels: Mapping[str, bool], arrays: Mapping[str, Floats], meanings: Meanings) -> None:
        """Take over labels, each with whether it speaks of a message as a whole, and arrays as training makes them.

        Fails with `ValueError` where labels, arrays and meanings do not fit each other.
        """
        self.labels = labels
        self._whole = np.array(list(labels.values()))
        self._arrays = arrays
        (_, width), (_, heads), told = arrays[_TABLE].shape, arrays["heads"].shape, len(labels)
        # What compiled loops read must be there: they do not look.
        shapes = {
            _TABLE: (ROWS, width),
            "scale": (width,),
            "concepts": (len(meanings.names), width),
            "heads": (width, heads),
            "words": (width, told),
            "out": ((2 + heads) * width, told),
            "reply": (width,),
            "bias": (told,),
            "reply_bias": (told,),
        }
        for number in range(len(STRIDES)):
            shapes |= {f"pass{number}": (NEIGHBOURS * width, width), f"pass{number}_bias": (width,)}
        for name, shape in shapes.items():
            if arrays[name].shape != shape:
                raise ValueError(f"the net does not fit its words and labels: {name} is not of {shape}")
            if not np.isfinite(arrays[name]).all():
                raise ValueError(f"the net is damaged: {name} holds what is no number")
        self._telling = np.concatenate([arrays["heads"], arrays["words"] * np.float32(SHARPNESS)], axis=1)
        # The passes are all of one size; what is told of words is less than `out`.
        if _ROWS_AT_ONCE * arrays["pass0"].size > _LARGEST_PRODUCT or arrays["out"].size > _LARGEST_OF_A_VECTOR:
            raise ValueError("the net is too wide to be multiplied without threads")
        table = arrays[_TABLE].astype(np.int8, copy=False)
        self._embedder = Embedder(meanings, table, arrays["scale"], arrays["concepts"])
        self._passes = [
            (_lay_out(arrays[f"pass{number}"]), arrays[f"pass{number}_bias"], stride)
            for number, stride in enumerate(STRIDES)
        ]
        # First of what is said unasked, then of answers.
        self._biases = arrays["bias"], arrays["bias"] + arrays["reply_bias"]

    def scores(self, sentences: Iterable[str], *, reply: bool) -> list[float]:
        """Return how much folded sentences speak for each label, between -8 and 8, in the order of the labels.

        Of stretches of long text the most telling counts; what a message says as a whole, all of them have to say.
        """
        vectors = self._embedder.embed(list(dict.fromkeys(sentences)) or [""])
        last = max(0, len(vectors) - STRETCH)
        # The last stretch overlaps the one before: a few words by themselves were never learned from.
        starts = dict.fromkeys(min(at, last) for at in range(0, len(vectors), STRETCH))
        stretches = [self._stretch(vectors[at : at + STRETCH], reply=reply) for at in starts]
        found = stretches[0]
        if len(stretches) > 1:
            found = np.where(self._whole, np.min(stretches, axis=0), np.max(stretches, axis=0))
        return [max(-OUTERMOST, min(OUTERMOST, round(one, 3))) for one in found.tolist()]

    def _stretch(self, said: Floats, *, reply: bool) -> Floats:
        arrays = self._arrays
        if reply:
            said = said + arrays["reply"]
        for kernel, bias, stride in self._passes:
            said = mix(said, _multiply(said, kernel), bias, stride)
        # What the heads look for and what each word says, together.
        pooled, most = pool(said, _multiply(said, self._telling), len(arrays["heads"].T))
        result: Floats = pooled @ arrays["out"] + most / np.float32(SHARPNESS) + self._biases[reply]
        return result


def _lay_out(kernel: Floats) -> Floats:
    """Return a pass, which has a matrix for each place below that for the one before, with these side by side."""
    width = len(kernel.T)
    return np.ascontiguousarray(kernel.reshape(NEIGHBOURS, width, width).transpose(1, 0, 2).reshape(width, -1))


def _multiply(said: Floats, kernel: Floats) -> Floats:
    size, width = said.shape
    padded = np.zeros((-(-size // _ROWS_AT_ONCE), _ROWS_AT_ONCE, width), np.float32)
    padded.reshape(-1, width)[:size] = said
    product: Floats = (padded @ kernel).reshape(-1, len(kernel.T))[:size]
    return product


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
