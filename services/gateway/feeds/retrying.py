"""When a feed that failed is tried again, and when it is given up. Pure."""

from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from uuid import UUID

MOST_TRIES = 20
_FIRST_WAIT = 1.0
_LONGEST_WAIT = 300.0
_FORGOTTEN_AFTER = 3600.0


@dataclass(slots=True)
class Failures:
    """The feeds that failed in this process: how often, and when each may be tried again, in seconds of one clock.

    Waits double from a second to five minutes, so that twenty tries take about an hour: a store that is away for some
    minutes costs nobody a file.
    """

    _found: dict[UUID, tuple[int, float]] = field(default_factory=dict)

    def note(self, feed_id: UUID, now: float) -> None:
        """Note that a feed failed once more."""
        tries = self._found.get(feed_id, (0, 0.0))[0] + 1
        self._found[feed_id] = tries, now + min(_FIRST_WAIT * 2 ** (tries - 1), _LONGEST_WAIT)

    def forget(self, feed_id: UUID) -> None:
        """Forget a feed that did not fail."""
        self._found.pop(feed_id, None)

    def are_enough(self, feed_id: UUID) -> bool:
        """Whether a feed is not to be tried any more."""
        return self._found.get(feed_id, (0, 0.0))[0] >= MOST_TRIES

    def list_resting(self, now: float) -> AbstractSet[UUID]:
        """Return the feeds that are not to be tried yet; those long due, which others must have done, are forgotten."""
        self._found = {key: found for key, found in self._found.items() if now - found[1] < _FORGOTTEN_AFTER}
        return {feed_id for feed_id, (_, again_at) in self._found.items() if again_at > now}
