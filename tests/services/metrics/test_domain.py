import dataclasses
import itertools
from datetime import datetime, timedelta
from random import Random
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.metrics.domain import Closing, MessageFact, Outcome, Turn, judge_turn, read_marks, sum_up, trace_turns
from shared.contracts.vocabulary import Direction, Mark
from tests.services.metrics.world import BUYER, SELLER, TARGET, hour

NOW = hour(1_000)


def fact(number: int, direction: Direction, at: float | None, mark: float | None = None, **more: object) -> MessageFact:
    moment = None if at is None else hour(at)
    no_response_at = None if mark is None else hour(mark)
    accepted_at = moment or hour(0)
    return MessageFact(UUID(int=number), direction, accepted_at, moment, no_response_at, **more)  # type: ignore[arg-type]  # by name


def trace(*facts: MessageFact) -> list[tuple[int, float, float | None, str | None]]:
    """Answer turns as (message, opened hour, closed hour, what closed it)."""
    return [
        (turn.first.int, hours(turn.opened_at), hours(turn.closed_at) if turn.closed_at else None, turn.closed_by)
        for turn in trace_turns(facts, TARGET)
    ]


def hours(moment: datetime) -> float:
    return (moment - hour(0)) / timedelta(hours=1)


@pytest.mark.req("R-METRICS-1")
def test_a_buyers_message_starts_a_clock_and_the_sellers_next_stops_it() -> None:
    assert trace(fact(1, BUYER, 0), fact(2, SELLER, 5)) == [(1, 0, 5, Closing.ANSWER)]


@pytest.mark.req("R-METRICS-1")
def test_several_in_a_row_are_one_clock_from_the_first() -> None:
    turns = trace(fact(1, BUYER, 0), fact(2, BUYER, 3), fact(3, SELLER, 5), fact(4, SELLER, 6), fact(5, BUYER, 7))
    assert turns == [(1, 0, 5, Closing.ANSWER), (5, 7, None, None)]


@pytest.mark.req("R-METRICS-1")
def test_a_seller_who_starts_opens_nothing() -> None:
    assert trace(fact(1, SELLER, 0), fact(2, SELLER, 1)) == []


@pytest.mark.req("R-METRICS-1")
def test_the_clock_starts_at_delivery_and_stops_when_the_answer_was_accepted() -> None:
    question = MessageFact(UUID(int=1), BUYER, hour(0), hour(2))
    answer = MessageFact(UUID(int=2), SELLER, hour(5), hour(9))
    assert trace(question, answer) == [(1, 2, 5, Closing.ANSWER)]


@pytest.mark.req("R-METRICS-1")
def test_whoever_answers_a_message_had_it_whatever_the_record_of_its_delivery_says() -> None:
    question = MessageFact(UUID(int=1), BUYER, hour(0), hour(8))
    answer = MessageFact(UUID(int=2), SELLER, hour(5), hour(5), answers=UUID(int=1))
    [turn] = trace_turns([question, answer], TARGET)
    assert turn.closed_by is Closing.ANSWER
    assert turn.waited is not None
    assert turn.waited >= timedelta(0)


@pytest.mark.req("R-METRICS-2")
@pytest.mark.parametrize(
    "question",
    [
        pytest.param(fact(1, BUYER, None), id="not delivered"),
        pytest.param(fact(1, BUYER, 0, reported=True), id="reported"),
        pytest.param(fact(1, BUYER, 0, mark=23), id="no response needed"),
        pytest.param(fact(1, BUYER, 0, mark=24), id="no response needed, just in time"),
    ],
)
def test_what_is_out_of_the_count(question: MessageFact) -> None:
    assert trace(question) == []
    assert trace(question, fact(2, SELLER, 30)) == []
    assert trace(question, fact(3, BUYER, 2), fact(2, SELLER, 3)) == [(3, 2, 3, Closing.ANSWER)]


@pytest.mark.req("R-METRICS-2")
def test_an_answer_that_did_not_arrive_stops_nothing() -> None:
    assert trace(fact(1, BUYER, 0), fact(2, SELLER, None)) == [(1, 0, None, None)]


@pytest.mark.req("R-METRICS-3")
def test_a_late_mark_ends_the_wait_and_excuses_nothing() -> None:
    [turn] = trace_turns([fact(1, BUYER, 0, mark=30)], TARGET)
    assert (turn.closed_at, turn.closed_by) == (hour(30), Closing.MARK)
    assert judge_turn(turn, TARGET, NOW) is Outcome.UNANSWERED


@pytest.mark.req("R-METRICS-3")
@pytest.mark.parametrize("mark", [25.0, 40.0, 60.0])
def test_marking_late_does_not_turn_a_late_answer_into_a_good_one(mark: float) -> None:
    turns = trace_turns([fact(1, BUYER, 0, mark=mark), fact(2, SELLER, 50)], TARGET)
    assert judge_turn(turns[0], TARGET, NOW) in {Outcome.LATE, Outcome.UNANSWERED}
    assert sum_up(turns, TARGET, NOW).in_time == 0


@pytest.mark.req("R-METRICS-3")
def test_a_late_mark_on_one_message_does_not_end_the_wait_for_the_next() -> None:
    assert trace(fact(1, BUYER, 0, mark=40), fact(2, BUYER, 10), fact(3, SELLER, 50)) == [(1, 0, 50, Closing.ANSWER)]
    assert trace(fact(1, BUYER, 0, mark=40), fact(2, BUYER, 10, mark=45)) == [(1, 0, 45, Closing.MARK)]
    assert trace(fact(1, BUYER, 0, mark=40), fact(2, BUYER, 41)) == [(1, 0, 40, Closing.MARK), (2, 41, None, None)]


@pytest.mark.req("R-METRICS-3")
@pytest.mark.parametrize(
    ("turn", "now", "outcome"),
    [
        (Turn(UUID(int=1), hour(0), hour(24), Closing.ANSWER), 1_000, Outcome.IN_TIME),
        (Turn(UUID(int=1), hour(0), hour(24.01), Closing.ANSWER), 1_000, Outcome.LATE),
        (Turn(UUID(int=1), hour(0), hour(25), Closing.MARK), 1_000, Outcome.UNANSWERED),
        (Turn(UUID(int=1), hour(0)), 24, Outcome.WAITING),
        (Turn(UUID(int=1), hour(0)), 24.01, Outcome.UNANSWERED),
    ],
)
def test_what_a_turn_counts_as(turn: Turn, now: float, outcome: Outcome) -> None:
    assert judge_turn(turn, TARGET, hour(now)) is outcome


@pytest.mark.req("R-METRICS-3")
def test_the_numbers_of_a_small_example() -> None:
    waits = [1, 2, 3, 4, 5, 6, 7, 8, 30, 50]
    turns = [Turn(UUID(int=n), hour(0), hour(wait), Closing.ANSWER) for n, wait in enumerate(waits)]
    turns += [Turn(UUID(int=20), hour(0)), Turn(UUID(int=21), hour(990))]
    numbers = sum_up(turns, TARGET, NOW)
    assert (numbers.turns, numbers.answered, numbers.in_time, numbers.late) == (12, 10, 8, 2)
    assert (numbers.unanswered, numbers.waiting) == (1, 1)
    assert numbers.share_in_time == 8 / 11
    assert numbers.mean_seconds == pytest.approx(11.6 * 3600)
    assert numbers.median_seconds == 5.5 * 3600
    assert numbers.p90_seconds == 30 * 3600


@pytest.mark.req("R-METRICS-3")
def test_without_turns_there_are_no_shares() -> None:
    numbers = sum_up([], TARGET, NOW)
    assert numbers.turns == 0
    assert numbers.share_in_time is numbers.mean_seconds is numbers.median_seconds is numbers.p90_seconds is None


@pytest.mark.parametrize(
    ("marks", "result"),
    [
        ([], (None, False)),
        ([(2, Mark.NO_RESPONSE_NEEDED)], (2, False)),
        ([(2, Mark.NO_RESPONSE_NEEDED), (5, Mark.NO_RESPONSE_NEEDED)], (2, False)),
        ([(2, Mark.NO_RESPONSE_NEEDED), (3, Mark.RESPONSE_NEEDED)], (None, False)),
        ([(2, Mark.NO_RESPONSE_NEEDED), (3, Mark.RESPONSE_NEEDED), (4, Mark.NO_RESPONSE_NEEDED)], (4, False)),
        ([(2, Mark.REPORTED), (3, Mark.RESPONSE_NEEDED)], (None, True)),
    ],
)
def test_what_marks_come_to_whatever_order_they_come_in(
    marks: list[tuple[float, Mark]], result: tuple[float | None, bool]
) -> None:
    at, reported = result
    for order in (marks, marks[::-1]):
        assert read_marks([(hour(h), mark) for h, mark in order]) == (None if at is None else hour(at), reported)


moments = st.integers(0, 200)
facts = st.lists(
    st.builds(
        fact,
        st.integers(1, 10**6),
        st.sampled_from(Direction),
        st.none() | moments,
        st.none() | st.integers(0, 400),
        reported=st.booleans(),
    ),
    max_size=20,
    unique_by=lambda one: one.message_id,
)


@pytest.mark.req("R-METRICS-4")
@given(facts, st.randoms(use_true_random=False))
def test_the_order_in_which_facts_are_known_does_not_matter(known: list[MessageFact], random: Random) -> None:
    shuffled = known[:]
    random.shuffle(shuffled)
    assert trace_turns(shuffled, TARGET) == trace_turns(known, TARGET)


@pytest.mark.req("R-METRICS-1", "R-METRICS-3")
@given(facts)
def test_turns_follow_each_other_and_the_numbers_add_up(known: list[MessageFact]) -> None:
    turns = trace_turns(known, TARGET)
    for turn, following in itertools.pairwise(turns):
        assert turn.closed_at is not None
        assert turn.opened_at <= turn.closed_at <= following.opened_at
    assert {turn.first for turn in turns} <= {one.message_id for one in known if one.direction is BUYER}
    numbers = sum_up(turns, TARGET, NOW)
    assert numbers.turns == numbers.in_time + numbers.late + numbers.unanswered + numbers.waiting
    assert numbers.answered == numbers.in_time + numbers.late
    assert numbers.share_in_time is None or 0 <= numbers.share_in_time <= 1
    if numbers.answered:
        assert numbers.median_seconds is not None
        assert numbers.p90_seconds is not None
        assert numbers.median_seconds <= numbers.p90_seconds


@pytest.mark.req("R-METRICS-3")
@given(facts)
def test_late_marks_never_make_bad_turns_disappear(known: list[MessageFact]) -> None:
    late = [one for one in known if not is_marked_in_time(one)]
    plain = [dataclasses.replace(one, no_response_at=None) for one in late]
    with_marks, without = (sum_up(trace_turns(some, TARGET), TARGET, NOW) for some in (late, plain))
    assert (with_marks.turns - with_marks.in_time > 0) >= (without.turns - without.in_time > 0)


def is_marked_in_time(one: MessageFact) -> bool:
    if one.no_response_at is None or one.delivered_at is None:
        return False
    return one.no_response_at - one.delivered_at <= TARGET
