from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared import tracing
from shared.events import Record, UndecodableRecord, decode_event, encode_event
from tests.shared.notes import Noted


@given(st.text(max_size=50).filter(lambda text: text.isprintable()), st.integers(-(2**60), 2**60))
def test_an_event_comes_back_as_it_was_told(thread: str, number: int) -> None:
    told = Noted(thread=thread, number=number)
    assert decode_event(encode_event(told, "tests"), Noted) == told


def test_a_record_carries_the_attributes_of_cloudevents_and_the_trace() -> None:
    with tracing.open_span():
        record = encode_event(Noted(thread="a", number=1), "tests")
        trace_id = tracing.current_trace_id()
    assert (record.topic, record.key, record.event_type) == ("notes.events", "a", "noted.v1")
    assert record.headers["ce_source"] == "/tramite/tests"
    assert record.headers["ce_specversion"] == "1.0"
    assert record.headers["traceparent"].split("-")[1] == trace_id
    assert datetime.now(UTC) - record.occurred_at < timedelta(seconds=5)


def test_the_same_fact_told_twice_is_two_events() -> None:
    told = Noted(thread="a", number=1)
    assert encode_event(told, "tests").event_id != encode_event(told, "tests").event_id


def test_fields_of_a_newer_producer_are_ignored() -> None:
    record = Record("notes.events", "a", b'{"thread": "a", "number": 1, "mood": "good"}', {})
    assert decode_event(record, Noted) == Noted(thread="a", number=1)


@pytest.mark.parametrize("value", [b"", b"{", b"[]", b"\xff", b'{"thread": "a", "number": "private"}'])
def test_what_does_not_validate_names_fields_and_no_values(value: bytes) -> None:
    with pytest.raises(UndecodableRecord, match=r"^noted\.v1 does not validate: ") as raised:
        decode_event(Record("notes.events", "a", value, {}), Noted)
    assert "private" not in str(raised.value)
    assert raised.value.__cause__ is None


def test_an_event_is_frozen() -> None:
    with pytest.raises(ValueError, match="frozen"):
        Noted(thread="a", number=1).number = 2  # type: ignore[misc]  # that is the point


@pytest.mark.parametrize("headers", [{}, {"ce_time": "yesterday"}, {"ce_time": "2026-01-01T00:00:00"}])
def test_a_time_that_says_nothing_certain_is_refused(headers: dict[str, str]) -> None:
    with pytest.raises(UndecodableRecord, match="ce_time"):
        _ = Record("t", "k", b"{}", headers).occurred_at


def test_times_of_other_zones_become_utc() -> None:
    record = Record("t", "k", b"{}", {"ce_time": "2026-01-01T12:00:00+09:00"})
    assert record.occurred_at == datetime(2026, 1, 1, 3, tzinfo=UTC)
