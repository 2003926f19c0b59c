"""How the messages of a thread hang together. Pure."""

from collections.abc import Mapping
from uuid import UUID

MAX_ANCESTORS = 20


def trace_ancestors(parents: Mapping[UUID, UUID | None], parent_id: UUID | None) -> tuple[UUID, ...]:
    """Return the messages that an answer to `parent_id` goes back to, oldest first, at most the nearest 20.

    `parents` says of each known message what it answers. What is not known ends the walk, and so does a circle.
    """
    found: list[UUID] = []
    current = parent_id
    while current is not None and current in parents and current not in found and len(found) < MAX_ANCESTORS:
        found.append(current)
        current = parents[current]
    return tuple(reversed(found))
