"""Trace ids (W3C Trace Context), handed from HTTP through the bus to the mail's log line.

Nothing records spans: they are ids that log lines and events share. The SDK's recording spans cost more than many a
handler.
"""

from collections.abc import Iterator
from contextlib import contextmanager

from opentelemetry import context, trace
from opentelemetry.sdk.trace.id_generator import RandomIdGenerator
from opentelemetry.trace import NonRecordingSpan, SpanContext, TraceFlags
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

_PROPAGATOR = TraceContextTextMapPropagator()
_IDS = RandomIdGenerator()
_SAMPLED = TraceFlags(TraceFlags.SAMPLED)


def current_traceparent() -> str:
    """Return the current span as a `traceparent` value, or "" outside of any span."""
    span = trace.get_current_span().get_span_context()
    return f"00-{span.trace_id:032x}-{span.span_id:016x}-{span.trace_flags:02x}" if span.is_valid else ""


def current_trace_id() -> str:
    """Return the current trace id as 32 hex digits, or "" outside of any span."""
    span = trace.get_current_span().get_span_context()
    return f"{span.trace_id:032x}" if span.is_valid else ""


@contextmanager
def open_span(traceparent: str = "") -> Iterator[None]:
    """Run the block in a span that continues `traceparent`; a broken one starts a new trace.

    Without one the span continues the current trace, if there is one.
    """
    carried = _PROPAGATOR.extract({"traceparent": traceparent}, context.Context()) if traceparent else None
    parent = trace.get_current_span(carried).get_span_context()
    span = SpanContext(
        trace_id=parent.trace_id if parent.is_valid else _IDS.generate_trace_id(),
        span_id=_IDS.generate_span_id(),
        is_remote=False,
        trace_flags=_SAMPLED,
    )
    token = context.attach(trace.set_span_in_context(NonRecordingSpan(span)))
    try:
        yield
    finally:
        context.detach(token)
