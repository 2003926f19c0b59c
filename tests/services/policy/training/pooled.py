"""A logistic fit in which a message counts as a whole and by its windows, of which the most telling counts most."""

from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize

from services.policy.gate.model.line import SOFTNESS
from tests.services.policy.training.features import Features, Floats, Truths

PENALTY = 1e-3
ROUNDS = 60
_FREEDOM = 10.0
"""How much freer the many weights are than the few others: makes the search short."""
_SLOPE_PENALTY = 1e-3


@dataclass(frozen=True)
class Fit:
    """Weights of buckets by labels."""

    weights: Floats

    def sums(self, features: Features) -> tuple[Floats, Floats]:
        """Return what messages and their windows come to, by labels."""
        sentences = features.sentences @ self.weights
        return np.asarray(features.messages @ sentences), pool(np.asarray(features.windows @ sentences), features)[0]


def pool(windows: Floats, features: Features) -> tuple[Floats, Floats]:
    """Return the soft best of each message's windows, and the share that each window has in it."""
    starts = np.flatnonzero(np.r_[True, features.owner[1:] != features.owner[:-1]])
    best = np.maximum.reduceat(windows, starts)
    parts = np.exp(np.maximum(-30, (windows - best[features.owner]) / SOFTNESS))
    total = np.add.reduceat(parts, starts)
    return best + SOFTNESS * np.log(total), parts / total[features.owner]


def fit(features: Features, beside: Floats, truths: Truths, importance: Floats) -> Fit:
    """Fit `truths` (messages by labels), with the `importance` of each.

    `beside` holds what stands beside the sums: for each label and message some numbers (numbers by messages by labels).
    """
    search = _Search(features, beside, truths.astype(np.float32), importance.astype(np.float32))
    found = minimize(search.loss, search.start(), jac=True, method="L-BFGS-B", options={"maxiter": ROUNDS, "maxcor": 6})
    return Fit((search.parts(found.x.astype(np.float32))[0] * _FREEDOM).astype(np.float32))


class _Search:
    def __init__(self, features: Features, beside: Floats, truths: Floats, importance: Floats) -> None:
        self._features, self._truths, self._importance = features, truths, importance
        self._beside = np.concatenate([beside, np.ones((1, *truths.shape))]).astype(np.float32)
        self._shape = (features.sentences.shape[1], truths.shape[1])
        self._back = [one.T.tocsr() for one in (features.sentences, features.messages, features.windows)]
        self._total = importance.sum() / truths.shape[1]

    def start(self) -> Floats:
        slopes = np.zeros((len(self._beside) + 2, self._shape[1]))
        slopes[:2] = 1.0
        slopes[-1] = -2.0
        return np.concatenate([np.zeros(self._shape[0] * self._shape[1]), slopes.ravel()])

    def parts(self, values: Floats) -> tuple[Floats, Floats]:
        """Return the weights, and the slopes of messages, windows and what stands beside, by labels."""
        size = self._shape[0] * self._shape[1]
        return values[:size].reshape(self._shape), values[size:].reshape(-1, self._shape[1])

    def loss(self, values: Floats) -> tuple[float, Floats]:
        """Return the loss and its gradient."""
        weights, slopes = self.parts(values.astype(np.float32))
        features = self._features
        sentences = features.sentences @ (weights * _FREEDOM)
        whole = features.messages @ sentences
        window, share = pool(features.windows @ sentences, features)
        scores = slopes[0] * whole + slopes[1] * window + (slopes[2:, None] * self._beside).sum(0)
        likely = 1 / (1 + np.exp(-np.clip(scores, -30, 30)))
        right = np.where(self._truths > 0, likely, 1 - likely)
        loss = -(self._importance * np.log(right + 1e-9)).sum() / self._total
        error = self._importance * (likely - self._truths) / self._total
        back = self._back[1] @ (error * slopes[0]) + self._back[2] @ ((error * slopes[1])[features.owner] * share)
        of_weights = _FREEDOM * (self._back[0] @ back) + PENALTY * weights
        pull = slopes.copy()
        pull[:2] -= 1
        pull[-1] = 0
        of_slopes = np.vstack([(error * whole).sum(0), (error * window).sum(0), (error * self._beside).sum(1)])
        loss += 0.5 * PENALTY * float((weights**2).sum()) + 0.5 * _SLOPE_PENALTY * float((pull**2).sum())
        gradient = np.concatenate([of_weights.ravel(), (of_slopes + _SLOPE_PENALTY * pull).ravel()])
        return float(loss), gradient.astype(np.float64)
