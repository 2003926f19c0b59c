"""Least squares with a penalty, in its dual form: exact answers for held-back folds without fitting anew."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from scipy.sparse import csr_matrix

# Types are checked without the dependency group `training`, so these say what an array holds, and no more.
Floats: TypeAlias = Any
Numbers: TypeAlias = Any
Truths: TypeAlias = Any


@dataclass(frozen=True)
class Ridge:
    """A fit of targets (examples by labels) on rows of features."""

    rows: csr_matrix
    inverse: Floats
    duals: Floats

    @classmethod
    def fit(cls, rows: csr_matrix, targets: Floats, importance: Floats, penalty: float) -> "Ridge":
        """Fit, with each example's `importance`; a constant feature stands beside the rows."""
        kernel: Floats = (rows @ rows.T).toarray().astype(np.float32) + np.float32(1)
        kernel[np.diag_indices_from(kernel)] += penalty / importance
        inverse: Floats = np.linalg.inv(kernel)
        return cls(rows, inverse, inverse @ targets)

    def weights(self) -> tuple[Floats, Floats]:
        """Return the weights of features by labels, and the labels' constants."""
        return np.asarray(self.rows.T @ self.duals), self.duals.sum(axis=0)

    def without(self, folds: Numbers) -> Iterator[tuple[Numbers, Floats, Floats]]:
        """Yield for each fold the numbers of its examples, and the weights and constants learned without them."""
        for fold in np.unique(folds):
            held = np.flatnonzero(folds == fold)
            moved = np.linalg.solve(self.inverse[np.ix_(held, held)], self.duals[held])
            duals = self.duals - self.inverse[:, held] @ moved
            yield held, np.asarray(self.rows.T @ duals), duals.sum(axis=0)
