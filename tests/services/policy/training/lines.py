"""Messages as the net reads them: rows of words, and what the words are made of."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_matrix

from services.policy.gate.model.concepts import packaged
from services.policy.gate.model.net import STRETCH
from services.policy.gate.model.pieces import AROUND, END, ROWS, meanings_of, pieces_of, words
from tests.services.policy.training.features import Matrix, Numbers, Text


@dataclass(frozen=True, slots=True)
class Batch:
    """Some messages, one after the other, with silence between them.

    `pieces`, `meanings`: which rows of the net's tables each different word is made of; `places`: which of these words
    stands at each place; `rows`: where that is, silence counted; `starts`: where each message begins, silence not
    counted; `owner`: whose each place is; `size`: how many rows there are.
    """

    pieces: Matrix
    meanings: Matrix
    places: Numbers
    rows: Numbers
    starts: Numbers
    owner: Numbers
    size: int


class Lines:
    """All messages of a lesson."""

    def __init__(self, texts: Sequence[Text]) -> None:
        """Read messages, each up to the length that is read at once."""
        numbers: dict[str, int] = {}
        self._lines = []
        for text in texts:
            read = words((*text.subject, *text.body), packaged())[:STRETCH] or [END]
            self._lines.append(np.array([numbers.setdefault(word, len(numbers)) for word in read], np.int32))
        self.sizes = np.array([len(line) for line in self._lines])
        names = {name: at for at, name in enumerate(packaged().names)}
        self._pieces = _rows([pieces_of(word) for word in numbers], ROWS)
        meanings = [[names[one] for one in meanings_of(word, packaged())] for word in numbers]
        self._meanings = _rows(meanings, len(names))

    def batch(self, chosen: Numbers) -> Batch:
        """Return the chosen messages, ready to be read."""
        sizes = self.sizes[chosen]
        tokens = np.concatenate([self._lines[one] for one in chosen])
        used, places = np.unique(tokens, return_inverse=True)
        starts = np.cumsum(sizes) - sizes
        owner = np.repeat(np.arange(len(chosen)), sizes)
        return Batch(
            self._pieces[used],
            self._meanings[used],
            places.ravel(),
            np.arange(len(tokens)) + AROUND * (owner + 1),
            starts,
            owner,
            len(tokens) + AROUND * (len(chosen) + 1),
        )

    def batches(self, chosen: Numbers, size: int) -> list[Numbers]:
        """Return the numbers of the chosen messages in batches of a `size`, those of about the same length together."""
        order = chosen[np.argsort(self.sizes[chosen], kind="stable")]
        return [order[at : at + size] for at in range(0, len(order), size)]


def _rows(lists: Sequence[Sequence[int]], width: int) -> Matrix:
    places = np.cumsum([0, *map(len, lists)])
    columns = np.array([one for row in lists for one in row], np.int32)
    return csr_matrix((np.ones(len(columns), np.float32), columns, places), shape=(len(lists), width))
