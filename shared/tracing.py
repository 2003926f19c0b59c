"""Trace ids (W3C Trace Context), handed from HTTP through the bus to the mail's log line."""

from collections.abc import Iterator
from contextlib import contextmanager

from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

_PROPAGATOR = TraceContextTextMapPropagator()
_TRACER = TracerProvider(shutdown_on_exit=False).get_tracer("tramite")


def current_traceparent() -> str:
    """Return the current span as a `traceparent` value, or "" outside of any span."""
    carrier: dict[str, str] = {}
    _PROPAGATOR.inject(carrier)
    return carrier.get("traceparent", "")


def current_trace_id() -> str:
    """Return the current trace id as 32 hex digits, or "" outside of any span."""
    context = trace.get_current_span().get_span_context()
    return f"{context.trace_id:032x}" if context.is_valid else ""


@contextmanager
def open_span(name: str, traceparent: str = "") -> Iterator[None]:
    """Run the block in a span that continues `traceparent`; a broken one starts a new trace.

    Without one the span continues the current trace, if there is one.
    """
    parent = _PROPAGATOR.extract({"traceparent": traceparent} if traceparent else {})
    with _TRACER.start_as_current_span(name, context=parent if traceparent else None):
        yield
