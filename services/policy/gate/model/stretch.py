# cython: annotation_typing=False, boundscheck=False, wraparound=False, initializedcheck=False, cdivision=True
"""The words of one stretch of text, mixed with their neighbours and taken together; compiled where that can be done.

Matrices are not multiplied here, but between the steps, in the arrays of the stretch.
"""

import numpy as np
from numpy.typing import NDArray

from services.policy.gate.model.pieces import AROUND, NEIGHBOURS


class Stretch:
    """Room for the words of one stretch after the other: what was made of one is gone with the next.

    `words` has a row for each word. In a row of `products` is what its word says at each place around another, from
    the first before it to the last after it, each as wide as a word; before the first word, and after the last, there
    are rows of nothing for as many as may stand there. In a row of `told` is what each head makes of the word, then
    what the word says by itself; `best` and `sums` are of its columns. `gathered` is what all words come to.
    """

    def __init__(self, most: int, width: int, heads: int, columns: int) -> None:
        """Make room for `most` words of `width` numbers."""
        self.words, self.told = np.zeros((most, width), np.float32), np.zeros((most, columns), np.float32)
        self.products = np.zeros((AROUND + most + AROUND, NEIGHBOURS * width), np.float32)
        self.best, self.sums = np.zeros(columns, np.float32), np.zeros(columns, np.float32)
        self.gathered = np.zeros((2 + heads, width), np.float32)

    def fill(self, vectors: NDArray[np.float32], first: int, size: int, added: NDArray[np.float32], rows: int) -> None:
        """Take `size` of the vectors, from `first` on, with `added` added to each, and nothing up to `rows`."""
        _fill(self.words, vectors, first, size, added)
        _empty(self.words, size, rows)
        _empty(self.products, AROUND + size, AROUND + rows + AROUND)

    def mix(self, size: int, bias: NDArray[np.float32], stride: int) -> None:
        """Add to each of `size` words what is positive of `bias` and of what is said around it, `stride` apart."""
        _mix(self.words, self.products, size, bias, stride)

    def lower(self, size: int) -> None:
        """Take from what is told of `size` words what is `best` in each column, so that its powers can be written."""
        _lower(self.told, size, self.best)

    def gather(self, size: int) -> None:
        """Gather what `size` words come to, when the powers stand for what is told of them; add those up.

        First stands the words' sum over the root of their number, then what is highest in each column. Then stands
        already what each head looks for, the sum by the powers of its column, of which this makes the mean.
        """
        _take_together(self.words, size, size**0.5, self.gathered)
        _divide(self.told, size, self.sums, self.gathered)


def _fill(
    words: NDArray[np.float32], vectors: NDArray[np.float32], first: int, size: int, added: NDArray[np.float32]
) -> None:
    width = len(added)
    for at in range(size):
        for column in range(width):
            words[at, column] = vectors[first + at, column] + added[column]


def _empty(rows: NDArray[np.float32], first: int, end: int) -> None:
    width = rows.shape[1]
    for at in range(first, end):
        for column in range(width):
            rows[at, column] = 0


def _mix(
    words: NDArray[np.float32],
    products: NDArray[np.float32],
    size: int,
    bias: NDArray[np.float32],
    stride: int,
) -> None:
    width = len(bias)
    for at in range(size):
        row = AROUND + at
        for column in range(width):
            # Written out, so that all of it is added in one go.
            said = (
                bias[column]
                + products[row - 2 * stride, column]
                + products[row - stride, width + column]
                + products[row, 2 * width + column]
                + products[row + stride, 3 * width + column]
                + products[row + 2 * stride, 4 * width + column]
            )
            words[at, column] += max(0, said)


def _lower(told: NDArray[np.float32], size: int, best: NDArray[np.float32]) -> None:
    width = len(best)
    for column in range(width):
        best[column] = told[0, column]
    for at in range(1, size):
        for column in range(width):
            best[column] = max(best[column], told[at, column])
    for at in range(size):
        for column in range(width):
            told[at, column] -= best[column]


def _take_together(words: NDArray[np.float32], size: int, root: float, gathered: NDArray[np.float32]) -> None:
    width = words.shape[1]
    for column in range(width):
        gathered[0, column], gathered[1, column] = 0, words[0, column]
    for at in range(size):
        for column in range(width):
            gathered[0, column] += words[at, column]
        for column in range(width):
            gathered[1, column] = max(gathered[1, column], words[at, column])
    for column in range(width):
        gathered[0, column] /= root


def _divide(powers: NDArray[np.float32], size: int, sums: NDArray[np.float32], gathered: NDArray[np.float32]) -> None:
    for column in range(len(sums)):
        sums[column] = 0
    for at in range(size):
        for column in range(len(sums)):
            sums[column] += powers[at, column]
    for row in range(2, len(gathered)):
        for column in range(gathered.shape[1]):
            gathered[row, column] /= sums[row - 2]
