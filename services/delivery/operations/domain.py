"""Which mails operators mean, and what their orders make of one. Pure."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID


class QueueState(StrEnum):
    """Where a queued mail stands."""

    WAITING = "waiting"
    HELD = "held"
    DELIVERED = "delivered"
    BOUNCED = "bounced"


class QueueAction(StrEnum):
    """What an operator does with a queued mail."""

    RETRY = "retry"
    HOLD = "hold"
    RELEASE = "release"


UNSETTLED = (QueueState.WAITING, QueueState.HELD)


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which mails of the queue: in one of these states, to one destination (a keyed hash), queued in a period.

    None filters nothing. `since` belongs to the period, `until` does not.
    """

    states: tuple[QueueState, ...] = UNSETTLED
    destination: str | None = None
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Place:
    """The place of a mail in the listing: by the time of queueing, then by id."""

    queued_at: datetime
    queue_id: UUID

    def write(self) -> str:
        """Write the place as a cursor."""
        return f"{self.queued_at.isoformat()}~{self.queue_id}"

    @staticmethod
    def read(cursor: str) -> "Place":
        """Read a cursor; raises `ValueError` for one that `write` did not give."""
        moment, _, queue_id = cursor.partition("~")
        place = Place(datetime.fromisoformat(moment), UUID(queue_id))
        if place.queued_at.tzinfo is None:
            raise ValueError("a time without a zone")
        return place


@dataclass(frozen=True, slots=True)
class Order:
    """What an operator wants done, and what the audit keeps of it."""

    action: QueueAction
    by: str
    reason: str


class Ruling(StrEnum):
    """What an order came to, for one mail."""

    CHANGED = "changed"
    UNCHANGED = "unchanged"
    """It stands so already."""
    SETTLED = "settled"
    """It was sent or given up."""
    BUSY = "busy"
    """An attempt is being recorded at this moment; ask again."""
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Course:
    """How a mail goes on: its state, and whether it is due at once."""

    state: QueueState
    due_now: bool = False


def decide(action: QueueAction, state: QueueState, *, claimed: bool, due: bool) -> Course | Ruling:
    """Return what an order makes of a mail, or why it makes nothing of it.

    An attempt under way (`claimed`) goes on: it is not begun a second time, and holding stops the next one.
    One that is waiting and `due` already is sent as soon as can be: a retry adds nothing.
    """
    if state not in UNSETTLED:
        return Ruling.SETTLED
    held = state is QueueState.HELD
    match action:
        case QueueAction.HOLD:
            return Ruling.UNCHANGED if held else Course(QueueState.HELD)
        case QueueAction.RELEASE:
            return Course(QueueState.WAITING) if held else Ruling.UNCHANGED
        case QueueAction.RETRY:
            return (
                Ruling.UNCHANGED if not held and (claimed or due) else Course(QueueState.WAITING, due_now=not claimed)
            )
