"""A batch of messages on its way through the net, as `services.policy.gate.model.net` reads them, and back."""

from typing import TypeAlias

import numpy as np
from scipy.sparse import csr_matrix

from services.policy.gate.model.net import SHARPNESS
from services.policy.gate.model.pieces import NEIGHBOURS, STRIDES
from tests.services.policy.training.features import Floats, Matrix, Truths
from tests.services.policy.training.lines import Batch

Arrays: TypeAlias = dict[str, Floats]

# What is left out: of a message's words up to twice as many as said here, of pieces, meanings, and numbers after that.
_NO_WORD, _NO_PIECE, _NO_MEANING, _NO_INPUT, _NO_SUM, _NO_LIST = 0.4, 0.3, 0.1, 0.1, 0.2, 0.3


class Luck:
    """Says what is left out while learning; without a `source` nothing is."""

    def __init__(self, source: np.random.Generator | None) -> None:
        self._source = source

    def kept(self, share: float, shape: tuple[int, ...]) -> Floats:
        """Return zeros for about a `share` of the numbers, and a bit more than ones for the others, to make up."""
        if self._source is None:
            return np.float32(1)
        kept = self._source.random(shape, dtype=np.float32) >= share
        return kept.astype(np.float32) / np.float32(1 - share)

    def thinned(self, rows: Matrix, share: float) -> Matrix:
        """Return the rows without about a `share` of what is in them."""
        if self._source is None:
            return rows.copy()
        kept = self._source.random(rows.nnz, dtype=np.float32) >= share
        places = np.r_[0, np.cumsum(kept)][rows.indptr]
        return csr_matrix((rows.data[kept], rows.indices[kept], places), shape=rows.shape)

    def known(self, batch: Batch) -> Floats:
        """Return one for each word that is read, zero for one that is unknown: of each message another share."""
        if self._source is None:
            return np.float32(1)
        unknown = self._source.random(len(batch.starts), dtype=np.float32) * (2 * _NO_WORD)
        luck = self._source.random(len(batch.owner), dtype=np.float32)
        return (luck > unknown[batch.owner])[:, None].astype(np.float32)


class Propagation:
    """Reads a batch with a net, and tells what would have made its scores better."""

    def __init__(self, net: Arrays, batch: Batch, replies: Truths, source: np.random.Generator | None = None) -> None:
        luck = Luck(source)
        self._net, self._batch, self._luck = net, batch, luck
        self._replies = replies.astype(np.float32)[:, None]
        self._sizes = np.diff(np.r_[batch.starts, len(batch.owner)]).astype(np.float32)[:, None]
        self._pieces = luck.thinned(batch.pieces, _NO_PIECE)
        counts = np.diff(self._pieces.indptr)
        self._pieces.data /= np.repeat(np.sqrt(np.maximum(1, counts)), counts).astype(np.float32)
        self._meanings = luck.thinned(batch.meanings, _NO_MEANING)
        self._known = luck.known(batch)
        width, heads = net["heads"].shape
        self._input_kept = luck.kept(_NO_INPUT, (len(batch.owner), width))
        self._sums_kept = luck.kept(_NO_SUM, (len(replies), width * (2 + heads)))
        self._lists_kept = luck.kept(_NO_LIST, (len(replies), len(net["bias"]))) * np.float32(1 - _NO_LIST)

    def scores(self, spoken: Floats) -> Floats:
        """Return the scores of the messages, by labels; `spoken`: what word lists find."""
        net, batch = self._net, self._batch
        words, meant = self._pieces @ net["pieces"], self._meanings @ net["concepts"]
        said = words[batch.places] * self._known + meant[batch.places] + (self._replies * net["reply"])[batch.owner]
        flow = np.zeros((batch.size, said.shape[1]), said.dtype)
        flow[batch.rows] = said * self._input_kept
        silent = np.ones((batch.size, 1), bool)
        silent[batch.rows] = False
        self._near, self._lit = list[Floats](), list[Floats]()
        for number, stride in enumerate(STRIDES):
            near = _shifted(flow, stride)
            mixed = near @ net[f"pass{number}"] + net[f"pass{number}_bias"]
            lit = (mixed > 0) & ~silent
            flow += mixed * lit
            self._near.append(near)
            self._lit.append(lit)
        self._flow = flow[batch.rows]
        self._spoken = spoken * self._lists_kept
        scores = self._gathered() @ net["out"] + self._most_told() + net["bias"] + self._spoken * net["spoken"]
        return scores + self._replies * net["reply_bias"]

    def _gathered(self) -> Floats:
        flow, batch = self._flow, self._batch
        looks = flow @ self._net["heads"]
        shares = np.exp(looks - np.maximum.reduceat(looks, batch.starts)[batch.owner])
        self._shares = shares / np.add.reduceat(shares, batch.starts)[batch.owner]
        each = (self._shares[:, :, None] * flow[:, None, :]).reshape(len(flow), -1)
        self._looked_for = np.add.reduceat(each, batch.starts)
        on_the_whole = np.add.reduceat(flow, batch.starts) / np.sqrt(self._sizes)
        self._most = np.maximum.reduceat(flow, batch.starts)
        self._sums = np.concatenate([on_the_whole, self._most, self._looked_for], axis=1) * self._sums_kept
        return self._sums

    def _most_told(self) -> Floats:
        batch = self._batch
        each = self._flow @ self._net["words"] * np.float32(SHARPNESS)
        best = np.maximum.reduceat(each, batch.starts)
        parts = np.exp(each - best[batch.owner])
        total = np.add.reduceat(parts, batch.starts)
        self._parts = parts / total[batch.owner]
        return (best + np.log(total)) / np.float32(SHARPNESS)

    def back(self, error: Floats) -> Arrays:
        """Return the slopes of what made the scores, given that of each score."""
        net, batch, flow = self._net, self._batch, self._flow
        width, heads = net["heads"].shape
        slopes: Arrays = {
            "out": self._sums.T @ error,
            "bias": error.sum(0),
            "spoken": (error * self._spoken).sum(0),
            "reply_bias": (error * self._replies).sum(0),
        }
        of_sums = (error @ net["out"].T) * self._sums_kept
        back = (of_sums[:, :width] / np.sqrt(self._sizes))[batch.owner]
        back += of_sums[:, width : 2 * width][batch.owner] * (flow == self._most[batch.owner])
        of_words = error[batch.owner] * self._parts
        slopes["words"] = flow.T @ of_words
        back += of_words @ net["words"].T
        of_looked = of_sums[:, 2 * width :].reshape(-1, heads, width)
        at_words = of_looked[batch.owner]
        mean = np.einsum("bhd,bhd->bh", of_looked, self._looked_for.reshape(-1, heads, width))
        of_looks = self._shares * (np.einsum("nhd,nd->nh", at_words, flow) - mean[batch.owner])
        slopes["heads"] = flow.T @ of_looks
        back += np.einsum("nhd,nh->nd", at_words, self._shares) + of_looks @ net["heads"].T
        return self._through(back, slopes)

    def _through(self, back: Floats, slopes: Arrays) -> Arrays:
        net, batch = self._net, self._batch
        flow = np.zeros((batch.size, back.shape[1]), back.dtype)
        flow[batch.rows] = back
        for number, stride in reversed(list(enumerate(STRIDES))):
            lit = flow * self._lit[number]
            slopes[f"pass{number}"] = self._near[number].T @ lit
            slopes[f"pass{number}_bias"] = lit.sum(0)
            flow += _unshifted(lit @ net[f"pass{number}"].T, stride)
            back = flow[batch.rows]
            flow[:] = 0
            flow[batch.rows] = back
        back = back * self._input_kept
        slopes["reply"] = (np.add.reduceat(back, batch.starts) * self._replies).sum(0)
        shape = (len(back), self._pieces.shape[0])
        values = np.ones(len(back), np.float32)
        stood = csr_matrix((values, batch.places, np.arange(len(back) + 1)), shape=shape).T.tocsr()
        slopes["pieces"] = self._pieces.T.tocsr() @ (stood @ (back * self._known))
        slopes["concepts"] = self._meanings.T.tocsr() @ (stood @ back)
        return slopes


def _shifts(stride: int, size: int) -> list[tuple[slice, slice]]:
    """Return, of each neighbour, the rows that have one, and the rows that these neighbours are."""
    shifts = [(at - NEIGHBOURS // 2) * stride for at in range(NEIGHBOURS)]
    return [(slice(max(0, -one), size - max(0, one)), slice(max(0, one), size - max(0, -one))) for one in shifts]


def _shifted(flow: Floats, stride: int) -> Floats:
    near = np.zeros((len(flow), NEIGHBOURS, flow.shape[1]), flow.dtype)
    for at, (rows, neighbours) in enumerate(_shifts(stride, len(flow))):
        near[rows, at] = flow[neighbours]
    return near.reshape(len(flow), -1)


def _unshifted(near: Floats, stride: int) -> Floats:
    near = near.reshape(len(near), NEIGHBOURS, -1)
    flow = np.zeros((len(near), near.shape[2]), near.dtype)
    for at, (rows, neighbours) in enumerate(_shifts(stride, len(near))):
        flow[neighbours] += near[rows, at]
    return flow
