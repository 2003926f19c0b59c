"""Long messages put together from short ones, so that the model learns to find one sentence among many."""

import random
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from tests.services.policy.training.features import Text

_SHARE_BREAKING, _SHARE_CLEAN, _SHARE_TWO, _SHARE_WHOLE = 0.6, 0.4, 0.25, 0.6
_CHOICES = 8
_MOST_SENTENCES = 5


@dataclass(frozen=True, slots=True)
class Part:
    """A message that may be mixed; only those of one `group` are, so that folds stay apart.

    `whole`: the rules that it breaks, if all of them speak of a message as a whole.
    """

    number: int
    text: Text
    clean: bool
    group: tuple[object, ...]
    whole: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Mixture:
    """The sentences of one message within those of another."""

    inner: int
    outer: int
    text: Text


def mix(parts: Sequence[Part], seed: int) -> Iterator[Mixture]:
    """Yield mixtures of some parts with clean ones: what breaks a rule within a clean message still does."""
    chance = random.Random(seed)  # the same mixtures every time
    for group in _groups(parts):
        clean = [part for part in group if part.clean]
        for part in group:
            share = _SHARE_CLEAN if part.clean else _SHARE_BREAKING
            if clean and chance.random() < share and len(part.text.body) < _MOST_SENTENCES:
                other = chance.choice(clean)
                yield _within(part, other, chance.randrange(len(other.text.body) + 1))


def mix_two(parts: Sequence[Part], seed: int) -> Iterator[Mixture]:
    """Yield mixtures of what breaks rules with what breaks others: together they break all of these."""
    chance = random.Random(seed)
    for group in _groups(parts):
        breaking = [part for part in group if not part.clean and len(part.text.body) < _MOST_SENTENCES]
        for part in breaking:
            if chance.random() < _SHARE_TWO:
                other = chance.choice(breaking)
                yield _within(part, other, chance.choice((0, len(other.text.body))))


def mix_whole(parts: Sequence[Part], seed: int) -> Iterator[Mixture]:
    """Yield mixtures of what messages say as a whole.

    With clean ones it is no more all that they say; with another that breaks the same rule it still is.
    """
    chance = random.Random(seed)
    for group in _groups(parts):
        clean = [part for part in group if part.clean]
        whole = [part for part in group if part.whole]
        for part in whole:
            like = [one for one in chance.sample(whole, min(_CHOICES, len(whole))) if one.whole & part.whole]
            for others in (like, clean):
                if others and chance.random() < _SHARE_WHOLE:
                    other = chance.choice(others)
                    last = len(other.text.body)
                    yield _within(part, other, chance.choice((last, chance.randrange(last + 1))))


def _groups(parts: Sequence[Part]) -> Iterable[list[Part]]:
    groups: dict[tuple[object, ...], list[Part]] = {}
    for part in parts:
        groups.setdefault(part.group, []).append(part)
    return groups.values()


def _within(part: Part, other: Part, at: int) -> Mixture:
    body = other.text.body
    text = Text((), (*body[:at], *part.text.body, *body[at:]), part.text.reply)
    return Mixture(part.number, other.number, text)
