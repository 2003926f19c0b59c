"""The measures every service takes of itself, each service in a registry of its own."""

from datetime import UTC, datetime

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, disable_created_metrics
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest

disable_created_metrics()  # type: ignore[no-untyped-call]  # the library leaves it untyped

LATENCY_BUCKETS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)


class ServiceMetrics:
    """Names, labels and units in one place; a service's own measures extend this in its `metrics.py`."""

    content_type = CONTENT_TYPE_LATEST

    def __init__(self, service: str) -> None:
        self.registry = CollectorRegistry()
        self.http_requests = Counter(
            "tramite_http_requests_total",
            "HTTP requests by route and status class",
            ("service", "method", "route", "status"),
            registry=self.registry,
        )
        self.http_seconds = Histogram(
            "tramite_http_request_seconds",
            "Time to answer an HTTP request",
            ("service", "route"),
            registry=self.registry,
            buckets=LATENCY_BUCKETS,
        )
        self._outbox_age = Gauge(
            "tramite_outbox_age_seconds",
            "Age of the oldest event that is not yet published, 0 if none",
            ("service",),
            registry=self.registry,
        ).labels(service)
        self._published = Counter(
            "tramite_events_published_total", "Events given to the bus", ("service",), registry=self.registry
        )
        self._handled = Counter(
            "tramite_events_handled_total",
            "Events taken from the bus, by type and outcome (handled, repeated, ignored, dead)",
            ("service", "type", "outcome"),
            registry=self.registry,
        )
        self.handle_seconds = Histogram(
            "tramite_event_batch_seconds",
            "Time to handle a batch of events, its commit included",
            ("service",),
            registry=self.registry,
            buckets=LATENCY_BUCKETS,
        ).labels(service)
        self.event_delay = Histogram(
            "tramite_event_delay_seconds",
            "Time from telling an event to having handled it",
            ("service",),
            registry=self.registry,
            buckets=LATENCY_BUCKETS,
        ).labels(service)
        self.dead_letters = Gauge(
            "tramite_dead_letters",
            "Records that could not be handled and wait for an operator",
            ("service",),
            registry=self.registry,
        ).labels(service)
        self.consumer_stopped = Gauge(
            "tramite_consumer_stopped",
            "1 after too many dead letters in a row: nothing is consumed until a restart",
            ("service",),
            registry=self.registry,
        ).labels(service)
        self.service = service
        self.events_published = self._published.labels(service)
        self.observe_outbox(None)

    def observe_outbox(self, oldest_inserted_at: datetime | None) -> None:
        """Record how long the oldest unpublished row has been lying, by its insert time."""
        age = (datetime.now(UTC) - oldest_inserted_at).total_seconds() if oldest_inserted_at else 0
        self._outbox_age.set(max(age, 0))

    def count_handled(self, event_type: str, outcome: str, count: int = 1) -> None:
        """Count events of a type by outcome."""
        self._handled.labels(self.service, event_type, outcome).inc(count)

    def render(self) -> bytes:
        """Return all measures in Prometheus' text format."""
        return generate_latest(self.registry)
