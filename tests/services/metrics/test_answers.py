from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from services.metrics.domain import Closing, MessageFact, Turn, trace_turns
from shared.contracts.vocabulary import Direction

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
TARGET = timedelta(hours=24)


@pytest.mark.req("R-METRICS-4")
def test_an_answer_counts_although_its_questions_delivery_was_recorded_later() -> None:
    """The seller read the mail and answered; a crash made the record of its delivery later than that."""
    question, answer = uuid4(), uuid4()
    facts = [
        MessageFact(question, Direction.BUYER_TO_SELLER, NOON, NOON + timedelta(seconds=30)),
        MessageFact(
            answer,
            Direction.SELLER_TO_BUYER,
            NOON + timedelta(seconds=20),
            NOON + timedelta(seconds=40),
            answers=question,
        ),
    ]
    answered = NOON + timedelta(seconds=20)
    assert trace_turns(facts, TARGET) == [Turn(question, answered, answered, Closing.ANSWER)]
