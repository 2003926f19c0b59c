# cython: annotation_typing=False, boundscheck=False, wraparound=False, initializedcheck=False, cdivision=True
"""What the sums of sentences say together, and by stretches of a few; compiled where that can be done."""

import numpy as np
from numpy.typing import NDArray

from services.policy.gate.model.line import SOFTNESS, WINDOW


def weigh(
    sums: NDArray[np.int32], first: int, scales: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Return what sentences say for each label: all together, by their windows, and each window by itself.

    `sums`: a row for each sentence, with a number for each of `scales`, then how many features were summed; of the
    root of those all that is returned is freed. Windows are of the sentences from `first` on, and of several the best
    one counts, and more if others are as good.
    """
    size, labels = max(1, len(sums) - first - WINDOW + 1), len(scales)
    message, best, parts = np.empty(labels), np.empty(labels), np.empty((size, labels))
    powers = np.empty((size, labels))
    _weigh(sums, first, scales, message, parts)
    _lower(parts, best, powers)
    return message, best + SOFTNESS * np.log(np.add.reduce(np.exp(powers, out=powers))), parts


def _weigh(
    sums: NDArray[np.int32],
    first: int,
    scales: NDArray[np.float64],
    message: NDArray[np.float64],
    parts: NDArray[np.float64],
) -> None:
    size = len(sums)
    _free(sums, 0, size, scales, message)
    for at in range(len(parts)):
        _free(sums, first + at, min(first + at + WINDOW, size), scales, parts[at])


def _free(
    sums: NDArray[np.int32], first: int, end: int, scales: NDArray[np.float64], freed: NDArray[np.float64]
) -> None:
    labels, features = len(scales), 0
    for column in range(labels):
        freed[column] = 0
    for row in range(first, end):
        for column in range(labels):
            freed[column] += sums[row, column]
        features += sums[row, labels]
    root = max(1, features) ** 0.5
    for column in range(labels):
        freed[column] = freed[column] * scales[column] / root


def _lower(parts: NDArray[np.float64], best: NDArray[np.float64], powers: NDArray[np.float64]) -> None:
    size, labels = len(parts), len(best)
    for column in range(labels):
        best[column] = parts[0, column]
    for at in range(1, size):
        for column in range(labels):
            best[column] = max(best[column], parts[at, column])
    for at in range(size):
        for column in range(labels):
            powers[at, column] = (parts[at, column] - best[column]) / SOFTNESS
