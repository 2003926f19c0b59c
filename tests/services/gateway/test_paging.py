"""Cursors: what we wrote we read, and what others made up we refuse."""

from datetime import UTC, datetime
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.gateway.paging import Cursor, cut_page, read_cursor
from shared.problems import Invalid


@given(st.datetimes(timezones=st.just(UTC)), st.uuids())
def test_a_cursor_is_read_as_written(at: datetime, row_id: object) -> None:
    cursor = Cursor("messages", at, str(row_id))
    assert read_cursor(cursor.encode(), "messages") == cursor


@pytest.mark.req("R-PRIVACY-4")
@given(st.text(max_size=200))
def test_a_made_up_cursor_is_refused(text: str) -> None:
    with pytest.raises(Invalid) as caught:
        read_cursor(text, "messages")
    assert caught.value.detail.startswith("cursor: ")


def test_a_cursor_of_another_listing_is_refused() -> None:
    with pytest.raises(Invalid):
        read_cursor(Cursor("orders", datetime.now(UTC), "1").encode(), "messages")


def test_a_cursor_whose_id_is_none_is_refused() -> None:
    cursor = read_cursor(Cursor("messages", datetime.now(UTC), "no uuid").encode(), "messages")
    assert cursor is not None
    with pytest.raises(Invalid):
        _ = cursor.uuid


def test_no_cursor_is_the_beginning() -> None:
    assert read_cursor(None, "messages") is None


@given(st.integers(0, 10), st.integers(1, 5))
def test_a_page_goes_on_when_there_is_more(count: int, limit: int) -> None:
    rows = [(datetime.now(UTC), uuid4()) for _ in range(count)][: limit + 1]
    page, following = cut_page(rows, limit, lambda row: Cursor("x", row[0], str(row[1])))
    assert list(page) == rows[:limit]
    assert (following is not None) == (len(rows) > limit)
    if following is not None:
        assert read_cursor(following, "x") == Cursor("x", page[-1][0], str(page[-1][1]))
