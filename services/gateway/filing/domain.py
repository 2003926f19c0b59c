"""Folders as a tree, and what may be done to it. Pure."""

from collections.abc import Mapping
from enum import StrEnum
from uuid import UUID

MOST_FOLDERS = 200
DEEPEST = 5
MOST_LABELS = 20


class Priority(StrEnum):
    """How much a thread matters to its seller."""

    LOW = "low"
    NORMAL = "normal"
    HIGH = "high"


class Archived(StrEnum):
    """Whether a listing holds archived threads."""

    LEFT_OUT = "false"
    ONLY = "true"
    TOO = "any"


def measure_depth(parents: Mapping[UUID, UUID | None], folder_id: UUID | None) -> int:
    """Return how many folders lead to a folder, itself included; 0 for the top. `parents` has each folder's parent."""
    depth = 0
    while folder_id is not None and depth <= len(parents):
        depth += 1
        folder_id = parents.get(folder_id)
    return depth


def measure_height(parents: Mapping[UUID, UUID | None], folder_id: UUID) -> int:
    """Return how many folders deep a folder goes down, itself included."""
    return 1 + max(
        (measure_height(parents, child) for child, parent in parents.items() if parent == folder_id), default=0
    )


def lies_within(parents: Mapping[UUID, UUID | None], folder_id: UUID | None, outer: UUID) -> bool:
    """Whether a folder is `outer` or lies somewhere in it."""
    steps = 0
    while folder_id is not None and steps <= len(parents):
        if folder_id == outer:
            return True
        folder_id, steps = parents.get(folder_id), steps + 1
    return False
