"""Long messages put together from short ones, so that the model learns to find one sentence among many."""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from tests.services.policy.training.features import Text

_SHARE_BREAKING, _SHARE_CLEAN = 0.6, 0.4
_MOST_SENTENCES = 5


@dataclass(frozen=True, slots=True)
class Part:
    """A message that may be mixed; only those of one `group` are, so that folds stay apart."""

    number: int
    text: Text
    clean: bool
    group: tuple[object, ...]


@dataclass(frozen=True, slots=True)
class Mixture:
    """The sentences of one message within those of a clean one; what breaks a rule in the first still does."""

    inner: int
    outer: int
    text: Text


def mix(parts: Sequence[Part], seed: int) -> Iterator[Mixture]:
    """Yield mixtures of the parts: of some of those that break a rule, and of some clean ones, with clean ones."""
    chance = random.Random(seed)  # the same mixtures every time
    groups: dict[tuple[object, ...], list[Part]] = {}
    for part in parts:
        groups.setdefault(part.group, []).append(part)
    for group in groups.values():
        clean = [part for part in group if part.clean]
        for part in group:
            share = _SHARE_CLEAN if part.clean else _SHARE_BREAKING
            if clean and chance.random() < share and len(part.text.body) < _MOST_SENTENCES:
                other = chance.choice(clean)
                body = other.text.body
                at = chance.randrange(len(body) + 1)
                yield Mixture(
                    part.number, other.number, Text((), (*body[:at], *part.text.body, *body[at:]), part.text.reply)
                )
