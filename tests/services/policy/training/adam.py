"""Adam: steps down a slope, each number's own pace by how its slope has been of late."""

from math import cos, pi, sqrt
from typing import TypeAlias

import numpy as np

from tests.services.policy.training.features import Floats

Arrays: TypeAlias = dict[str, Floats]

_RATE, _DECAY, _WARMUP = 3e-3, 0.02, 100
_MOMENTUM, _FORGETTING, _TINY = 0.9, 0.999, 1e-8
_LONGEST_SLOPE = 1.0


class Adam:
    """Changes `arrays` in place, in about `steps` steps: faster at first, then ever more slowly."""

    def __init__(self, arrays: Arrays, steps: float) -> None:
        self._arrays, self._steps, self._number = arrays, steps, 0
        self._means = {name: np.zeros_like(one) for name, one in arrays.items()}
        self._squares = {name: np.zeros_like(one) for name, one in arrays.items()}

    def step(self, slopes: Arrays) -> None:
        """Go one step against the slopes, which are used up."""
        self._number += 1
        length = sqrt(sum(float(np.vdot(one, one)) for one in slopes.values()))
        shrink, rate = min(1.0, _LONGEST_SLOPE / (length + _TINY)), self._rate()
        for name, slope in slopes.items():
            slope *= np.float32(shrink)  # noqa: PLW2901  # in place, as copies of large tables take most of the time
            array, change = self._arrays[name], self._change(name, slope)
            change *= np.float32(rate)
            array *= np.float32(1 - rate * _DECAY)
            array -= change

    def _change(self, name: str, slope: Floats) -> Floats:
        """Return the mean of the slopes over the size that they have had; in the place of the slope."""
        mean, square = self._means[name], self._squares[name]
        mean *= np.float32(_MOMENTUM)
        mean += slope * np.float32(1 - _MOMENTUM)
        np.multiply(slope, slope, out=slope)
        slope *= np.float32(1 - _FORGETTING)
        square *= np.float32(_FORGETTING)
        square += slope
        np.multiply(square, np.float32(1 / (1 - _FORGETTING**self._number)), out=slope)
        np.sqrt(slope, out=slope)
        slope += np.float32(_TINY)
        np.divide(mean, slope, out=slope)
        slope *= np.float32(1 / (1 - _MOMENTUM**self._number))
        return slope

    def _rate(self) -> float:
        warm = min(_WARMUP, self._steps / 4)
        if self._number < warm:
            return _RATE * self._number / warm
        return _RATE * 0.5 * (1 + cos(pi * min(1.0, (self._number - warm) / (self._steps - warm))))
