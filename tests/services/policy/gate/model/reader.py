"""A net that reads sentences, for tests of what it makes of them."""

from collections.abc import Sequence
from functools import cache

import numpy as np

from services.policy.gate.model.lookup import Lookup
from services.policy.gate.model.meanings import Meanings
from services.policy.gate.model.meanings import packaged as packaged_meanings
from services.policy.gate.model.net import Net
from services.policy.gate.model.net import packaged as packaged_net
from services.policy.gate.model.pieces import BUCKETS, ZERO


class Reader:
    """A net, and what its words are looked up in."""

    def __init__(self, net: Net, meanings: Meanings) -> None:
        """Take over a net; weights, which it needs none of, say nothing."""
        nothing = np.full((BUCKETS, 1), ZERO, np.uint8)
        self._net, self._lookup = net, Lookup(meanings, nothing, net.pieces, net.scale, net.concepts)

    def scores(self, sentences: Sequence[str], *, reply: bool) -> list[float]:
        """Return what the net makes of folded sentences."""
        _, vectors = self._lookup.read(sentences, reply=reply, for_net=True)
        return self._net.scores(vectors, reply=reply)


@cache
def packaged() -> Reader:
    """Return one of the packaged net."""
    return Reader(packaged_net(), packaged_meanings())
