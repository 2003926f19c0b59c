"""Feeds that fail: tried again ever later, and given up in the end."""

from uuid import uuid4

import pytest

from services.gateway.feeds.retrying import MOST_TRIES, Failures

pytestmark = pytest.mark.req("R-ORDER-3")


def test_waits_grow_to_five_minutes_and_end_after_about_an_hour() -> None:
    failures, feed_id, now = Failures(), uuid4(), 0.0
    waits = []
    while not failures.are_enough(feed_id):
        failures.note(feed_id, now)
        waits.append(next(wait for wait in range(1, 1000) if feed_id not in failures.list_resting(now + wait)))
        now += waits[-1]
    assert waits[:9] == [1, 2, 4, 8, 16, 32, 64, 128, 256]
    assert set(waits[9:]) == {300}
    assert len(waits) == MOST_TRIES
    assert 3000 < now < 5400


def test_what_went_well_or_was_done_by_others_is_forgotten() -> None:
    failures, mine, theirs = Failures(), uuid4(), uuid4()
    for feed_id in [mine, theirs] * MOST_TRIES:
        failures.note(feed_id, 0.0)
    failures.forget(mine)
    assert not failures.are_enough(mine)
    assert failures.list_resting(299.0) == {theirs}
    assert failures.list_resting(301.0) == set()
    assert failures.are_enough(theirs)
    failures.list_resting(4000.0)
    assert not failures.are_enough(theirs)
