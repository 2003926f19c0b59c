# cython: annotation_typing=False, boundscheck=False, wraparound=False, initializedcheck=False
"""How a pass of the net mixes words with their neighbours; compiled where that can be done."""

import numpy as np
from numpy.typing import NDArray


def mix(
    words: NDArray[np.float32], products: NDArray[np.float32], bias: NDArray[np.float32], stride: int
) -> NDArray[np.float32]:
    """Return rows as wide as `bias`: of each of `words` itself, and what is positive of what is said around it.

    A row of `products` has what its word says at each place around another, from the first before it to the last
    after it, each as wide as `bias`, which is added to what is said. Words taken together stand `stride` apart.
    """
    mixed = np.empty_like(words)
    _mix(words, products, bias, stride, len(products.T) // len(bias), mixed)
    return mixed


def _mix(
    words: NDArray[np.float32],
    products: NDArray[np.float32],
    bias: NDArray[np.float32],
    stride: int,
    places: int,
    mixed: NDArray[np.float32],
) -> None:
    size, width = len(words), len(bias)
    for at in range(size):
        for column in range(width):
            mixed[at, column] = bias[column]
        for place in range(places):
            near = at + (place - places // 2) * stride
            if 0 <= near < size:
                _add(products, near, place * width, width, mixed, at)
        for column in range(width):
            mixed[at, column] = words[at, column] + max(0, mixed[at, column])


def _add(products: NDArray[np.float32], near: int, first: int, width: int, mixed: NDArray[np.float32], at: int) -> None:
    for column in range(width):
        mixed[at, column] += products[near, first + column]
