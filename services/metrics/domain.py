"""Response turns (R-METRICS-1 to R-METRICS-3): what a thread's messages say about waiting and answering.

Turns are always computed from all facts of a thread, never adjusted step by step; so the order in which facts
became known, and how often, cannot matter (R-METRICS-4).
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from statistics import fmean, median
from uuid import UUID

from shared.contracts.vocabulary import Direction, Mark


class Closing(StrEnum):
    """What ended a turn."""

    ANSWER = "answer"
    MARK = "mark"


class Outcome(StrEnum):
    """What a turn counts as."""

    IN_TIME = "in_time"
    LATE = "late"
    UNANSWERED = "unanswered"
    WAITING = "waiting"


@dataclass(frozen=True, slots=True)
class MessageFact:
    """What is known of one message. `delivered_at` is None until it reached the other side, or if it never did.

    `answers` is the message it was written in answer to, where known.
    """

    message_id: UUID
    direction: Direction
    accepted_at: datetime
    delivered_at: datetime | None
    no_response_at: datetime | None = None
    reported: bool = False
    answers: UUID | None = None


@dataclass(frozen=True, slots=True)
class Turn:
    """A buyer's wait, from the first unanswered message on. `first` names that message, and the turn."""

    first: UUID
    opened_at: datetime
    closed_at: datetime | None = None
    closed_by: Closing | None = None

    @property
    def waited(self) -> timedelta | None:
        """How long the buyer waited, None while they still do."""
        return self.closed_at - self.opened_at if self.closed_at else None


@dataclass(frozen=True, slots=True)
class ResponseTimes:
    """A seller's numbers over a period. Times in seconds, None where nothing was answered; share from 0 to 1."""

    turns: int
    answered: int
    in_time: int
    late: int
    unanswered: int
    waiting: int
    share_in_time: float | None
    mean_seconds: float | None
    median_seconds: float | None
    p90_seconds: float | None


def trace_turns(facts: Iterable[MessageFact], target: timedelta) -> list[Turn]:
    """Return a thread's turns in order of time.

    A buyer's delivered message opens a turn unless one is open; the seller's next delivered message closes it, at
    the moment it was accepted from the seller. Reported messages are left out. So are those marked "no response
    needed" within `target` of their delivery; marked later, the mark only ends the wait, which stays a late one.
    """
    turns: list[Turn] = []
    opened: Turn | None = None
    late_mark: datetime | None = None
    for moment, fact in _list_moments(list(facts), target):
        if opened is not None and late_mark is not None and late_mark <= moment:
            turns.append(Turn(opened.first, opened.opened_at, late_mark, Closing.MARK))
            opened, late_mark = None, None
        if fact.direction is Direction.BUYER_TO_SELLER:
            if opened is None:
                opened, late_mark = Turn(fact.message_id, moment), fact.no_response_at
            elif late_mark is not None:
                # The wait goes on for the newer message as long as that one is not marked as well.
                late_mark = max(late_mark, fact.no_response_at) if fact.no_response_at else None
        elif opened is not None:
            turns.append(Turn(opened.first, opened.opened_at, moment, Closing.ANSWER))
            opened, late_mark = None, None
    if opened is not None:
        closing = Closing.MARK if late_mark else None
        turns.append(Turn(opened.first, opened.opened_at, late_mark, closing))
    return turns


def read_marks(marks: Iterable[tuple[datetime, Mark]]) -> tuple[datetime | None, bool]:
    """Return since when a message needs no response (None: it needs one), and whether it was reported.

    What was said last counts; saying it twice changes nothing. A report is never taken back.
    """
    no_response_at: datetime | None = None
    reported = False
    for marked_at, mark in sorted(marks):
        if mark is Mark.REPORTED:
            reported = True
        elif mark is Mark.NO_RESPONSE_NEEDED:
            no_response_at = no_response_at or marked_at
        else:
            no_response_at = None
    return no_response_at, reported


def judge_turn(turn: Turn, target: timedelta, now: datetime) -> Outcome:
    """Return what a turn counts as at `now`."""
    if turn.closed_at is None:
        return Outcome.UNANSWERED if now - turn.opened_at > target else Outcome.WAITING
    if turn.closed_by is Closing.MARK:
        return Outcome.UNANSWERED
    return Outcome.LATE if turn.closed_at - turn.opened_at > target else Outcome.IN_TIME


def sum_up(turns: Sequence[Turn], target: timedelta, now: datetime) -> ResponseTimes:
    """Return the numbers of R-METRICS-3. Turns still within the target time count neither for nor against."""
    outcomes = [judge_turn(turn, target, now) for turn in turns]
    count = {outcome: outcomes.count(outcome) for outcome in Outcome}
    waits = sorted(
        (turn.closed_at - turn.opened_at).total_seconds()
        for turn in turns
        if turn.closed_at and turn.closed_by is Closing.ANSWER
    )
    due = len(turns) - count[Outcome.WAITING]
    return ResponseTimes(
        turns=len(turns),
        answered=len(waits),
        in_time=count[Outcome.IN_TIME],
        late=count[Outcome.LATE],
        unanswered=count[Outcome.UNANSWERED],
        waiting=count[Outcome.WAITING],
        share_in_time=count[Outcome.IN_TIME] / due if due else None,
        mean_seconds=fmean(waits) if waits else None,
        median_seconds=median(waits) if waits else None,
        p90_seconds=waits[-(-len(waits) * 9 // 10) - 1] if waits else None,
    )


def _list_moments(facts: Sequence[MessageFact], target: timedelta) -> Sequence[tuple[datetime, MessageFact]]:
    """Return, in order, the moment at which each counting message counts.

    That is its delivery for a buyer's message and its acceptance for a seller's. Whoever answers a message has it:
    where the record of a delivery is later than an answer (it was lost in a crash and made again), the answer counts.
    """
    answered_at: dict[UUID, datetime] = {}
    moments = []
    for fact in facts:
        if fact.answers is not None:
            answered_at[fact.answers] = min(fact.accepted_at, answered_at.get(fact.answers, fact.accepted_at))
    for fact in facts:
        if fact.delivered_at is None or fact.reported:
            continue
        if fact.direction is Direction.SELLER_TO_BUYER:
            moments.append((fact.accepted_at, fact))
            continue
        delivered_at = min(fact.delivered_at, answered_at.get(fact.message_id, fact.delivered_at))
        if fact.no_response_at is None or fact.no_response_at - delivered_at > target:
            moments.append((delivered_at, fact))
    # At the same moment the question comes before its answer.
    return sorted(moments, key=lambda item: (item[0], item[1].direction, str(item[1].message_id)))
