# cython: annotation_typing=False, boundscheck=False, wraparound=False, initializedcheck=False, cdivision=True
"""How the net makes a few numbers of the vectors of many words; compiled where that can be done."""

import numpy as np
from numpy.typing import NDArray


def pool(
    said: NDArray[np.float32], told: NDArray[np.float32], heads: int
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return what the rows of `said` come to, and the logarithm of the sums of what each of `told` is the power of.

    First of all stands their sum over the root of their number, then what is highest in each column, then what each
    of the `heads` looks for: the mean by the powers of its column, which are the first ones of `told`. The logarithms
    are of the other columns. `told` is overwritten.
    """
    best, width = told[0].copy(), said.shape[1]
    _lower(told, best)
    powers = np.exp(told, out=told)
    sums, means = np.zeros_like(best), np.zeros((heads, width), np.float32)
    _look_for(said, powers, sums, means)
    total, highest = np.zeros(width, np.float32), said[0].copy()
    _take_together(said, len(said) ** 0.5, total, highest)
    return np.concatenate([total, highest, means.ravel()]), best[heads:] + np.log(sums[heads:])


def _lower(told: NDArray[np.float32], best: NDArray[np.float32]) -> None:
    size, width = len(told), len(best)
    for at in range(size):
        for column in range(width):
            best[column] = max(best[column], told[at, column])
    for at in range(size):
        for column in range(width):
            told[at, column] -= best[column]


def _look_for(
    said: NDArray[np.float32], powers: NDArray[np.float32], sums: NDArray[np.float32], means: NDArray[np.float32]
) -> None:
    size, width, count, heads = len(said), said.shape[1], len(sums), len(means)
    for at in range(size):
        for column in range(count):
            sums[column] += powers[at, column]
        for head in range(heads):
            power = powers[at, head]
            for column in range(width):
                means[head, column] += power * said[at, column]
    for head in range(heads):
        for column in range(width):
            means[head, column] /= sums[head]


def _take_together(
    said: NDArray[np.float32], root: float, total: NDArray[np.float32], highest: NDArray[np.float32]
) -> None:
    size, width = len(said), len(total)
    for at in range(size):
        for column in range(width):
            total[column] += said[at, column]
            highest[column] = max(highest[column], said[at, column])
    for column in range(width):
        total[column] /= root
