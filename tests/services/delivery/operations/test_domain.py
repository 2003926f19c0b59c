"""What orders make of mails, and cursors."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.delivery.models import QueueAction, QueueState
from services.delivery.operations.domain import Course, Place, Ruling, decide

pytestmark = pytest.mark.req("R-MAIL-4")
WAITING, HELD = QueueState.WAITING, QueueState.HELD
TIMES = st.datetimes(min_value=datetime(2000, 1, 1), max_value=datetime(2100, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - what the strategy wants


@pytest.mark.parametrize(
    ("action", "state", "claimed", "due", "expected"),
    [
        (QueueAction.RETRY, WAITING, False, False, Course(WAITING, due_now=True)),
        (QueueAction.RETRY, WAITING, False, True, Ruling.UNCHANGED),
        (QueueAction.RETRY, HELD, False, True, Course(WAITING, due_now=True)),
        (QueueAction.RETRY, WAITING, True, False, Ruling.UNCHANGED),
        (QueueAction.RETRY, HELD, False, False, Course(WAITING, due_now=True)),
        (QueueAction.RETRY, HELD, True, False, Course(WAITING)),
        (QueueAction.HOLD, WAITING, False, False, Course(HELD)),
        (QueueAction.HOLD, WAITING, True, False, Course(HELD)),
        (QueueAction.HOLD, HELD, False, False, Ruling.UNCHANGED),
        (QueueAction.RELEASE, HELD, False, False, Course(WAITING)),
        (QueueAction.RELEASE, WAITING, False, False, Ruling.UNCHANGED),
    ],
)
def test_an_order_never_begins_an_attempt_twice(
    action: QueueAction, state: QueueState, *, claimed: bool, due: bool, expected: Course | Ruling
) -> None:
    assert decide(action, state, claimed=claimed, due=due) == expected


@pytest.mark.parametrize("action", list(QueueAction))
@pytest.mark.parametrize("state", [QueueState.DELIVERED, QueueState.BOUNCED])
def test_what_is_settled_stays_so(action: QueueAction, state: QueueState) -> None:
    assert decide(action, state, claimed=False, due=False) is Ruling.SETTLED


@given(TIMES, st.uuids())
def test_a_place_is_read_as_written(moment: datetime, queue_id: UUID) -> None:
    place = Place(moment, queue_id)
    assert Place.read(place.write()) == place
    assert Place.read(Place(moment + timedelta(microseconds=1), queue_id).write()) != place


@given(st.text(max_size=100))
def test_other_cursors_are_value_errors(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        Place.read(text)
