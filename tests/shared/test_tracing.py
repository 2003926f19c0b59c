import pytest

from shared import tracing

PARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


def test_outside_of_any_span_there_is_no_trace() -> None:
    assert tracing.current_trace_id() == ""
    assert tracing.current_traceparent() == ""


def test_a_span_continues_the_trace_it_is_given() -> None:
    with tracing.open_span(PARENT):
        assert tracing.current_trace_id() == "0af7651916cd43dd8448eb211c80319c"
        handed_on = tracing.current_traceparent()
    assert handed_on.split("-")[2] != PARENT.split("-")[2]
    assert tracing.current_trace_id() == ""


@pytest.mark.parametrize(
    "broken", ["nonsense", "00-0-0-01", f"{PARENT}-extra-{'x' * 5000}", "00-" + "0" * 32 + "-b7ad6b7169203331-01"]
)
def test_a_broken_parent_starts_a_new_trace(broken: str) -> None:
    with tracing.open_span(broken):
        trace_id = tracing.current_trace_id()
    assert len(trace_id) == 32
    assert trace_id not in broken


def test_without_a_parent_the_current_trace_goes_on() -> None:
    with tracing.open_span():
        outer = tracing.current_trace_id()
        with tracing.open_span():
            assert tracing.current_trace_id() == outer
    with tracing.open_span():
        assert tracing.current_trace_id() not in ("", outer)


def test_a_failure_inside_of_a_span_goes_through() -> None:
    with pytest.raises(ZeroDivisionError), tracing.open_span():
        _ = 1 / 0
